# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Providers of ScepChallenge (authn:, exec:), and challenges of every wrong
form: each is refused cleanly, and the child lives on."""
import concurrent.futures
import os
import pathlib
import signal

import pytest

import scepclient as scep

from scepclient import csr_info

# What the challenge says is what it does; "right" is right.
JUDGE = """#!/bin/sh
input=$(cat)
is() {
    case $input in *"\\"challenge\\":\\"$1\\""*) return 0 ;; esac
    return 1
}
is "$1" && exit 0
is hang && sleep 600
is crash && kill -SEGV $$
is flood && exec cat /dev/zero
is flood-errors && exec cat /dev/zero >&2
is later && exit 75
is nonsense && echo nonsense && exit 0
is limited && echo '{"limits": {"subject": "O=Tests,CN=device"}}' && exit 0
is profile && echo '{"profile": "short"}' && exit 0
echo "$1 is wanted" >&2
exit 1
"""
CONF = """
ScepExecTimeout 2s
<ScepProfile short>
ScepCertValidity 2d
</ScepProfile>
<Location /judge>
SetHandler scep
ScepChallenge "exec:@DIR@/judge right"
</Location>
<Location /two>
SetHandler scep
ScepChallenge "exec:@DIR@/judge first" one-time "exec:@DIR@/judge second"
</Location>
<Location /users>
SetHandler scep
ScepChallenge authn:file
AuthUserFile htpasswd
</Location>
<Location /no-file>
SetHandler scep
ScepChallenge authn:file one-time
</Location>
"""


@pytest.fixture(name="site")
def fixture_site(httpd):
    server = httpd(start=False, extra=CONF)
    server.write("judge", JUDGE, 0o755)
    server.start()
    server.before = set(server.children())
    yield server
    # Nobody died of it.
    assert server.before <= set(server.children())


def refused(server, reason, path, challenge, name="device"):
    """A CertRep FAILURE; the log tells of REASON."""
    server.expect(reason)
    before = server.count(reason)
    reply = server.enrol(challenge, name, path)
    assert reply.status == scep.FAILURE
    assert reply.fail_info == scep.BAD_REQUEST
    assert reply.fail_text == "The request was not authorized."
    assert server.count(reason) == before + 1


def unavailable(server, path, challenge, text):
    """503; the log tells of TEXT."""
    server.expect("SCEP0194")
    request = scep.Request(server.ra_cert, challenge, key=scep.shared_key(0))
    status, headers, _ = server.endpoint(path).post(request.der())
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    line = [line for line in server.error_log().splitlines()
            if "SCEP0194" in line][-1]
    assert text in line


def issued(server, path, challenge, name="device"):
    reply = server.enrol(challenge, name, path)
    assert reply.status == scep.SUCCESS
    server.verify(reply.certs[0])
    return reply.certs[0]


def test_program(site):
    issued(site, "/judge", "right")
    refused(site, "SCEP0153", "/judge", "wrong")
    assert "right is wanted" in site.error_log()
    refused(site, "SCEP0190", "/judge", "limited", "other")
    issued(site, "/judge", "limited")
    cert = issued(site, "/judge", "profile")
    assert (cert.not_valid_after - cert.not_valid_before).days <= 3
    for challenge, text in (
            ("hang", "took longer than 2000 ms"), ("crash", "signal 11"),
            ("flood", "more than 65536 octets"),
            ("flood-errors", "more than 65536 octets"),
            ("later", "exit status 75"), ("nonsense", "no JSON")):
        unavailable(site, "/judge", challenge, text)
    issued(site, "/judge", "right", "still there")


def test_each_entry_has_its_own_state(site):
    issued(site, "/two", "first", "a")
    issued(site, "/two", "second", "b")
    issued(site, "/two", site.draw(), "c")
    refused(site, "SCEP0153", "/two", "third", "d")


def test_user_and_password(site):
    issued(site, "/users", "admin:secret", "a")
    assert 'user "admin" of authn:file vouches for "CN=a' in site.error_log()
    refused(site, "SCEP0153", "/users", "admin:wrong:too")
    refused(site, "SCEP0153", "/users", "nobody:secret")
    refused(site, "SCEP0153", "/users", "secret")
    refused(site, "SCEP0153", "/users", ":secret")
    refused(site, "SCEP0151", "/users", None)
    for secret in ("wrong:too", "secret"):
        assert secret not in site.error_log()


def test_provider_that_cannot_say(site):
    """The sources after it are asked all the same."""
    site.expect("AH01619")  # AuthUserFile not specified
    unavailable(site, "/no-file", "admin:secret", "authn:file could not")
    issued(site, "/no-file", site.draw())


def test_many_at_a_time(site):
    """More than ScepExecWorkers: those that come later wait."""
    scep.shared_key(0)  # not by each thread

    def one(number):
        return site.enrol("right", f"device {number}", "/judge").status

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        assert set(pool.map(one, range(24))) == {scep.SUCCESS}
    assert site.count_certificates() == 24


def test_child_killed_while_its_program_runs(httpd):
    """The one slot for programs is free again long before its time is over."""
    server = httpd(start=False, extra=CONF.replace("2s", "100s", 1)
                   + "ScepExecWorkers 1\n")
    server.write("runs", "", 0o666)
    runs = pathlib.Path(server.path("runs"))
    server.write("judge", JUDGE.replace(
        "is hang", f"is hang && echo $PPID $$ >{runs}"), 0o755)
    server.start()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lost = pool.submit(server.enrol, "hang", "device 1", "/judge")
        server.wait_for(lambda: runs.read_text().endswith("\n"))
        child, program = map(int, runs.read_text().split())
        assert child in server.children()
        os.kill(child, signal.SIGKILL)
        with pytest.raises((OSError, scep.http.client.HTTPException)):
            lost.result()
    os.killpg(program, signal.SIGKILL)
    issued(server, "/judge", "right", "device 2")


def test_graceful_restart(site):
    site.graceful()
    issued(site, "/judge", "right")
    issued(site, "/users", "admin:secret", "b")
    site.before = set()  # of the old generation


def test_program_that_went_away(site):
    """It is missed at a restart; what does without it goes on."""
    os.remove(site.path("judge"))
    # 0066: a child of the first start may be late
    site.expect("SCEP0014", "SCEP0066", "SCEP0194")
    site.graceful()
    assert "judge cannot be found" in site.error_log()
    site.wait_for(lambda: not site.before & set(site.children()))
    site.before = set()
    unavailable(site, "/judge", "right", "did not start")
    issued(site, "/users", "admin:secret")
    issued(site, "/two", site.draw(), "b")


# ---- wrong forms ----

def tlv(tag, *content):
    content = b"".join(content)
    size = len(content)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


CHALLENGE_OID = bytes.fromhex("06092a864886f70d010907")
SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")


def attribute(*values):
    return tlv(0x30, CHALLENGE_OID, tlv(0x31, *values))


def request_with(server, *attributes):
    """A Request whose CSR has these attributes, in DER."""
    request = scep.Request(server.ra_cert, None, key=scep.shared_key(0))
    info = csr_info(request.csr)["certification_request_info"]
    signed = tlv(0x30, info["version"].dump(), info["subject"].dump(),
                 info["subject_pk_info"].dump(), tlv(0xa0, *attributes))
    signature = request.key.sign(signed, scep.padding.PKCS1v15(),
                                 scep.HASHES["sha256"]())
    request.csr = tlv(0x30, signed, SHA256_WITH_RSA,
                      tlv(0x03, b"\0", signature))
    return request


def answer(server, *attributes):
    request = request_with(server, *attributes)
    return server.reply(server.endpoint("/judge").post(request.der()), request)


LEGAL = {"PrintableString": (0x13, b"right"), "UTF8String": (0x0c, b"right"),
         "IA5String": (0x16, b"right"), "T61String": (0x14, b"right"),
         "NumericString": (0x12, b"right"), "VisibleString": (0x1a, b"right"),
         "BMPString": (0x1e, "right".encode("utf-16-be")),
         "UniversalString": (0x1c, "right".encode("utf-32-be"))}


def test_every_string_type(site):
    site.expect("SCEP0152")
    for name, (tag, value) in LEGAL.items():
        assert answer(site, attribute(tlv(tag, value))).status == \
            scep.SUCCESS, name
    others = set(range(0x01, 0x1f)) - {0x00} - {tag for tag, _ in
                                                LEGAL.values()}
    for tag in sorted(others - {0x05, 0x10, 0x11, 0x1f}):
        reply = answer(site, attribute(tlv(tag, b"right")))
        assert reply.status == scep.FAILURE, hex(tag)
        assert reply.fail_info == scep.BAD_REQUEST
    assert site.count("SCEP0152") == len(others - {0x05, 0x10, 0x11})


RIGHT = tlv(0x13, b"right")


WRONG = {
    "10 KB": ("SCEP0152", attribute(tlv(0x0c, b"x" * 10240))),
    "NUL at the end": ("SCEP0152", attribute(tlv(0x0c, b"right\0"))),
    "NUL inside": ("SCEP0152", attribute(tlv(0x0c, b"rig\0ht"))),
    "NUL in BMPString": ("SCEP0152", attribute(tlv(0x1e, b"\0r\0\0\0i"))),
    "two different attributes": ("SCEP0152", attribute(RIGHT),
                                 attribute(tlv(0x13, b"wrong"))),
    "two different values": ("SCEP0152",
                             attribute(RIGHT, tlv(0x0c, b"wrong"))),
    "no value": ("SCEP0151", attribute()),
    "no UTF-8": ("SCEP0152", attribute(tlv(0x0c, b"\xff\xfe"))),
    "half a character": ("SCEP0152", attribute(tlv(0x1e, b"odd"))),
    "empty": ("SCEP0151", attribute(tlv(0x0c))),
    "absent": ("SCEP0151",),
}


def test_wrong_forms(site):
    site.expect("SCEP0151", "SCEP0152")
    for name, (reason, *attributes) in WRONG.items():
        before = site.count(reason)
        reply = answer(site, *attributes)
        assert reply.status == scep.FAILURE, name
        assert reply.fail_info == scep.BAD_REQUEST
        assert reply.fail_text == "The request was not authorized."
        assert site.count(reason) == before + 1, name
    for attributes in ((attribute(RIGHT),), (attribute(RIGHT, RIGHT),),
                       (attribute(RIGHT), attribute(RIGHT))):
        assert answer(site, *attributes).status == scep.SUCCESS


# ---- apachectl -t ----

@pytest.mark.parametrize("source, wanted", [
    ("never", "there is no source of that name; there is one-time, single, "
     "none, "),
    ("authn:nothing", "httpd has no authentication provider \"nothing\""),
    ("authn", "httpd has no authentication provider \"\""),
    ("exec:judge", "judge is no absolute path"),
    ("exec:", "the path of a program is wanted"),
    ("exec:@DIR@/missing", "missing cannot be found"),
    ("exec:@DIR@/plain", "set its mode to 755"),
    ("exec:@DIR@/open", "may be written by others"),
    ("exec:@DIR@", "is no program that can be run"),
])
def test_is_checked(httpd, source, wanted):
    server = httpd(start=False, extra=f"ScepChallenge {source}\n")
    server.write("plain", "#!/bin/sh\n", 0o644)
    server.write("open", "#!/bin/sh\n", 0o777)
    status, said = server.check()
    assert status != 0
    assert "SCEP0025" in said and wanted in said
    assert f"ScepChallenge {source}: ".replace("@DIR@", server.dir) in said
    assert "httpd.conf:" in said


def test_program_that_the_children_cannot_run(httpd):
    server = httpd(start=False, extra="ScepChallenge exec:@DIR@/closed/judge\n")
    server.write("closed/judge", JUDGE, 0o755)
    if os.geteuid() != 0:
        pytest.skip("only root starts children as somebody else")
    os.chmod(server.path("closed"), 0o700)
    server.expect("SCEP0066", "SCEP0194")
    server.start()
    server.wait_for(
        lambda: "httpd's user cannot run" in server.error_log())
    unavailable(server, "/cgi-bin/pkiclient.exe", "right", "could not be run")
