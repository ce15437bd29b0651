# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Certificate profiles: <ScepProfile>, ScepProfile, ScepProfileByKeyUsage."""
import datetime

import pytest

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

import scepclient as scep

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

PROFILES = """
<ScepProfile sign>
    ScepCertValidity 2d
    ScepCertBackdate 0
    ScepCertKeyUsage digitalSignature nonRepudiation
    ScepCertExtKeyUsage ipsecIKE 1.2.3.4
    ScepCertDigest SHA512
</ScepProfile>
<ScepProfile encrypt>
    ScepCertKeyUsage keyEncipherment
    ScepCertExtKeyUsage none
</ScepProfile>
<ScepProfile strong>
    ScepCertMinRSABits 3072
</ScepProfile>
<Location /sign>
    SetHandler scep
    ScepProfile sign
</Location>
<Location /strong>
    SetHandler scep
    ScepProfile strong
</Location>
<Location /by-usage>
    SetHandler scep
    ScepProfileByKeyUsage sign encrypt device
</Location>
"""
SIGN, ENCRYPT = "digital_signature", "key_encipherment"


def usages(cert):
    usage = cert.extensions.get_extension_for_class(x509.KeyUsage).value
    return {name for name in ("digital_signature", "content_commitment",
                              "key_encipherment", "data_encipherment",
                              "key_agreement") if getattr(usage, name)}


def extended(cert):
    try:
        return {oid.dotted_string for oid in
                cert.extensions.get_extension_for_class(
                    x509.ExtendedKeyUsage).value}
    except x509.ExtensionNotFound:
        return set()


def enrolled(server, path, asked=(), number=0):
    names = ("digital_signature", "content_commitment", "key_encipherment",
             "data_encipherment", "key_agreement", "key_cert_sign",
             "crl_sign", "encipher_only", "decipher_only")
    extensions = [(x509.KeyUsage(**{name: name in asked for name in names}),
                   True)] if asked else []
    request = scep.Request(server.ra_cert, server.draw(),
                           key=scep.shared_key(number),
                           extensions=extensions)
    reply = server.reply(server.endpoint(path).post(request.der()), request)
    assert reply.status == scep.SUCCESS, (reply.fail_info, reply.fail_text)
    return reply.certs[0]


def test_profile_of_a_location(httpd):
    server = httpd(extra=PROFILES)
    cert = enrolled(server, "/sign")
    assert usages(cert) == {SIGN, "content_commitment"}
    assert extended(cert) == {"1.3.6.1.5.5.7.3.17", "1.2.3.4"}
    assert cert.signature_hash_algorithm.name == "sha512"
    assert (cert.not_valid_after - cert.not_valid_before
            == datetime.timedelta(days=2))
    # The endpoint beside it keeps the built-in one.
    other = enrolled(server, "/cgi-bin/pkiclient.exe", number=1)
    assert extended(other) == {ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string}
    assert [row[0] for row in server.query(
        "SELECT profile FROM certificates ORDER BY created")] == [
            "sign", "device"]


def test_validity_jitter(httpd):
    """First enrolments and renewals end at times of their own, which are those
    of the record."""
    server = httpd(extra="<ScepProfile device>\nScepCertValidity 50d\n"
                   "ScepCertValidityJitter 20%\nScepCertBackdate 0\n"
                   "</ScepProfile>\n")
    ends, day = [], datetime.timedelta(days=1)
    for number in range(3):
        first = enrolled(server, "/cgi-bin/pkiclient.exe", number=number)
        request = scep.Request(server.ra_cert, key=scep.shared_key(number))
        request.cert, request.message_type = first, scep.RENEWALREQ
        reply = server.endpoint().enrol(request, server.signers)
        assert reply.status == scep.SUCCESS, (reply.fail_info, reply.fail_text)
        for cert in (first, reply.certs[0]):
            assert (40 * day <= cert.not_valid_after - cert.not_valid_before
                    <= 50 * day)
            ends.append(cert.not_valid_after)
    assert len(set(ends)) == len(ends)
    epoch = datetime.datetime(1970, 1, 1)
    assert sorted(int(row[0]) for row in server.query(
        "SELECT not_after FROM certificates")) == sorted(
            int((end - epoch).total_seconds()) * 1000000 for end in ends)


def test_by_key_usage(httpd):
    """NDES's three templates."""
    server = httpd(extra=PROFILES)
    profiles = []
    for number, asked in enumerate([{SIGN}, {ENCRYPT}, {SIGN, ENCRYPT}, ()]):
        cert = enrolled(server, "/by-usage", asked, number=number)
        profiles.append((usages(cert), server.query(
            "SELECT profile FROM certificates WHERE serial = "
            f"'{cert.serial_number:X}'")[0][0]))
    assert profiles == [({SIGN}, "sign"), ({ENCRYPT}, "encrypt"),
                        ({SIGN, ENCRYPT}, "device"),
                        ({SIGN, ENCRYPT}, "device")]


def test_key_too_short_for_the_profile(httpd):
    server = httpd(extra=PROFILES)
    password = server.draw()
    reply = server.enrol(password, path="/strong")
    assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                               scep.BAD_ALG)
    server.expect("SCEP0138")
    assert ("ScepCertMinRSABits of profile strong requires 3072"
            in server.error_log())
    # ... and the password is still good where the key suffices.
    assert server.enrol(password).status == scep.SUCCESS


def test_profiles_of_a_virtual_host(httpd):
    """A virtual host inherits the profiles and adds its own."""
    server = httpd(start=False)
    server.vhosts = (
        f"<VirtualHost 127.0.0.1:{server.port}>\nServerName other\n"
        "<ScepProfile short>\nScepCertValidity 60s\nScepCertBackdate 0\n"
        "</ScepProfile>\nScepProfile short\n"
        "<Location /sign>\nScepProfile sign\n</Location>\n"
        + server.admin_conf() + "</VirtualHost>\n")
    server.extra = PROFILES
    server.write_conf()
    server.start()
    cert = enrolled(server, "/cgi-bin/pkiclient.exe")
    assert (cert.not_valid_after - cert.not_valid_before
            == datetime.timedelta(seconds=60))
    assert SIGN in usages(enrolled(server, "/sign", number=1))
