# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Several CAs on one server: <ScepCA>, ScepCA, ScepCAIdent."""
import base64

import pytest
from cryptography import x509

import scepclient as scep
from httpdserver import CA_USAGE, ENCRYPT, SIGN, Pair, key_pem, make_cert, pem

pytestmark = pytest.mark.any_mpm(reason="chosen by the request's path alone")

CONF = """
<ScepCA vpn>
    ScepCACertificateFile vpn-ca.crt
    ScepCAKey vpn-ca.key
    ScepRACertificateFile vpn-ra.crt
    ScepRAKey vpn-ra.key
</ScepCA>
<Location /vpn>
    SetHandler scep
    ScepCA vpn
</Location>
<Location /vpn-admin>
    SetHandler scep-admin
    ScepCA vpn
    AuthType Basic
    AuthName admin
    AuthUserFile htpasswd
    Require valid-user
</Location>
<Location /both>
    SetHandler scep
    ScepCAIdent vpn vpn
    ScepCAIdent gw vpn
</Location>
"""


@pytest.fixture(name="vpn")
def fixture_vpn():
    """(CA pair, RA pair)"""
    ca_key, ra_key = scep.shared_key(10), scep.shared_key(11)
    ca = Pair(make_cert("VPN CA", ca_key, ca=True, usage=CA_USAGE + (SIGN,)),
              ca_key)
    return ca, Pair(make_cert("VPN RA", ra_key, ca, usage=(SIGN, ENCRYPT)),
                    ra_key)


@pytest.fixture(name="server")
def fixture_server(httpd, vpn):
    return httpd(extra=CONF, files=files_of(vpn))


def files_of(pairs):
    files = {}
    for name, pair in zip(("vpn-ca", "vpn-ra"), pairs):
        files[name + ".crt"] = pem(pair.cert), 0o644
        files[name + ".key"] = key_pem(pair.key), 0o600
    return files


def enrol(server, path, ra, password, number=0):
    request = scep.Request(ra, password, key=scep.shared_key(number))
    status, _, body = server.endpoint(path).post(request.der())
    assert status == 200, body
    return scep.Reply(body, request, [ra, server.ra_cert])


def shown(server, path, ident=""):
    """Subjects of GetCACert."""
    answer = server.http("GET",
                         f"{path}?operation=GetCACert&message={ident}")
    certs = scep.certificates(answer.body)
    return {cert.subject.rfc4514_string() for cert in certs}


def test_ca_by_location(server, vpn):
    ca, ra = vpn
    assert "CN=VPN CA,O=Tests" in shown(server, "/vpn")
    assert "CN=Test CA,O=Tests" in shown(server, "/cgi-bin/pkiclient.exe")
    reply = enrol(server, "/vpn", ra.cert, server.draw("/vpn-admin"))
    assert reply.status == scep.SUCCESS
    assert reply.certs[0].issuer == ca.cert.subject
    own = enrol(server, "/cgi-bin/pkiclient.exe", server.ra_cert,
                server.draw(), 1)
    assert own.certs[0].issuer == server.ca_cert.subject


def test_passwords_are_a_cas_own(server, vpn):
    """S2: what was drawn for one CA is worth nothing at the other."""
    server.expect("SCEP0153")
    _, ra = vpn
    password = server.draw()
    reply = enrol(server, "/vpn", ra.cert, password)
    assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                               scep.BAD_REQUEST)
    assert enrol(server, "/cgi-bin/pkiclient.exe", server.ra_cert, password,
                 1).status == scep.SUCCESS


def test_message_for_the_other_ca(server, vpn):
    """A CA that the endpoint does not serve is no recipient there."""
    server.expect("SCEP0136")
    _, ra = vpn
    reply = enrol(server, "/cgi-bin/pkiclient.exe", ra.cert, server.draw())
    assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                               scep.BAD_CERT_ID)


@pytest.mark.parametrize("ident, name", (
    ("", "Test CA"), ("0", "Test CA"), ("nobody", "Test CA"),
    ("VPN", "Test CA"), ("vpn", "VPN CA"), ("gw", "VPN CA"),
    (base64.b64encode(b"vpn").decode(), "VPN CA")))
def test_ca_by_ident(server, ident, name):
    assert f"CN={name},O=Tests" in shown(server, "/both", ident)
    assert server.http("GET", "/both?operation=GetCACaps&message="
                       + ident).status == 200


def test_ca_by_recipient(server, vpn):
    """R47, CA-IDENT: a PKIOperation carries no identifier; it is for the CA
    to whose RA it is encrypted."""
    ca, ra = vpn
    reply = enrol(server, "/both", ra.cert, server.draw("/vpn-admin"))
    assert reply.certs[0].issuer == ca.cert.subject
    assert reply.signed_by == ra.cert
    own = enrol(server, "/both", server.ra_cert, server.draw(), 1)
    assert own.certs[0].issuer == server.ca_cert.subject
    assert own.signed_by == server.ra_cert


def renew(server, to, cert, content=None):
    request = scep.Request(to, key=scep.shared_key(0))
    request.cert, request.message_type = cert, scep.RENEWALREQ
    status, _, body = server.endpoint("/both").post(request.der(content))
    assert status == 200, body
    return scep.Reply(body, request, [to])


def test_renewal_is_judged_by_the_recipients_ca(server, vpn):
    """R47, S20: whose certificate the signer has to have is known before the
    envelope is decrypted, and what is refused for it does not tell whether it
    could be."""
    ca, ra = vpn
    first = enrol(server, "/both", ra.cert, server.draw("/vpn-admin"))
    again = renew(server, ra.cert, first.certs[0])
    assert again.status == scep.SUCCESS
    assert again.certs[0].issuer == ca.cert.subject
    server.expect("SCEP0144")
    csr = scep.new_csr(scep.shared_key(0), "device")
    for count, to in enumerate((server.ra_cert, ra.cert)):
        stranger = first.certs[0] if count == 0 else make_cert(
            "device", scep.shared_key(0), server.ra)
        good = scep.encrypt(csr, [to])
        for content in good, good[:-1] + bytes([good[-1] ^ 1]):
            reply = renew(server, to, stranger, content)
            assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                                       scep.BAD_REQUEST)
    assert server.count("SCEP0144") == 4


def test_same_transaction_at_two_cas(server, vpn):
    """S10: an id at one CA says nothing about the other."""
    ca, ra = vpn
    serials = set()
    for path, to, draw in (("/vpn", ra.cert, "/vpn-admin"),
                           ("/cgi-bin/pkiclient.exe", server.ra_cert, None)):
        request = scep.Request(to, server.draw(draw) if draw
                               else server.draw(), key=scep.shared_key(0),
                               transaction_id="1234")
        _, _, body = server.endpoint(path).post(request.der())
        reply = scep.Reply(body, request, [to])
        assert reply.status == scep.SUCCESS
        serials.add(reply.certs[0].serial_number)
    assert len(serials) == 2
    assert x509.load_pem_x509_certificate(pem(ca.cert))


def test_master_password_of_each_ca(httpd, vpn):
    conf = CONF + "<Location /vpn-single>\nSetHandler scep\nScepCA vpn\n" \
        "ScepUseSinglePassword On\n</Location>\n"
    server = httpd(extra=conf, files=files_of(vpn))
    with open(server.path("state", "master-password-vpn.cms"), "rb") as one, \
            open(server.path("state", "master-password.cms"), "rb") as other:
        assert one.read() != other.read()
