# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Devices whose keys can only sign, and other kinds of keys and algorithms:
from GetCACert to the certificate, which OpenSSL's own tool opens."""
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

import scepclient as scep
from httpdserver import key_pem, pem

pytestmark = pytest.mark.any_mpm(reason="decided from one request alone")

CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
AGREE = "ScepECReply key-agreement\n"
BOTH = "ScepECReply password key-agreement\n"


def ec_request(server, password, curve="p256", **more):
    return scep.Request(server.ra_cert, password, "ec device",
                        key=ec.generate_private_key(CURVES[curve]()), **more)


def send(server, request):
    """The Reply, with its envelope still closed."""
    status, _, body = server.endpoint().post(request.der())
    assert status == 200
    reply = scep.Reply(body, None, server.signers)
    assert reply.transaction_id == request.transaction_id
    assert reply.recipient_nonce == request.nonce
    return reply


def openssl_opens(server, reply, request, password=None):
    """The certificates in REPLY's envelope, or None if it does not open."""
    server.write("reply.der", reply.signed["encap_content_info"][
        "content"].native)
    server.write("device.key", key_pem(request.key))
    server.write("device.crt", pem(request.cert))
    how = (["-pwri_password", password] if password is not None else
           ["-inkey", server.path("device.key"),
            "-recip", server.path("device.crt")])
    done = subprocess.run(
        ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in",
         server.path("reply.der"), *how], check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode != 0:
        return None
    bag = scep.cms.ContentInfo.load(done.stdout)["content"]
    return [scep.x509.load_der_x509_certificate(c.dump())
            for c in bag["certificates"]]


def kind(reply):
    """(kind of the only RecipientInfo, OID of the content's cipher)"""
    envelope = scep.cms.ContentInfo.load(
        reply.signed["encap_content_info"]["content"].native)["content"]
    (recipient,) = envelope["recipient_infos"]
    return recipient.name, envelope["encrypted_content_info"][
        "content_encryption_algorithm"]["algorithm"].dotted


def same_key(cert, key):
    return (cert.public_key().public_numbers()
            == key.public_key().public_numbers())


# ---- the password ----

@pytest.mark.parametrize("curve, cipher", [
    ("p256", "aes128"), ("p384", "aes256"), ("p521", "des3")])
def test_password(httpd, curve, cipher):
    """RFC 8894 3.1; the cipher is the request's."""
    server = httpd()
    password = server.draw()
    request = ec_request(server, password, curve)
    request.cipher = cipher
    reply = send(server, request)
    assert reply.status == scep.SUCCESS
    assert kind(reply) == ("pwri", scep.CIPHERS[cipher][0])
    (cert,) = openssl_opens(server, reply, request, password)
    assert same_key(cert, request.key)
    server.verify(cert)
    assert openssl_opens(server, reply, request, "0" * 16) is None


def test_retry_has_the_password_again(httpd):
    """The server keeps no password, but the CSR that is sent again does."""
    server = httpd()
    password = server.draw()
    request = ec_request(server, password)
    first = openssl_opens(server, send(server, request), request, password)
    request.nonce = scep.os.urandom(16)
    again = openssl_opens(server, send(server, request), request, password)
    assert first == again
    assert server.count_certificates() == 1


def test_no_password_is_refused_before_issuing(httpd):
    server = httpd()
    server.expect("SCEP0141")
    request = ec_request(server, None)
    reply = send(server, request)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_ALG)
    assert server.count_certificates() == 0


def test_wrong_password_is_no_reply(httpd):
    server = httpd()
    server.expect("SCEP0153")
    reply = send(server, ec_request(server, "0" * 16))
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)


# ---- key agreement ----

@pytest.mark.parametrize("curve", CURVES)
def test_key_agreement(httpd, curve):
    server = httpd(extra=AGREE)
    password = server.draw()
    request = ec_request(server, password, curve)
    request.cipher = "aes256"
    reply = send(server, request)
    assert kind(reply) == ("kari", scep.CIPHERS["aes256"][0])
    (cert,) = openssl_opens(server, reply, request)
    assert same_key(cert, request.key)
    assert openssl_opens(server, reply, request, password) is None


def test_ways_are_tried_in_order(httpd):
    """With a password by it, without one by the key."""
    server = httpd(extra=BOTH + "<Location /none>\nSetHandler scep\n"
                   "ScepChallenge none\n</Location>\n")
    server.expect("none")
    assert kind(send(server, ec_request(server, server.draw())))[0] == "pwri"
    request = ec_request(server, None)
    _, _, body = server.endpoint("/none").post(request.der())
    reply = scep.Reply(body, None, server.signers)
    assert kind(reply)[0] == "kari"
    (cert,) = openssl_opens(server, reply, request)
    assert same_key(cert, request.key)


def renewal(server, old_key, old_cert):
    """A RenewalReq without a password, for a new key."""
    request = ec_request(server, None)
    request.csr = scep.new_csr(ec.generate_private_key(ec.SECP384R1()),
                               "ec device")
    request.key, request.cert = old_key, old_cert
    request.message_type = scep.RENEWALREQ
    return request


