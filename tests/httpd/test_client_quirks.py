# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Directives of endpoints for clients that differ from each other."""
import datetime

import pytest
from asn1crypto import cms, core

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, SIGN, Pair, Server, make_cert,
                         pem)

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

CONF = """
<Location /cisco>
    SetHandler scep
    ScepReplyChain issuer
</Location>
<Location /full>
    SetHandler scep
    ScepReplyChain full
    ScepCACertOrder ca-first
</Location>
<Location /bare>
    SetHandler scep
    ScepCACertType ca
</Location>
<Location /careless>
    SetHandler scep
    ScepSenderNonce optional
    ScepEmptyContent always
</Location>
<Location /strict>
    SetHandler scep
    ScepSigningTimeTolerance 5m
    ScepEmptyContent never
</Location>
<Location /discreet>
    SetHandler scep
    ScepClearChallenge refuse
</Location>
<Location /discreet/macs>
    SetHandler scep
    ScepClearChallenge accept
</Location>
<Location /windows>
    SetHandler scep
    ScepNDESErrors On
</Location>
"""
NDES_ERROR = "1.3.6.1.4.1.311.21.33"


@pytest.fixture(name="server", scope="module")
def fixture_server(make_server):
    """With an issuing CA below a root."""
    root = Pair(make_cert("Root", scep.shared_key(20), ca=True,
                          usage=CA_USAGE), scep.shared_key(20))
    ca = Pair(make_cert("Issuing", scep.shared_key(21), root, ca=True,
                        usage=CA_USAGE + (SIGN,)), scep.shared_key(21))
    ra = Pair(make_cert("RA", scep.shared_key(22), ca,
                        usage=(SIGN, ENCRYPT)), scep.shared_key(22))
    conf = ("ScepEngine On\nScepStateDir state\nScepCACertificateFile ca.crt\n"
            "ScepCAKey ca.key\nScepCAChainFile root.crt\n"
            "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n")
    return make_server(pairs=(ca, ra), extra=CONF,
                       scep_conf=conf + Server.admin_conf(),
                       files={"root.crt": (pem(root.cert), 0o644)})


def post(server, path, request):
    status, _, body = server.endpoint(path).post(request.der())
    return status, body


def reply_to(server, path, request):
    status, body = post(server, path, request)
    assert status == 200, body
    return scep.Reply(body, request, [server.ra_cert])


def subjects(certs):
    return [cert.subject.get_attributes_for_oid(
        scep.NameOID.COMMON_NAME)[0].value for cert in certs]


@pytest.mark.parametrize("path, more", (
    ("/cgi-bin/pkiclient.exe", []), ("/cisco", ["Issuing"]),
    ("/full", ["Issuing", "Root"])))
def test_chain_in_the_reply(server, path, more):
    request = scep.Request(server.ra_cert, server.draw(),
                           key=scep.shared_key(0))
    assert subjects(reply_to(server, path, request).certs) == ["device"] + more


@pytest.mark.parametrize("path, names, kind", (
    ("/cisco", ["RA", "Issuing", "Root"], "ca-ra-cert"),
    ("/full", ["Issuing", "Root", "RA"], "ca-ra-cert"),
    ("/bare", ["Issuing"], "ca-cert")))
def test_getcacert(server, path, names, kind):
    answer = server.http("GET", path + "?operation=GetCACert")
    assert answer.headers["Content-Type"] == f"application/x-x509-{kind}"
    assert subjects(scep.certificates(answer.body)) == names


def test_bare_ca_as_recipient(server):
    """Q55: who knows the CA alone encrypts to it, RA or not, and verifies by
    it."""
    request = scep.Request(server.ca_cert, server.draw(),
                           key=scep.shared_key(0))
    status, body = post(server, "/bare", request)
    assert status == 200
    assert scep.Reply(body, request,
                      [server.ca_cert]).status == scep.SUCCESS


