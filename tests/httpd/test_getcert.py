# Licensed under the Apache License, Version 2.0; see LICENSE.
"""GetCert and GetCRL (RFC 8894 3.3.4, 4.5, 4.6)."""

import pytest

import scepclient as scep
from test_revocation import ca_without_crls, enrol, scepctl, serial

pytestmark = pytest.mark.any_mpm(
    reason="decided from one request and the database")


def ask(server, message_type, data, key=None, cert=None):
    """The Reply to GetCert or GetCRL signed with KEY, and with CERT if that
    is not to be a self-signed one."""
    request = scep.Request(server.ra_cert, key=key or scep.shared_key(0))
    request.message_type, request.csr = message_type, data
    request.cert = cert or request.cert
    return server.reply(server.endpoint().post(request.der()), request)


def get_cert(server, wanted, **more):
    return ask(server, scep.GETCERT, scep.issuer_and_serial(
        wanted.issuer, wanted.serial_number), **more)


def test_own_certificate(httpd):
    server = httpd()
    cert = enrol(server)
    reply = get_cert(server, cert)
    assert reply.status == scep.SUCCESS
    assert reply.certs == [cert] and reply.crls == []
    assert server.count("SCEP0236") == 1
    server.expect("SCEP0161")
    # R36: success or failure, whatever it is
    stranger = get_cert(server, cert, key=scep.shared_key(1))
    assert (stranger.status, stranger.fail_info) == (
        scep.FAILURE, scep.BAD_CERT_ID)


def test_holder_of_another_certificate(httpd):
    server = httpd()
    cert, other = enrol(server), enrol(server, "other", 1)
    asks = {"key": scep.shared_key(1), "cert": other}
    assert get_cert(server, cert, **asks).certs == [cert]
    scepctl(server, "certs", "revoke", serial(other))
    server.expect("SCEP0161")
    assert get_cert(server, cert, **asks).fail_info == scep.BAD_CERT_ID


def test_unknown_certificate(httpd):
    server = httpd()
    cert = enrol(server)
    server.expect("SCEP0161")
    for issuer, number in ((cert.issuer, 99),
                           (cert.subject, cert.serial_number)):
        reply = ask(server, scep.GETCERT,
                    scep.issuer_and_serial(issuer, number))
        assert (reply.status, reply.fail_info) == (
            scep.FAILURE, scep.BAD_CERT_ID)


def test_crl(httpd):
    server = httpd()
    cert = enrol(server)
    scepctl(server, "certs", "revoke", serial(cert), "--reason", "superseded")
    reply = ask(server, scep.GETCRL, scep.issuer_and_serial(
        server.ca.cert.subject, 99), key=scep.shared_key(1))
    assert reply.status == scep.SUCCESS and reply.certs == []
    (crl,) = reply.crls
    assert crl.is_signature_valid(server.ca.cert.public_key())
    assert [entry.serial_number for entry in crl] == [cert.serial_number]


def test_crl_of_another_ca(httpd):
    server = httpd()
    server.expect("SCEP0162")
    reply = ask(server, scep.GETCRL, scep.issuer_and_serial(
        server.ra.cert.subject, 1))
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_CERT_ID)


def test_ca_without_crls(httpd):
    server = httpd(pairs=ca_without_crls())
    server.expect("SCEP0163")
    reply = ask(server, scep.GETCRL, scep.issuer_and_serial(
        server.ca.cert.subject, 1))
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)


def test_garbage(httpd):
    server = httpd()
    server.expect("SCEP0161", "SCEP0162")
    for message_type in scep.GETCERT, scep.GETCRL:
        for data in b"", b"\x30\x00", b"\x30\x80" * 40, b"\xff" * 5000:
            reply = ask(server, message_type, data)
            assert (reply.status, reply.fail_info) == (
                scep.FAILURE, scep.BAD_CERT_ID)
