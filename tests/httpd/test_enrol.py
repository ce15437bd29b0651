# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Enrolment through httpd: passwords, retries, and the ways to set up CA and
RA."""
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, SIGN, Pair, key_pem, make_cert,
                         pem)

RA_SETTINGS = "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n"


def post(server, request, message=None, signers=None):
    answer = server.endpoint().post(message or request.der())
    return scep.Reply(answer[2], request, signers or server.signers)


def new_request(server, password, name="device", number=0, **more):
    return scep.Request(server.ra_cert, password, name,
                        key=scep.shared_key(number), **more)


# ---- passwords ----

def test_enrol(httpd):
    server = httpd()
    reply = server.enrol(server.draw(), "one")
    assert reply.status == scep.SUCCESS
    server.verify(reply.certs[0])
    assert reply.certs[0].subject == scep.name("one")
    assert server.serials() == [f"{reply.certs[0].serial_number:X}"]


def test_wrong_password_leaves_the_right_one(httpd):
    server = httpd()
    server.expect("SCEP0153", "SCEP0151")
    password = server.draw()
    for wrong in ("0" * 16, password[:-1], password + "0", None):
        reply = server.enrol(wrong)
        assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                                   scep.BAD_REQUEST)
        assert reply.fail_text == "The request was not authorized."
    assert server.count_certificates() == 0
    assert server.enrol(password).status == scep.SUCCESS


@pytest.mark.parametrize("change", (str.lower, " {}".format, "{} ".format))
def test_password_as_people_copy_it(httpd, change):
    server = httpd()
    assert server.enrol(change(server.draw())).status == scep.SUCCESS


def test_refused_request_leaves_the_password(httpd):
    """Only an issued certificate spends it."""
    server = httpd()
    server.expect("SCEP0138", "SCEP0140")
    password = server.draw()
    weak = scep.Request(server.ra_cert, password, "weak",
                        key=scep.new_key(1024))
    assert post(server, weak).status == scep.FAILURE
    other = new_request(server, password, "other", 1)
    other.csr = scep.new_csr(scep.shared_key(2), "other", password)
    assert post(server, other).status == scep.FAILURE
    assert server.enrol(password).status == scep.SUCCESS


def test_spent(httpd):
    server = httpd()
    server.expect("SCEP0155")
    password = server.draw()
    assert server.enrol(password).status == scep.SUCCESS
    thief = server.enrol(password, "thief", number=1)
    assert (thief.status, thief.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert server.count_certificates() == 1


def test_validity_of_the_place_it_was_drawn_at(httpd):
    server = httpd(extra="<Location /short>\nSetHandler scep-admin\n"
                   "ScepPasswordValidity 1s\nAuthType Basic\nAuthName x\n"
                   "AuthUserFile htpasswd\nRequire valid-user\n</Location>\n")
    server.expect("SCEP0153", "SCEP0154")
    short, long = server.draw("/short"), server.draw()
    time.sleep(1.2)
    assert server.enrol(short).status == scep.FAILURE
    assert server.enrol(long).status == scep.SUCCESS


# ---- retries ----

def test_retry(httpd):
    server = httpd()
    request = new_request(server, server.draw())
    message = request.der()
    first = post(server, request, message)
    request.nonce = b"another nonce!!!"
    second = post(server, request)
    assert first.status == second.status == scep.SUCCESS
    assert first.certs == second.certs
    assert server.count_certificates() == 1


def test_retry_after_the_window(httpd):
    """Judged anew; but the very CSR that spent the password keeps what it
    got."""
    server = httpd(extra="ScepRetryWindow 0\n")
    request = new_request(server, server.draw())
    first, second = post(server, request), post(server, request)
    assert first.certs == second.certs
    assert server.count_certificates() == 1


def test_transaction_of_another_key(httpd):
    server = httpd()
    server.expect("SCEP0142")
    request = new_request(server, server.draw())
    assert post(server, request).status == scep.SUCCESS
    other = new_request(server, server.draw(), number=1,
                        transaction_id=request.transaction_id)
    reply = post(server, other)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)


# ---- levels ----

@pytest.mark.parametrize("level, digest, cipher, good", (
    ("modern", "sha256", "aes128", True), ("modern", "sha1", "aes128", False),
    ("modern", "sha256", "des3", False), ("compatible", "sha1", "des3", True),
    ("compatible", "md5", "aes128", False),
    ("compatible", "sha256", "des", False), ("legacy", "md5", "des", True),
    ("legacy", "sha512", "aes256", True)))
def test_levels(httpd, level, digest, cipher, good):
    server = httpd(extra=f"<Location /here>\nSetHandler scep\n"
                   f"ScepAlgorithms {level}\n</Location>\n")
    server.expect("SCEP0130", "SCEP0135")
    request = new_request(server, server.draw())
    request.digest, request.cipher = digest, cipher
    reply = server.reply(server.endpoint("/here").post(request.der()), request)
    if good:
        assert reply.status == scep.SUCCESS
        assert reply.cipher == cipher
    else:
        assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_ALG)


# ---- CA and RA ----

def test_ca_stands_in_for_the_ra(httpd):
    key = scep.shared_key("own")
    own = Pair(make_cert("Own", key, ca=True,
                         usage=CA_USAGE + (SIGN, ENCRYPT)), key)
    server = httpd(pairs=(own, None))
    assert server.endpoint().ca_certs() == [own.cert]
    for path in (None, "/legacy"):
        assert server.enrol(server.draw(), path=path).status == scep.SUCCESS


def test_elliptic_curve_ca(httpd):
    key = ec.generate_private_key(ec.SECP256R1())
    ca = Pair(make_cert("EC", key, ca=True, usage=CA_USAGE + (SIGN,)), key)
    ra_key = scep.shared_key("ra")
    ra = Pair(make_cert("RA", ra_key, ca, usage=(SIGN, ENCRYPT)), ra_key)
    server = httpd(pairs=(ca, ra))
    assert server.endpoint().ca_certs() == [ra.cert, ca.cert]
    reply = server.enrol(server.draw())
    assert reply.status == scep.SUCCESS
    ca.cert.public_key().verify(
        reply.certs[0].signature, reply.certs[0].tbs_certificate_bytes,
        ec.ECDSA(reply.certs[0].signature_hash_algorithm))


def ra_pair(server, name, *usage):
    key = scep.shared_key(name)
    pair = Pair(make_cert(name, key, server.ca, usage=usage), key)
    server.write(f"{name}.crt", pem(pair.cert))
    server.write(f"{name}.key", key_pem(key), 0o600)
    return pair


def with_ras(httpd, *names):
    """A server that is not started, with these RA pairs, newest first."""
    server = httpd(start=False)
    server.replace_conf(RA_SETTINGS, "".join(
        RA_SETTINGS.replace("ra.", f"{name}.") for name in names))
    return server


@pytest.mark.parametrize("path", ("/certsrv/mscep", "/legacy"))
def test_signing_and_encryption_pair(httpd, path):
    server = with_ras(httpd, "encrypt", "sign")
    encrypt = ra_pair(server, "encrypt", ENCRYPT)
    sign = ra_pair(server, "sign", SIGN)
    server.start()
    assert server.endpoint(path).ca_certs() == [sign.cert, encrypt.cert,
                                                server.ca_cert]
    request = scep.Request(encrypt.cert, server.draw(), "split",
                           key=scep.shared_key(0))
    answer = server.endpoint(path).post(request.der())
    reply = scep.Reply(answer[2], request, [sign.cert])
    assert reply.status == scep.SUCCESS


@pytest.mark.parametrize("path", ("/certsrv/mscep", "/legacy"))
def test_older_pair_still_decrypts(httpd, path):
    server = with_ras(httpd, "new", "old")
    new = ra_pair(server, "new", SIGN, ENCRYPT)
    old = ra_pair(server, "old", SIGN, ENCRYPT)
    server.start()
    # only the new one is shown; each answers for itself
    assert server.endpoint(path).ca_certs() == [new.cert, server.ca_cert]
    for number, cert in enumerate((old.cert, new.cert)):
        request = scep.Request(cert, server.draw(), f"device-{number}",
                               key=scep.shared_key(number))
        answer = server.endpoint(path).post(request.der())
        reply = scep.Reply(answer[2], request, [cert])
        assert reply.status == scep.SUCCESS


def test_ra_change_by_graceful(httpd):
    """The RA is exchanged; a device with the old certificate enrols on."""
    server = with_ras(httpd, "old")
    old = ra_pair(server, "old", SIGN, ENCRYPT)
    new = ra_pair(server, "new", SIGN, ENCRYPT)
    server.start()
    assert server.endpoint().ca_certs()[0] == old.cert
    password = server.draw()
    settings = RA_SETTINGS.replace("ra.", "old.")
    server.replace_conf(settings, RA_SETTINGS.replace("ra.", "new.")
                        + settings)
    server.graceful()
    assert server.endpoint().ca_certs()[0] == new.cert
    request = scep.Request(old.cert, password, "device",
                           key=scep.shared_key(0))
    assert post(server, request, signers=[old.cert]).status == scep.SUCCESS


def test_chain(httpd):
    """Issuing CA below a root: both are handed out, leaf first."""
    root_key, key = scep.shared_key("root"), scep.shared_key("issuing")
    root = Pair(make_cert("Root", root_key, ca=True, usage=CA_USAGE),
                root_key)
    ca = Pair(make_cert("Issuing", key, root, ca=True,
                        usage=CA_USAGE + (SIGN,)), key)
    ra = Pair(make_cert("RA", scep.shared_key("ra"), ca,
                        usage=(SIGN, ENCRYPT)), scep.shared_key("ra"))
    server = httpd(pairs=(ca, ra), start=False,
                   extra="ScepCAChainFile chain.crt\n")
    server.write("chain.crt", pem(root.cert))
    server.start()
    assert server.endpoint().ca_certs() == [ra.cert, ca.cert, root.cert]
    reply = server.enrol(server.draw())
    assert reply.status == scep.SUCCESS
    server.verify(reply.certs[0])
