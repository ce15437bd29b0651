# Licensed under the Apache License, Version 2.0; see LICENSE.
"""ScepCABackend exec: a CA of `openssl ca` behind the program that comes with
mod_scep, and one whose program fails in every way."""
import os
import shutil
import subprocess

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

import scepclient as scep
from httpdserver import GROUP, ROOT, USER, Server, pem
from test_renewal import SAN, first, renew, send

pytestmark = pytest.mark.any_mpm(
    reason="the program is run in the same way, and tests of ScepChallenge exec: show "
    "that it runs in every MPM")

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(TOP, "libexec", "scep-ca-openssl")
SCEPCTL = os.path.join(os.environ.get("SCEP_BUILD_DIR", "build"), "scepctl")

CNF = """
[ca]
default_ca = CA_default
[CA_default]
dir = {dir}
certificate = {dir}/ca.crt
private_key = {dir}/ca.key
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
default_md = sha256
default_days = 30
policy = anything
[anything]
commonName = optional
"""

# Behaves as the file `mode` says.
FAKE = """#!/bin/sh
input=$(cat)
case $(cat @DIR@/mode) in
slow) sleep 30;;
refuse) echo '{"reason": "not on the list"}'; exit 1;;
later) echo 'the CA is closed' >&2; exit 75;;
broken) echo 'traceback' >&2; exit 2;;
killed) kill -9 $$;;
garbage) echo 'no JSON at all';;
array) echo '[]';;
empty) ;;
neither) echo '{"reason": "nothing else"}';;
text) echo '{"certificate": "nonsense"}';;
flood) cat /dev/zero;;
other) printf '{"certificate": "%s"}' "$(sed 's/$/\\\\n/' @DIR@/other.crt | tr -d '\\n')";;
ticket) case $input in
    *'"operation":"poll","ticket":"T-1"'*) echo '{"ticket": "T-2"}';;
    *'"operation":"poll","ticket":"T-2"'*) echo '{"unknown": true}';;
    *) echo '{"ticket": "T-1"}';; esac;;
esac
exit 0
"""


def conf(program, more=""):
    return ("ScepEngine On\nScepStateDir state\n"
            f"ScepCABackend exec {program}\n"
            "ScepCACertificateFile ca.crt\n"
            "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n"
            f"ScepExecTimeout 2s\n{more}" + Server.admin_conf())


def give(*paths):
    """To httpd's user."""
    for path in paths:
        if ROOT:
            shutil.chown(path, USER, GROUP)


@pytest.fixture(name="openssl_ca")
def fixture_openssl_ca(httpd):
    server = httpd(start=False, scep_conf=conf(
        f"{PROGRAM} @DIR@/ca/openssl.cnf @DIR@/ca/own", "ScepCRLValidity 2d\n"),
        extra="<Location /ca.crl>\nSetHandler scep-crl\n</Location>\n")
    os.makedirs(server.path("ca", "own"))
    for name in ("ca.crt", "ca.key"):
        shutil.copy(server.path(name), server.path("ca", name))
    server.write("ca/openssl.cnf", CNF.format(dir=server.path("ca")))
    server.write("ca/index.txt", "")
    server.write("ca/serial", "0A1B\n")  # mod_scep writes A1B
    give(server.path("ca"), server.path("ca", "own"), server.path("ca", "ca.key"),
         server.path("ca", "index.txt"), server.path("ca", "serial"))
    return server.start()


@pytest.fixture(name="fake")
def fixture_fake(httpd):
    server = httpd(start=False, scep_conf=conf("@DIR@/program"))
    server.write("program", FAKE.replace("@DIR@", server.dir), mode=0o755)
    server.write("mode", "refuse")
    server.start()
    return server


def index(server):
    with open(server.path("ca", "index.txt"), encoding="ascii") as file:
        return file.read().splitlines()


