# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Names: which are certified, which are refused and why, what an operator
sees, and how names are found again."""
import json
import os
import re
import subprocess
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import httpdserver
import scepclient as scep
from postgres import Postgres, node

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

CONF = """
<Location /relaxed>
    SetHandler scep
    ScepNameRelax lengths syntax
</Location>
<Location /relaxed/not>
    SetHandler scep
    ScepNameRelax none
</Location>
<Location /manual>
    SetHandler scep
    ScepApproval manual
</Location>
"""
DEFAULT = "/cgi-bin/pkiclient.exe"
SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(httpdserver.module())),
                       "scepctl")
UTF8, PRINTABLE, T61, IA5, BMP = 0x0c, 0x13, 0x14, 0x16, 0x1e
CN, ORGANISATION, UNIT, COUNTRY = (b"\x55\x04\x03", b"\x55\x04\x0a",
                                   b"\x55\x04\x0b", b"\x55\x04\x06")
UPN = bytes.fromhex("060a2b060104018237140203")


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    server = make_server(extra=CONF)
    server.expect("SCEP01")  # refusals are what is tested here
    return server


# ---- DER by hand: what no library would write ----


def tlv(tag, *content):
    data = b"".join(content)
    size = len(data)
    if size < 0x80:
        return bytes([tag, size]) + data
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + data


def sequence(*content):
    return tlv(0x30, *content)


def attribute(value, kind=UTF8, oid=CN):
    if isinstance(value, str):
        value = value.encode("utf-16-be" if kind == BMP else "latin-1"
                             if kind in (T61, IA5, PRINTABLE) else "utf-8")
    return sequence(tlv(6, oid), tlv(kind, value))


def subject(*attributes):
    return sequence(*[tlv(0x31, one) for one in attributes])


def dns(text):
    return tlv(0x82, text.encode() if isinstance(text, str) else text)


def upn(text, kind=UTF8):
    data = text.encode() if isinstance(text, str) else text
    return tlv(0xa0, UPN, tlv(0xa0, tlv(kind, data)))


def csr(key, name, challenge=None, alt_names=(), extensions=()):
    public = key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    attributes = b""
    if challenge is not None:
        attributes += sequence(
            tlv(6, bytes.fromhex("2a864886f70d010907")),
            tlv(0x31, tlv(PRINTABLE, challenge.encode())))
    wanted = list(extensions)
    if alt_names:
        wanted.append(sequence(tlv(6, b"\x55\x1d\x11"),
                               tlv(4, sequence(*alt_names))))
    if wanted:
        attributes += sequence(
            tlv(6, bytes.fromhex("2a864886f70d01090e")),
            tlv(0x31, sequence(*wanted)))
    info = sequence(b"\x02\x01\x00", name, public, tlv(0xa0, attributes))
    signature = key.sign(info, padding.PKCS1v15(), hashes.SHA256())
    return sequence(info,
                    bytes.fromhex("300d06092a864886f70d01010b0500"),
                    tlv(3, b"\0", signature))


def send(server, request, path=DEFAULT):
    return server.reply(server.endpoint(path).post(request.der()), request)


def ask(server, name, alt_names=(), path=DEFAULT, **more):
    """A first enrolment."""
    request = scep.Request(server.ra_cert, key=scep.shared_key(1))
    request.csr = csr(request.key, name, server.draw(), alt_names, **more)
    return request, send(server, request, path)


def renew(server, cert, name, alt_names=(), path=DEFAULT):
    request = scep.Request(server.ra_cert, key=scep.shared_key(1))
    request.csr = csr(scep.shared_key(2), name, None, alt_names)
    request.cert, request.message_type = cert, scep.RENEWALREQ
    return send(server, request, path)


def last_line(server):
    return server.error_log().splitlines()[-1]


def scepctl(server, *arguments, fails=False):
    done = subprocess.run([SCEPCTL, *arguments, "--state-dir",
                           server.path("state")], text=True, encoding="utf-8",
                          capture_output=True, check=False)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def api(server, path):
    answer = server.admin("/certsrv/mscep_admin/api/" + path)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


# ---- refused ----

GOOD = subject(attribute("device"))
REFUSED = {
    "nul": (subject(attribute("a\0b")), (), "CN .*x00.*U.0000"),
    "line feed": (subject(attribute("a\nb")), (), "CN .*x0a.*U.000A"),
    "empty CN": (subject(attribute("")), (), "CN \"\" is empty"),
    "long CN": (subject(attribute("x" * 65)), (), "CN .*65 characters"),
    "BMP with LF": (subject(attribute("a\nb", BMP)), (), "CN .*U.000A"),
    "printable": (subject(attribute("\xe4", PRINTABLE)), (), "PrintableString"),
    "country": (subject(attribute("GER", PRINTABLE, COUNTRY)), (),
                "C \"GER\" is not a country"),
    "unsorted": (sequence(tlv(0x31, attribute("b", oid=UNIT),
                              attribute("a", oid=UNIT))), (), "not sorted"),
    "empty DNS": (GOOD, (dns(""),), "DNS \"\" is empty"),
    "DNS with blank": (GOOD, (dns("a b"),), "DNS \"a b\" is not a host name"),
    "second is bad": (GOOD, (dns("a.example"), dns("b..example")),
                      "DNS \"b..example\" has an empty label"),
    "empty UPN": (GOOD, (upn(""),), "UPN \"\" is empty"),
    "UPN with NUL": (GOOD, (upn("a\0b"),), "UPN .*x00"),
    "UPN with LF": (GOOD, (upn("a\nb"),), "UPN .*x0a"),
    "directoryName": (GOOD, (tlv(0xa4, subject(attribute("a\nb"))),),
                      "directoryName: CN .*x0a"),
    "otherName": (GOOD, (tlv(0xa0, b"\x06\x02\x2a\x03", tlv(
        0xa0, sequence(tlv(UTF8, b"\n")))),), "otherName 1.2.3 .*U.000A"),
    "address as text": (GOOD, (tlv(0x87, b"192.0.2.1"),), "IP .*9 octets"),
    "mail": (GOOD, (tlv(0x81, b"x"),), "email \"x\" is not a mail address"),
    "URI": (GOOD, (tlv(0x86, b"x"),), "URI \"x\" is not an absolute URI"),
    "ediPartyName": (GOOD, (tlv(0xa5, tlv(0xa1, tlv(UTF8, b"a"))),),
                     "ediPartyName .* not certified"),
    "wildcard": (GOOD, (dns("*"),), "DNS \"\\*\""),
    "wildcard of a TLD": (GOOD, (dns("*.com"),), "DNS \"\\*.com\""),
    "wildcard CN": (subject(attribute("*.com")), (), "CN \"\\*.com\""),
    "wildcard CN with a dot at its end": (subject(attribute("*.com.")), (),
                                          "CN \"\\*.com.\""),
    "257 names": (GOOD, [dns(f"a{n}") for n in range(257)], "257"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("path", (DEFAULT, "/manual"))
def test_refused(running, what, path):
    name, alt_names, told = REFUSED[what]
    before = running.count_certificates()
    _request, reply = ask(running, name, alt_names, path)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert "SCEP0110:" in last_line(running)
    assert re.search(told, last_line(running)), last_line(running)
    assert running.count_certificates() == before
    assert running.query("SELECT COUNT(*) FROM requests WHERE state < 3") == [
        (0,)]
    # the password is good yet
    assert running.query("SELECT state FROM challenges ORDER BY created DESC "
                         "LIMIT 1") == [(0,)]


@pytest.mark.parametrize("name", (
    subject(attribute("device_1@example.com*", PRINTABLE)),
    subject(attribute("M\xfcller", T61)),
    subject(attribute("M\xfcller".encode(), T61)),
    subject(attribute("Ger\xe4t", BMP)),
    subject(attribute("DE", UTF8, COUNTRY), attribute("a")),
    subject(attribute("x" * 64)),
    subject(attribute("device"), sequence(
        tlv(6, bytes.fromhex("2a864886f70d010902")), tlv(IA5, b"router"))),
), ids=range(7))
def test_odd_but_tolerated(running, name):
    assert ask(running, name)[1].status == scep.SUCCESS


def test_relaxed_and_renewed(running):
    """What was issued by other rules is renewed by all."""
    name = subject(attribute("x" * 70))
    alt_names = (dns("John's phone"),)
    assert ask(running, name, alt_names,
               "/relaxed/not")[1].status == scep.FAILURE
    _request, reply = ask(running, name, alt_names, "/relaxed")
    assert reply.status == scep.SUCCESS
    renewed = renew(running, reply.certs[0], name, alt_names)
    assert renewed.status == scep.SUCCESS
    assert renew(running, reply.certs[0], name,
                 alt_names + (dns("b b"),)).status == scep.FAILURE
    assert ask(running, subject(attribute("a\n")), (),
               "/relaxed")[1].status == scep.FAILURE


def test_256_names_are_renewed(running):
    alt_names = [dns(f"a{number}") for number in range(256)]
    _request, reply = ask(running, GOOD, alt_names)
    assert reply.status == scep.SUCCESS
    assert renew(running, reply.certs[0], GOOD,
                 alt_names[::-1]).status == scep.SUCCESS


def test_names_of_the_ca(running):
    for cert in (running.ca_cert, running.ra_cert):
        _request, reply = ask(running, cert.subject.public_bytes())
        assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                                   scep.BAD_REQUEST)
        assert "SCEP0111:" in last_line(running)


def draw_with(server, limits):
    answer = server.admin("/certsrv/mscep_admin/api/challenges", "POST",
                          body=json.dumps({"limits": limits}),
                          headers={"Content-Type": "application/json"})
    assert answer.status == 201, answer.body
    return json.loads(answer.body)["challenge"]


def test_limits_allow_a_wildcard(running):
    for limit, path, status in ((r"DNS:\*.com", DEFAULT, scep.SUCCESS),
                                (r"DNS:\*", DEFAULT, scep.FAILURE),
                                ("*", DEFAULT, scep.FAILURE)):
        wanted = limit.replace("DNS:\\", "").replace("*", "*.com", limit == "*")
        request = scep.Request(running.ra_cert, key=scep.shared_key(1))
        request.csr = csr(request.key, GOOD, draw_with(
            running, {"subject": "CN=device", "subjectAltNames": [limit]}),
            [dns(wanted)])
        assert send(running, request, path).status == status, limit


# ---- shown ----

HIDDEN = ([dns(f"h{number}.example.com") for number in range(16)] + [
    dns("domain-controller.corp.example"), upn("administrator@corp.example"),
    tlv(0x88, b"\x2a\x03\x04"),
    tlv(0xa0, b"\x06\x03\x2a\x03\x05", tlv(0xa0, sequence(b"\x02\x01\x07"))),
    tlv(0xa4, subject(attribute("Ger\xe4t"), attribute("x, y"))),
    tlv(0x86, b"urn:" + b"x" * 3000)])
SHOWN = ["DNS:h15.example.com", "DNS:domain-controller.corp.example",
         "UPN:administrator@corp.example", "other:registeredID 1.2.3.4",
         "other:otherName 1.2.3.5 #3003020107",
         "other:directoryName CN=x\\, y,CN=Ger\xe4t", "URI:urn:" + "x" * 3000]
USAGE = sequence(tlv(6, b"\x55\x1d\x0f"), tlv(4, b"\x03\x02\x07\x80"))
UNKNOWN = sequence(tlv(6, b"\x2a\x03\x06"), b"\x01\x01\xff", tlv(4, b"\x05\0"))


def test_an_operator_sees_all(running):
    _request, reply = ask(running, subject(attribute("Ger\xe4t", BMP),
                                           attribute("a,b")),
                          HIDDEN, "/manual", extensions=(USAGE, UNKNOWN))
    assert reply.status == scep.PENDING
    (row,) = api(running, "requests")["requests"]
    number = row["id"]
    listed = scepctl(running, "requests", "list")
    shown = scepctl(running, "requests", "show", number)
    of_json = json.loads(scepctl(running, "requests", "list", "--json"))
    for names in (row["altNames"], listed, shown, of_json["altNames"]):
        for name in SHOWN:
            assert name in names
        assert "..." not in names and "unsupported" not in names
    for text in (row["subject"], of_json["subject"], listed, shown):
        assert "CN=a\\,b,CN=Ger\xe4t" in text
    for text in (row["extensions"], of_json["extensions"], listed, shown):
        assert "keyUsage Digital Signature; 1.2.3.6 critical #0500" in text
    assert len(row["altNames"].split(", ")) == len(HIDDEN) + 1  # x\, y
    # and the request itself
    keys = ("--ra-cert", running.path("ra.crt"), "--ra-key",
            running.path("ra.key"))
    pem = scepctl(running, "requests", "show", number, "--csr", *keys)
    loaded = x509.load_pem_x509_csr(pem.encode())
    assert loaded.is_signature_valid
    assert "--ra-cert" in scepctl(running, "requests", "show", number, "--csr",
                                  fails=True)
    assert "SCEP0586" in scepctl(
        running, "requests", "show", number, "--csr", "--ra-cert",
        running.path("ca.crt"), "--ra-key", running.path("ca.key"), fails=True)
    assert "show" in scepctl(running, "requests", "list", "--csr", *keys,
                             fails=True)
    assert "--csr" in scepctl(running, "requests", "show", number, *keys,
                              fails=True)
    scepctl(running, "requests", "reject", number)
    assert "SCEP0585" in scepctl(running, "requests", "show", number, "--csr",
                                 *keys, fails=True)


# ---- found ----


def find(server, text):
    return [one["subject"] for one in api(
        server, "certs?subject=" + quote(text))["certificates"]]


def test_found_in_any_encoding_and_case(running):
    kinds = (UTF8, T61, BMP)
    for number, kind in enumerate(kinds):
        assert ask(running, subject(attribute(f"Pr\xfcfger\xe4t {number}", kind))
                   )[1].status == scep.SUCCESS
    wanted = [f"CN=Pr\xfcfger\xe4t {number}" for number in (2, 1, 0)]
    for text in ("pr\xfcfger\xe4t", "PR\xdcFGER\xc4T", "\xfcf",
                 "PR\\C3\\BCfger\\C3\\A4t"):
        assert find(running, text) == wanted
        assert scepctl(running, "certs", "list", "--subject",
                       text).count("CN=Pr\xfcfger\xe4t") == len(kinds)
    assert find(running, "Ger\xf6t") == []


def test_found_in_postgresql():
    database = Postgres()
    server = node(database)
    try:
        server.start()
        assert ask(server, subject(attribute("GER\xc4T \u20ac"))
                   )[1].status == scep.SUCCESS
        assert find(server, "ger\xe4t \u20ac") == ["CN=GER\xc4T \u20ac"]
        assert find(server, "x") == []
    finally:
        server.stop()
        server.close()
        database.close()
