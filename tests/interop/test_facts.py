# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What real clients send and need: a test for each fact that was observed. The
tests' own client sends the same, octet by octet."""
import base64
import urllib.parse

import pytest
from cryptography.hazmat.primitives import serialization

import scepclient as scep


@pytest.fixture(scope="module")
def running(make_server):
    return make_server("event")


def request_for(running, key=1, name="fact"):
    return scep.Request(running.ra_cert, running.draw(), name,
                        key=scep.shared_key(key))


def send(running, request, path="/cgi-bin/pkiclient.exe"):
    return running.reply(running.endpoint(path).post(request.der()), request)


def lengths(der):
    """Every length octet's first value, by walking definite DER."""
    at = 0
    while at < len(der):
        constructed, first, head = der[at] & 0x20, der[at + 1], 2
        yield first
        if first & 0x80:
            count = first & 0x7F
            length = int.from_bytes(der[at + 2:at + 2 + count], "big")
            head += count
        else:
            length = first
        if constructed:
            yield from lengths(der[at + head:at + head + length])
        at += head + length


def test_1_single_des_and_sha1(running):
    """scepclient: DES and SHA-1, whatever GetCACaps says; at the legacy level
    only."""
    request = request_for(running)
    request.cipher, request.digest = "des", "sha1"
    request.signature_oid = "1.2.840.113549.1.1.5"  # sha1WithRSA
    refused = send(running, request)
    assert (refused.status, refused.fail_info) == (scep.FAILURE, scep.BAD_ALG)
    reply = send(running, request, "/legacy")
    assert reply.status == scep.SUCCESS
    assert reply.cipher == "des"


@pytest.mark.parametrize("good", (True, False))
def test_2_certrep_is_der(running, good):
    """scepclient and cryptlib cannot read indefinite lengths."""
    request = request_for(running)
    if not good:
        request.csr = scep.new_csr(request.key, "fact", "0" * 16)
    status, _, body = running.endpoint().post(request.der())
    assert status == 200
    assert 0x80 not in set(lengths(body))
    assert scep.Reply(body, request, running.signers).status == (
        scep.SUCCESS if good else scep.FAILURE)


def test_3_signature_algorithm_is_rsa_encryption(running):
    """strongSwan: "only RSA digest encryption supported" otherwise."""
    reply = send(running, request_for(running))
    oid = reply.signer["signature_algorithm"]["algorithm"].dotted
    assert oid == scep.RSA_ENCRYPTION


def test_4_the_request_again_is_a_poll(running):
    """scepclient sends the very same octets again, certmonger the same
    request with a fresh nonce."""
    request = request_for(running)
    endpoint = running.endpoint()
    message = request.der()
    first = running.reply(endpoint.post(message), request)
    again = running.reply(endpoint.post(message), request)
    request.nonce = b"\x55" * 16
    fresh = running.reply(endpoint.post(request.der()), request)
    assert fresh.recipient_nonce == b"\x55" * 16
    assert first.certs == again.certs == fresh.certs != []
    # jscep: no senderNonce comes twice
    assert len({first.sender_nonce, again.sender_nonce,
                fresh.sender_nonce}) == 3


def test_5_failure_has_no_content(running):
    """RFC 8894 3.3.2: absent, not empty; cryptlib refuses an empty one."""
    request = scep.Request(running.ra_cert, "0" * 16, "fact",
                           key=scep.shared_key(1))
    reply = send(running, request)
    assert reply.status == scep.FAILURE
    assert reply.signed["encap_content_info"]["content"].native is None


def encodings():
    def plain(text):
        return urllib.parse.quote(text, safe="")

    def lines(text):
        return plain("\n".join(text[i:i + 64]
                               for i in range(0, len(text), 64)) + "\n")

    return {
        "escaped": plain, "line breaks": lines,  # libscep
        "raw +": lambda t: urllib.parse.quote(t, safe="+/="),  # jscep
        "+ as blank": lambda t: plain(t.replace("+", " ")),
        "no padding": lambda t: plain(t.rstrip("=")),
        "base64url": lambda t: plain(t.translate({43: "-", 47: "_"}))}