class NoNonce(scep.Request):
    """Q81"""

    def der(self, content=None):
        attributes = [one for one in scep.scep_attributes(
            self.message_type, self.transaction_id, self.nonce)
            if one["type"].dotted != scep.SENDER_NONCE]
        return scep.sign(self.envelope(), self.key, self.cert, attributes,
                         self.digest, signature_oid=self.signature_oid)


def test_without_nonce(server):
    request = NoNonce(server.ra_cert, server.draw(), key=scep.shared_key(0))
    status, body = post(server, "/cgi-bin/pkiclient.exe", request)
    assert (status, body) == (
        400, b"The senderNonce is missing or malformed.\n")
    status, body = post(server, "/careless", request)
    assert status == 200
    signed = cms.ContentInfo.load(body)["content"]
    (signer,) = signed["signer_infos"]
    oids = {one["type"].dotted for one in signer["signed_attrs"]}
    assert scep.SENDER_NONCE in oids and scep.RECIPIENT_NONCE not in oids
    assert server.count_certificates() > 0


def at(server, password, when):
    request = scep.Request(server.ra_cert, password, key=scep.shared_key(0))
    request.extra = [scep.attribute(scep.SIGNING_TIME, cms.Time(
        {"utc_time": when}))]
    return request


@pytest.mark.parametrize("minutes, good", ((0, True), (-4, True), (4, True),
                                           (-7, False), (7, False)))
def test_signing_time(server, minutes, good):
    when = (datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(minutes=minutes))
    reply = reply_to(server, "/strict", at(server, server.draw(), when))
    if good:
        assert reply.status == scep.SUCCESS
        return
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_TIME)
    assert server.count("SCEP0129") > 0
    # Elsewhere nobody looks at it (Q80).
    assert reply_to(server, "/cisco", at(server, server.draw(),
                                         when)).status == scep.SUCCESS


def test_challenge_in_clear(server):
    """Q23: nothing comes of it, and the password is still good for who does
    not show it, or shows it where that is accepted."""
    password = server.draw()
    request = scep.Request(server.ra_cert, password, key=scep.shared_key(0))
    request.extra = [scep.attribute(scep.CHALLENGE,
                                    core.PrintableString(password))]
    certificates = server.count_certificates()
    reply = reply_to(server, "/discreet", request)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert server.count("SCEP0128") == 1
    assert server.count_certificates() == certificates
    reply = reply_to(server, "/discreet/macs", request)
    assert reply.status == scep.SUCCESS
    discreet = scep.Request(server.ra_cert, server.draw(),
                            key=scep.shared_key(0))
    assert reply_to(server, "/discreet", discreet).status == scep.SUCCESS
    assert password not in server.error_log()


def refused(server, path, **more):
    request = scep.Request(server.ra_cert, "0" * 16, key=scep.shared_key(0),
                           **more)
    reply = reply_to(server, path, request)
    assert reply.status == scep.FAILURE
    return reply


@pytest.mark.parametrize("path, empty", (
    ("/cgi-bin/pkiclient.exe", False), ("/strict", False),
    ("/careless", True)))
def test_empty_content(server, path, empty):
    content = refused(server, path).signed["encap_content_info"]["content"]
    assert isinstance(content, core.Void) != empty
    assert not empty or content.native == b""


def test_ndes_errors(server):
    """One code for every wrong password: a used one is not told apart."""
    used = server.draw()
    request = scep.Request(server.ra_cert, used, key=scep.shared_key(0))
    assert reply_to(server, "/windows", request).status == scep.SUCCESS
    spent = scep.Request(server.ra_cert, used, "other",
                         key=scep.shared_key(1))
    codes = {reply_to(server, "/windows", spent)._text(NDES_ERROR),
             refused(server, "/windows")._text(NDES_ERROR)}
    assert codes == {"-2147023728"}
    assert NDES_ERROR not in refused(server, "/cisco").attributes
