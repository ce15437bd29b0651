# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A CA backend and a challenge provider outside of mod_scep: built against an
installation, loaded, and used."""
import os
import re
import shutil
import subprocess

import pytest
from asn1crypto import core

import scepclient as scep
from httpdserver import GROUP, ROOT, USER, Server

GOOD = "good password"
LOCATION = """
<Location /sample>
    SetHandler scep
    ScepChallenge sample:good
</Location>
"""


def load_modules(installed):
    return "".join(
        f"LoadModule outside_{kind}_module {installed.sample(name)}\n"
        for kind, name in (("ca", "ca_sample"), ("provider", "provider_sample")))


def make(httpd, installed, backend="sample @DIR@/ca.crt @DIR@/ca.key @DIR@/ca",
         location=LOCATION):
    """A server with both samples that is not started."""
    modules = load_modules(installed)
    server = httpd(start=False, extra=location + modules, scep_conf=(
        f"ScepEngine On\nScepStateDir state\nScepCABackend {backend}\n"
        "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n"
        + Server.admin_conf()))
    os.mkdir(server.path("ca"))
    if ROOT:
        shutil.chown(server.path("ca"), USER, GROUP)
    return server


@pytest.fixture(name="running")
def fixture_running(httpd, installed):
    return make(httpd, installed).start()


def request_for(server, password, common_name, number=0):
    return scep.Request(server.ra_cert, password, common_name,
                        key=scep.shared_key(number))


def poll_of(request):
    poll = scep.Request(request.recipients[0], key=request.key,
                        transaction_id=request.transaction_id)
    poll.message_type = scep.CERTPOLL
    poll.csr = core.OctetString(b"whatever").dump()
    return poll


def send(server, request):
    return server.reply(server.endpoint().post(request.der()), request)


def assert_issued(server, reply, count=1):
    assert reply.status == scep.SUCCESS
    (cert,) = reply.certs
    server.verify(cert)
    assert f"{cert.serial_number:X}" in server.serials()
    assert server.count_certificates() == count


def test_symbols(installed):
    """They call nothing of mod_scep but what they are handed."""
    for name in ("ca_sample", "provider_sample"):
        symbols = subprocess.run(["nm", "-D", "-u", installed.sample(name)],
                                 check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        assert "ap_register_provider" in symbols
        assert not re.search("scep", symbols, re.IGNORECASE), symbols


def test_layout(installed):
    """Members and numbers are where they were."""
    status, said = installed.build("layout")
    assert status == 0, said


@pytest.mark.parametrize("name, old, new, said", (
    ("scep_ca.h", "int min_rsa_bits;", "long min_rsa_bits;",
     "scep_profile_t.key_usage"),
    ("scep_challenge.h", "const char *peer;", "", "scep_challenge_request_t"),
    ("scep_host.h", "SCEP_CAUSE_KEY = 138", "SCEP_CAUSE_KEY = 139",
     "SCEP_CAUSE_KEY is no longer 138"),
), ids=("type", "member", "number"))
def test_layout_notices(installed, tmp_path, name, old, new, said):
    headers = shutil.copytree(installed.headers, tmp_path / "include")
    text = (headers / name).read_text()
    assert old in text
    (headers / name).write_text(text.replace(old, new))
    status, output = installed.build("layout", headers=headers)
    assert status != 0 and said in output


def test_issued(running, installed):
    for pid in running.children():
        with open(f"/proc/{pid}/maps", encoding="ascii") as file:
            assert installed.module in file.read()
    password = running.draw()
    assert_issued(running, running.enrol(password))
    assert running.count("The sample signs; mod_scep is ") > 0
    # spent
    running.expect("SCEP0155")
    assert running.enrol(password, "other", number=1).status == scep.FAILURE
    assert running.count_certificates() == 1


def test_refused(running):
    running.expect("SCEP0160")
    password = running.draw()
    reply = running.enrol(password, "refuse me")
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert "the sample refuses refuse me" in running.error_log()
    assert running.count_certificates() == 0
    # nothing is spent
    assert_issued(running, running.enrol(password, "device", number=1))


def test_unavailable(running):
    running.expect("SCEP0170")
    password = running.draw()
    request = request_for(running, password, "away")
    status, headers, _ = running.endpoint().post(request.der())
    assert (status, headers["Retry-After"]) == (503, "17")
    assert "the sample is away" in running.error_log()
    assert running.count_certificates() == 0
    assert_issued(running, running.enrol(password, "device", number=1))


def test_pending(running):
    """The CA decides later; httpd is restarted in between."""
    password = running.draw()
    request = request_for(running, password, "later")
    assert send(running, request).status == scep.PENDING
    for name in os.listdir(running.path("ca")):
        with open(running.path("ca", name), "rb") as file:
            assert password.encode() not in file.read()
    running.graceful()
    assert send(running, poll_of(request)).status == scep.PENDING
    assert running.count_certificates() == 0
    reply = send(running, poll_of(request))
    assert_issued(running, reply)
    assert send(running, poll_of(request)).certs == reply.certs


def test_pending_and_forgotten(running):
    running.expect("SCEP01")
    request = request_for(running, running.draw(), "later")
    assert send(running, request).status == scep.PENDING
    (name,) = os.listdir(running.path("ca"))
    os.remove(running.path("ca", name))
    assert send(running, poll_of(request)).status == scep.FAILURE
    assert running.count_certificates() == 0


def test_crl(running, installed):
    reply = running.enrol(running.draw())
    (cert,) = reply.certs
    subprocess.run([installed.scepctl, "certs", "revoke", "--state-dir",
                    running.path("state"), f"{cert.serial_number:X}"],
                   check=True, stdout=subprocess.DEVNULL)
    ask = scep.Request(running.ra_cert, key=scep.shared_key(1))
    ask.message_type = scep.GETCRL
    ask.csr = scep.issuer_and_serial(running.ca_cert.subject, 99)
    (crl,) = send(running, ask).crls
    assert crl.is_signature_valid(running.ca_cert.public_key())
    assert [entry.serial_number for entry in crl] == [cert.serial_number]


def test_graceful(running):
    """start() comes again, with a new state."""
    starts = running.count("The sample signs")
    assert_issued(running, running.enrol(running.draw()))
    running.graceful()
    assert running.count("The sample signs") > starts
    assert_issued(running, running.enrol(running.draw(), number=1), 2)


def test_provider(running):
    running.expect("SCEP0153", "SCEP0194")
    reply = running.enrol("bad", path="/sample")
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    request = request_for(running, "away today", "device")
    status, headers, _ = running.endpoint("/sample").post(request.der())
    assert status == 503 and headers["Retry-After"]
    assert running.count_certificates() == 0
    assert_issued(running, running.enrol(GOOD, path="/sample"))
    assert "The sample accepts " in running.error_log()
    # of the sample alone
    assert running.enrol(GOOD, number=1).status == scep.FAILURE
    log = running.error_log()
    assert GOOD not in log and "away today" not in log


@pytest.mark.parametrize("wrong, said", (
    ({"backend": "simple"},
     ("ScepCABackend simple is not known", "sample", "local")),
    ({"backend": "sample"}, ("has 0 argument(s): name these three",)),
    ({"backend": "sample no.crt @DIR@/ca.key @DIR@/ca"},
     ("there is no certificate in no.crt",)),
    ({"backend": "sample @DIR@/ca.crt @DIR@/ra.key @DIR@/ca"},
     ("ra.key does not hold the key of",)),
    ({"location": LOCATION.replace("sample:good", "simple:good")},
     ("there is no source of that name", "sample:", "exec:")),
    ({"location": LOCATION.replace("sample:good", "sample:")},
     ("write sample:beginning", "httpd.conf")),
), ids=("backend", "arguments", "certificate", "key", "source", "beginning"))
def test_configuration(httpd, installed, wrong, said):
    status, text = make(httpd, installed, **wrong).check()
    assert status != 0
    for part in said:
        assert part in text, text


@pytest.mark.parametrize("first", (False, True))
def test_order_of_modules(httpd, installed, first):
    server = make(httpd, installed)
    if first:
        lines = load_modules(installed)
        server.replace_conf(lines, "")
        server.replace_conf("LoadModule scep_module",
                            lines + "LoadModule scep_module")
    status, text = server.check()
    assert status == 0 and "Syntax OK" in text, text


@pytest.mark.parametrize("name, macro, said", (
    ("scep_ca.h", "SCEP_CA_ABI", "ScepCABackend sample"),
    ("scep_challenge.h", "SCEP_CHALLENGE_ABI", "ScepChallenge sample"),
), ids=("ca", "provider"))
def test_another_version(httpd, installed, tmp_path, name, macro, said):
    """Modules that were built for another interface."""
    headers = shutil.copytree(installed.headers, tmp_path / "include")
    text = (headers / name).read_text()
    assert f"#define {macro} 2\n" in text
    (headers / name).write_text(text.replace(f"#define {macro} 2\n",
                                             f"#define {macro} 3\n"))
    other = installed.another(str(tmp_path / "samples"), headers)
    status, text = make(httpd, other).check()
    assert status != 0
    assert said in text and "built for version 3" in text, text
    assert "has version 2" in text