@pytest.mark.parametrize("how", sorted(encodings()))
def test_6_get(running, how):
    """certmonger, libscep and jscep use GET although POST is announced."""
    request = request_for(running, 2)
    text = base64.b64encode(request.der()).decode()
    answer = running.endpoint().http(
        "GET", "operation=PKIOperation&message=" + encodings()[how](text))
    assert running.reply(answer, request).status == scep.SUCCESS


def test_6_get_of_12_kilobytes(running):
    """Beyond httpd's usual 8,190 octets: LimitRequestLine is raised."""
    request = request_for(running, 2)
    padding = scep.core.OctetString(b"x" * 7000)
    request.extra = [scep.attribute("1.3.6.1.4.1.99999.1", padding)]
    message = request.der()
    assert len(base64.b64encode(message)) > 12000
    answer = running.endpoint().get(message)
    assert running.reply(answer, request).status == scep.SUCCESS


@pytest.mark.parametrize("kind", (
    None, "application/octet-stream", "application/x-pki-message",
    "application/x-www-form-urlencoded", "text/plain"))
@pytest.mark.parametrize("query", (
    "operation=PKIOperation", "operation=PKIOperation&message=", ""))
def test_7_post(running, kind, query):
    """Any Content-Type or none; PyScep adds &message=."""
    request = request_for(running, 3)
    headers = {"Content-Type": kind} if kind else {}
    answer = running.endpoint().http("POST", query, request.der(), headers)
    assert running.reply(answer, request).status == scep.SUCCESS


@pytest.mark.parametrize("identifier", (
    "", "&message=", "&message=CAIdentifier", "&message=0", "&message=1",
    "&message=SCEP%20Authority", "&message=default", "&message=%C3%A9"))
@pytest.mark.parametrize("operation", ("GetCACert", "GetCACaps"))
def test_8_ca_identifiers(running, operation, identifier):
    """Whatever the client calls the CA, it gets the one there is."""
    endpoint = running.endpoint()
    status, headers, body = endpoint.http(
        "GET", f"operation={operation}{identifier}")
    assert status == 200
    plain = endpoint.http("GET", f"operation={operation}")
    assert (headers["Content-Type"], body) == (plain[1]["Content-Type"],
                                               plain[2])


def test_9_sha384_is_announced(running):
    """strongSwan 5.9.8 reads SCEPStandard from that line."""
    status, headers, body = running.endpoint().http("GET",
                                                    "operation=GetCACaps")
    assert (status, headers["Content-Type"]) == (200, "text/plain")
    words = body.decode().split("\n")
    assert {"SHA-384", "SHA-256", "AES", "POSTPKIOperation",
            "SCEPStandard"} <= set(words)


@pytest.mark.parametrize("kind", (scep.PKCSREQ, scep.RENEWALREQ))
def test_10_renewal_is_announced_and_served(running, kind):
    """Clients renew by 17, and by 19 signed with the issued certificate."""
    caps = running.endpoint().http("GET", "operation=GetCACaps")[2]
    assert b"Renewal" in caps.split()
    request = request_for(running, 4, "renewing")
    cert = send(running, request).certs[0]
    renewal = scep.Request(running.ra_cert, None, "renewing",
                           key=scep.shared_key(5))
    renewal.key, renewal.cert = request.key, cert
    renewal.message_type = kind
    reply = send(running, renewal)
    assert reply.status == scep.SUCCESS
    assert reply.certs[0].subject == cert.subject
    assert reply.certs[0].serial_number != cert.serial_number


def test_10_same_key_again_with_a_new_password(running):
    """What works as well: to enrol again."""
    first = send(running, request_for(running, 6)).certs[0]
    second = send(running, request_for(running, 6)).certs[0]
    assert first.serial_number != second.serial_number
    spki = (serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)
    assert (first.public_key().public_bytes(*spki)
            == second.public_key().public_bytes(*spki))
