# Licensed under the Apache License, Version 2.0; see LICENSE.
"""conf.d/examples/: each file is used as it is, beside a server's own
configuration, and a device of its kind enrols at its address."""
import glob
import os
import subprocess

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography import x509

import scepclient as scep
from httpdserver import TOP

pytestmark = pytest.mark.any_mpm(
    reason="read by the parent, before there are children")

EXAMPLES = os.path.join(TOP, "conf.d", "examples")
# file -> path, cipher, digest, by GET
DEVICES = {
    "apple": ("/apple", "aes256", "sha256", False),
    "cisco": ("/cisco/pkiclient.exe", "des3", "sha1", True),
    "jamf": ("/jamf", "aes128", "sha256", False),
    "juniper": ("/juniper", "des3", "sha1", True),
    "mikrotik": ("/mikrotik", "des3", "sha1", False),
    "printers": ("/printers", "des3", "sha1", False),
    "windows": ("/windows/pkiclient.exe", "aes128", "sha1", False),
}


def text_of(name):
    with open(os.path.join(EXAMPLES, name + ".conf"),
              encoding="ascii") as file:
        return file.read()


def master_password(server):
    done = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in",
         server.path("state", "master-password.cms"), "-inkey",
         server.path("ra.key")], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().split("\n")[0]


@pytest.fixture(name="server", scope="module")
def fixture_server(make_server):
    """With all of them."""
    return make_server(extra="\n".join(text_of(name) for name in DEVICES))


def enrol(server, name, password, number=0):
    path, cipher, digest, by_get = DEVICES[name]
    request = scep.Request(server.ra_cert, password,
                           key=scep.shared_key(number))
    request.cipher, request.digest = cipher, digest
    endpoint = server.endpoint(path)
    answer = (endpoint.get if by_get else endpoint.post)(request.der())
    return server.reply(answer, request)


def test_every_device_has_its_case():
    """Those for the admin page have cases of their own."""
    found = {os.path.splitext(os.path.basename(path))[0]
             for path in glob.glob(os.path.join(EXAMPLES, "*.conf"))
             if "SetHandler scep\n" in open(path, encoding="ascii").read()}
    assert found == set(DEVICES)


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_device(server, name):
    password = (master_password(server) if name == "printers"
                else server.draw())
    reply = enrol(server, name, password)
    assert reply.status == scep.SUCCESS, (reply.fail_info, reply.fail_text)
    server.verify(reply.certs[0])
    assert len(reply.certs) == (2 if name == "cisco" else 1)


def test_jamf_static(server):
    """The same address takes the master password."""
    for number in range(2):
        assert enrol(server, "jamf", master_password(server),
                     number).status == scep.SUCCESS


def test_printers_certificate(server):
    cert = enrol(server, "printers", master_password(server)).certs[0]
    usage = cert.extensions.get_extension_for_class(
        x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.CLIENT_AUTH,
                          ExtendedKeyUsageOID.SERVER_AUTH}
    assert server.query("SELECT profile FROM certificates WHERE serial = "
                        f"'{cert.serial_number:X}'") == [("printers",)]


def test_windows_is_told_a_code(server):
    reply = enrol(server, "windows", "0" * 16)
    assert reply.status == scep.FAILURE
    assert "1.3.6.1.4.1.311.21.33" in reply.attributes