def test_issue_and_renew(openssl_ca):
    server = openssl_ca
    cert = first(server, san=SAN)
    server.verify(cert)
    (line,) = index(server)
    assert line.split("\t")[3].lstrip("0") == f"{cert.serial_number:X}"
    assert server.serials() == [f"{cert.serial_number:X}"]
    get = cert.extensions.get_extension_for_class
    assert list(get(x509.SubjectAlternativeName).value) == SAN
    assert not get(x509.BasicConstraints).value.ca
    assert list(get(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH]
    (renewed,) = renew(server, cert, san=SAN).certs
    assert renewed.subject == cert.subject
    server.verify(renewed)
    assert len(index(server)) == server.count_certificates() == 2


def test_no_trace_of_a_password(openssl_ca):
    server = openssl_ca
    password = server.draw()
    request = scep.Request(server.ra_cert, password, key=scep.shared_key(0))
    reply = send(server, request)
    assert send(server, request).certs == reply.certs
    for folder, _, names in os.walk(server.path("ca")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert password.encode() not in file.read()


def test_crl(openssl_ca):
    server = openssl_ca
    (cert,) = server.enrol(server.draw()).certs
    (other,) = server.enrol(server.draw(), "other", number=1).certs
    subprocess.run([SCEPCTL, "certs", "revoke", "--state-dir",
                    server.path("state"), f"{cert.serial_number:X}", "--reason",
                    "keyCompromise"], check=True, stdout=subprocess.DEVNULL)
    status, _, body = server.http("GET", "/ca.crl")
    assert status == 200
    crl = x509.load_der_x509_crl(body)
    assert crl.is_signature_valid(server.ca_cert.public_key())
    (entry,) = crl
    assert entry.serial_number == cert.serial_number != other.serial_number
    assert entry.extensions.get_extension_for_class(
        x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    number = crl.extensions.get_extension_for_class(x509.CRLNumber).value
    assert number.crl_number == server.query("SELECT number FROM crls")[0][0]


@pytest.mark.parametrize("mode, said", (
    ("slow", "took longer than 2000 ms (ScepExecTimeout)"),
    ("later", "ended with exit status 75: the CA is closed"),
    ("broken", "ended with exit status 2: traceback"),
    ("killed", "was ended by signal 9"),
    ("garbage", "cannot be used"),
    ("array", "it is no object"),
    ("empty", "it wrote nothing"),
    ("neither", "neither a certificate nor a ticket"),
    ("text", "its certificate cannot be read"),
    ("other", "is not signed by ScepCACertificateFile"),
    ("flood", "wrote more than 65536 octets"),
))
def test_failures(fake, mode, said):
    """Nothing is spent, nothing recorded, and the device comes again."""
    fake.expect("SCEP0170")
    fake.write("mode", mode)
    password = fake.draw()
    request = scep.Request(fake.ra_cert, password, key=scep.shared_key(0))
    fake.write("other.crt", pem(request.cert))  # self-signed
    status, headers, _ = fake.endpoint().post(request.der())
    assert status == 503 and int(headers["Retry-After"]) > 0
    assert said in fake.error_log()
    assert password not in fake.error_log()
    assert fake.count_certificates() == 0
    # the CA is back, and the password still good
    fake.write("mode", "refuse")
    fake.expect("SCEP0160")
    assert send(fake, request).status == scep.FAILURE


def test_refused(fake):
    fake.expect("SCEP0160")
    password = fake.draw()
    reply = fake.enrol(password)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert "refused: not on the list" in fake.error_log()
    assert fake.count_certificates() == 0


def test_pending(fake):
    fake.expect("SCEP01")
    fake.write("mode", "ticket")
    request = scep.Request(fake.ra_cert, fake.draw(), key=scep.shared_key(0))
    assert send(fake, request).status == scep.PENDING
    poll = scep.Request(fake.ra_cert, key=request.key,
                        transaction_id=request.transaction_id)
    poll.message_type = scep.CERTPOLL
    poll.csr = core.OctetString(b"whatever").dump()
    assert send(fake, poll).status == scep.PENDING
    # the second ticket is one that the CA forgets
    assert send(fake, poll).status == scep.FAILURE
    assert fake.count_certificates() == 0


def test_absent(fake):
    """The program goes away while httpd runs, and comes back."""
    fake.expect("SCEP0170", "SCEP0066")
    os.rename(fake.path("program"), fake.path("gone"))
    request = scep.Request(fake.ra_cert, fake.draw(), key=scep.shared_key(0))
    assert fake.endpoint().post(request.der())[0] == 503
    assert "could not be run" in fake.error_log()
    os.rename(fake.path("gone"), fake.path("program"))
    fake.write("mode", "ticket")
    assert send(fake, request).status == scep.PENDING


@pytest.mark.parametrize("old, new, said", (
    ("exec @DIR@/program", "exec", "the path of a program is wanted"),
    ("exec @DIR@/program", "exec program", "is no absolute path"),
    ("exec @DIR@/program", "exec @DIR@/missing", "cannot be found"),
    ("exec @DIR@/program", "exec @DIR@/open", "may be written by others"),
    ("ScepCACertificateFile ca.crt\n", "", "ScepCACertificateFile is not set"),
    ("ScepCACertificateFile ca.crt\n",
     "ScepCACertificateFile ca.crt\nScepCAKey ca.key\n",
     "ScepCAKey is set, but ScepCABackend exec does not use it"),
), ids=("none", "relative", "missing", "open", "certificate", "key"))
def test_configuration(httpd, old, new, said):
    text = conf("@DIR@/program")
    assert old in text
    server = httpd(start=False, scep_conf=text.replace(old, new))
    for name, mode in (("program", 0o755), ("open", 0o777)):
        os.chmod(server.write(name, "#!/bin/sh\n"), mode)
    status, output = server.check()
    assert status != 0 and said in output and "httpd.conf" in output, output