def test_renewal(httpd):
    """It has no password: refused before anything is issued, unless keys may
    agree. The reply is for the old key, which signed."""
    server = httpd(extra="<Location /agree>\nSetHandler scep\n" + BOTH
                   + "</Location>\n")
    server.expect("SCEP0141")
    password = server.draw()
    request = ec_request(server, password)
    (old,) = openssl_opens(server, send(server, request), request, password)
    again = renewal(server, request.key, old)
    reply = send(server, again)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_ALG)
    assert server.count_certificates() == 1
    _, _, body = server.endpoint("/agree").post(again.der())
    reply = scep.Reply(body, None, server.signers)
    assert kind(reply)[0] == "kari"
    (new,) = openssl_opens(server, reply, again)
    assert new.subject == old.subject
    assert not same_key(new, request.key)
    assert server.count_certificates() == 2


def test_refuse(httpd):
    server = httpd(extra="ScepECReply refuse\n")
    server.expect("SCEP0141")
    password = server.draw()
    reply = send(server, ec_request(server, password))
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_ALG)
    assert server.count_certificates() == 0
    assert server.enrol(password).status == scep.SUCCESS  # RSA does not mind


def test_no_reply_by_what_people_log_in_with(httpd):
    """Who records it could guess at leisure (RFC 8894 7.3), unless it is said
    that this is wanted."""
    users = "SetHandler scep\nScepChallenge authn:file\nAuthUserFile htpasswd\n"
    server = httpd(extra=f"<Location /users>\n{users}</Location>\n"
                   f"<Location /said>\n{users}ScepECReply password\n"
                   "</Location>\n")
    server.expect("SCEP0141", "SCEP0153", "SCEP019")
    for path, reason in (("/users", scep.BAD_ALG), ("/said", scep.BAD_REQUEST)):
        request = ec_request(server, "nobody:wrong")
        _, _, body = server.endpoint(path).post(request.der())
        reply = scep.Reply(body, None, server.signers)
        assert (reply.status, reply.fail_info) == (scep.FAILURE, reason)


@pytest.mark.parametrize("value, cure", [
    ("rsa", "password, key-agreement or refuse is wanted"),
    ("password password", "in the list already"),
    ("password refuse", "refuse stands alone"),
    ("refuse password", "refuse stands alone")])
def test_bad_values(httpd, value, cure):
    server = httpd(start=False, extra=f"ScepECReply {value}\n")
    status, said = server.check()
    assert status != 0
    assert "ScepECReply" in said and cure in said


# ---- other keys ----

PROFILE = ("<ScepProfile signing>\nScepCertKeyTypes ec ed25519 ed448\n"
           "ScepCertOtherSigner On\n</ScepProfile>\n")


@pytest.mark.parametrize("made", [ed25519.Ed25519PrivateKey.generate,
                                  ed448.Ed448PrivateKey.generate])
def test_edwards_curve(httpd, made):
    """It cannot sign the message; an RSA key does, if the profile allows it."""
    server = httpd(extra=PROFILE + "ScepProfile signing\n")
    key = made()
    password = server.draw()
    request = scep.Request(server.ra_cert, None, "edwards",
                           key=scep.shared_key(0))
    request.csr = scep.x509.CertificateSigningRequestBuilder().subject_name(
        scep.name("edwards")).add_attribute(
            scep.AttributeOID.CHALLENGE_PASSWORD, password.encode()).sign(
                key, None).public_bytes(scep.serialization.Encoding.DER)
    reply = server.reply(server.endpoint().post(request.der()), request)
    assert reply.status == scep.SUCCESS
    raw = (scep.serialization.Encoding.Raw,
           scep.serialization.PublicFormat.Raw)
    assert (reply.certs[0].public_key().public_bytes(*raw)
            == key.public_key().public_bytes(*raw))
    usage = reply.certs[0].extensions.get_extension_for_class(
        scep.x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_encipherment


def test_kind_of_key_is_the_profiles(httpd):
    server = httpd(extra=PROFILE + "ScepProfile signing\n")
    server.expect("SCEP0138")
    password = server.draw()
    reply = server.enrol(password)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_ALG)
    assert "RSA of 2048 bits" in server.error_log()
    assert "(ScepCertKeyTypes)" in server.error_log()
    assert send(server, ec_request(server, password)).status == scep.SUCCESS


@pytest.mark.parametrize("line, cure", [
    ("ScepCertKeyTypes dsa", "rsa, ec, rsa-pss, ed25519 and ed448"),
    ("ScepCertOtherSigner maybe", "must be On or Off")])
def test_bad_profiles(httpd, line, cure):
    server = httpd(start=False,
                   extra=f"<ScepProfile p>\n{line}\n</ScepProfile>\n")
    status, said = server.check()
    assert status != 0
    assert line.split()[0] in said and cure in said


# ---- RSA ----

def test_oaep_is_mirrored(httpd):
    """With the hash of the request, SHA-256 here (Q27)."""
    server = httpd()
    request = scep.Request(server.ra_cert, server.draw(), "oaep",
                           key=scep.shared_key(0))
    request.oaep = True
    _, _, body = server.endpoint().post(request.der())
    reply = scep.Reply(body, request, server.signers)
    assert reply.status == scep.SUCCESS
    envelope = scep.cms.ContentInfo.load(
        reply.signed["encap_content_info"]["content"].native)["content"]
    algorithm = envelope["recipient_infos"][0].chosen[
        "key_encryption_algorithm"]
    assert algorithm["algorithm"].native == "rsaes_oaep"
    assert algorithm["parameters"]["hash_algorithm"][
        "algorithm"].native == "sha256"
