# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Replies, read by hand. Each CertRep is checked against every rule of
RFC 8894 and of older clients."""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

import cms
import der

PKI_MESSAGE = "application/x-pki-message"
SUCCESS, FAILURE, PENDING = "0", "2", "3"
KDF = "1.3.132.1.11."  # dhSinglePass-stdDH with SHA-256, -384, -512
PWRI_KEK = "1.2.840.113549.1.9.16.3.9"


class Wrong(ValueError):
    """A reply breaks a rule; the text says which."""


def need(condition, text):
    if not condition:
        raise Wrong(text)


def value_name(table, oid, place=0):
    for name, row in table.items():
        if row[place] == oid:
            return name
    raise Wrong(f"unknown algorithm {oid}")


class CertRep:
    """A CertRep in BODY to MESSAGE, signed by RA (a certificate)."""

    def __init__(self, body, message, ra):
        self.message, self.ra = message, ra
        info = der.parse(body)
        need(info.child(0).oid == cms.SIGNED, "no SignedData")
        parts = info.child(1, 0xA0).only(der.SEQUENCE).children
        need(parts[0].integer == 1, "SignedData is not version 1")
        need(len(parts[1].children) == 1, "not one digestAlgorithm")
        self.content = self.read_content(parts[2])
        need(parts[3].tag == 0xA0, "no certificates (R20, Q75)")
        self.outer = [one.raw for one in parts[3].children]
        need(parts[4].tag == der.SET, "CRLs in the outer SignedData")
        self.attributes = {}
        self.read_signer(parts[4].only(der.SEQUENCE).children)
        self.read_attributes()
        self.cipher = self.transport = self.password = None
        self.certs, self.crls = [], []

    @staticmethod
    def read_content(encapsulated):
        """eContent; None where there is none, not even an empty one."""
        parts = encapsulated.children
        need(parts[0].oid == cms.DATA, "eContentType is not id-data (R19)")
        if len(parts) == 1:
            return None
        return parts[1].only(der.OCTETS).body

    def read_signer(self, parts):
        need(len(parts) == 6, "SignerInfo has too much or too little")
        need(parts[0].integer == 1, "SignerInfo is not version 1")
        need(parts[1].raw == cms.issuer_and_serial(self.ra),
             "signed by somebody else (Q20)")
        self.digest = value_name(cms.DIGESTS, parts[2].child(0).oid)
        need(parts[3].tag == 0xA0, "no signed attributes (R21)")
        need(parts[4].child(0).oid == cms.RSA_ENCRYPTION,
             "signatureAlgorithm is not rsaEncryption (Q78)")
        listed = parts[3].children
        need([one.raw for one in listed] == sorted(one.raw for one in listed),
             "attributes are not sorted (Q82)")
        for one in listed:
            oid = one.child(0).oid
            need(oid not in self.attributes, f"{oid} is there twice")
            self.attributes[oid] = one.child(1, der.SET).only()
        try:
            cms.public_key(self.ra).verify(
                parts[5].body, der.tlv(der.SET, parts[3].body),
                padding.PKCS1v15(), cms.DIGESTS[self.digest][3]())
        except InvalidSignature as error:
            raise Wrong("the signature is bad") from error
        digest = self.value(cms.MESSAGE_DIGEST, der.OCTETS)
        need(digest == hashlib.new(self.digest, self.content or b"").digest(),
             "messageDigest is wrong")

    def value(self, oid, tag):
        need(oid in self.attributes, f"attribute {oid} is missing (Q28)")
        need(self.attributes[oid].tag == tag, f"{oid} is of the wrong type")
        return self.attributes[oid].body

    def read_attributes(self):
        message, text = self.message, der.PRINTABLE
        need(self.value(cms.CONTENT_TYPE, der.OID)
             == der.oid(cms.DATA)[2:], "contentType is wrong")
        self.value(cms.SIGNING_TIME, der.UTC)
        need(self.value(cms.MESSAGE_TYPE, text) == b"3", "no CertRep")
        self.status = self.value(cms.PKI_STATUS, text).decode()
        need(self.value(cms.TRANSACTION_ID, text)
             == message.transaction_id.encode(),
             "transactionID is not the request's (R29)")
        if message.nonce:
            need(self.value(cms.RECIPIENT_NONCE, der.OCTETS) == message.nonce,
                 "recipientNonce is not the request's senderNonce (R31)")
        else:
            need(cms.RECIPIENT_NONCE not in self.attributes,
                 "recipientNonce of nothing")
        self.sender_nonce = self.value(cms.SENDER_NONCE, der.OCTETS)
        need(len(self.sender_nonce) == 16
             and self.sender_nonce != message.nonce,
             "senderNonce is not 16 fresh octets (R32, Q49, Q52, Q59)")
        need((cms.FAIL_INFO in self.attributes) == (self.status == FAILURE),
             "failInfo, but no FAILURE, or the other way round (R28)")
        self.fail_info = self.text = None
        if self.status == FAILURE:
            self.fail_info = int(self.value(cms.FAIL_INFO, text))
            self.text = self.value(cms.FAIL_INFO_TEXT, der.UTF8).decode()

    # -- the envelope

    def open(self):
        """certs and crls of a SUCCESS."""
        need(self.content, "SUCCESS without an envelope")
        info = der.parse(self.content)
        need(info.child(0).oid == cms.ENVELOPED, "no EnvelopedData")
        body = info.child(1, 0xA0).only(der.SEQUENCE)
        parts = body.children
        need(len(parts) == 3, "more in the envelope than there may be")
        infos = parts[1].children
        need(len(infos) == 1, "not one RecipientInfo (S12)")
        need(parts[2].child(0).oid == cms.DATA, "content is not id-data (R26)")
        how = parts[2].child(1)
        self.cipher = value_name(cms.CIPHERS, how.child(0).oid)
        need(parts[2].child(2).tag == der.CONTEXT, "content is not [0]")
        if infos[0].tag == der.SEQUENCE:
            need(parts[0].integer == 0, "EnvelopedData is not version 0")
            key = self.transported(infos[0].children)
        elif infos[0].tag == 0xA3:
            key = self.unwrapped(infos[0].children)
        else:
            need(infos[0].tag == 0xA1, "no kind of recipient that is known")
            key = self.agreed(infos[0].children)
        need(len(key) == cms.CIPHERS[self.cipher][1], "content key's length")
        text = self.decrypt(self.cipher, key, how.child(1).body,
                            parts[2].child(2).body)
        self.read_bag(der.parse(text[:-text[-1]]))

    @staticmethod
    def decrypt(cipher, key, iv, data):
        made = Cipher(cms.CIPHERS[cipher][3](key), modes.CBC(iv)).decryptor()
        return made.update(data) + made.finalize()

    def transported(self, parts):
        self.transport = "rsa"
        need(parts[0].integer == 0, "RecipientInfo is not version 0")
        need(parts[1].raw == cms.issuer_and_serial(self.message.cert),
             "not for issuer and serial number of the signer (R12)")
        scheme = padding.PKCS1v15()
        if parts[2].child(0).oid != cms.RSA_ENCRYPTION:
            need(parts[2].child(0).oid == cms.OAEP, "neither RSA nor OAEP")
            self.transport = self.oaep(parts[2].child(1))
            made = cms.DIGESTS[self.transport.split("-", 1)[1]][3]()
            scheme = padding.OAEP(padding.MGF1(made), made, None)
        need(isinstance(self.message.key, rsa.RSAPrivateKey), "key transport")
        try:
            return self.message.key.decrypt(parts[3].body, scheme)
        except ValueError as error:
            raise Wrong("the content key does not decrypt") from error

    @staticmethod
    def oaep(parameters):
        for one in parameters.children:
            if one.tag == 0xA0:
                return "oaep-" + value_name(cms.DIGESTS,
                                            one.only().child(0).oid)
        return "oaep-sha1"

    def unwrapped(self, parts):
        """RFC 3211 2.3: PasswordRecipientInfo."""
        self.transport = "password"
        derive = parts[1].child(1).children
        salt, count = derive[0].body, derive[1].integer
        inner = parts[2]
        need(inner.child(0).oid == PWRI_KEK, "key encryption")
        wrap = inner.child(1)
        name = value_name(cms.CIPHERS, wrap.child(0).oid)
        size, block = cms.CIPHERS[name][1:3]
        made = hashes.SHA1()
        kek = PBKDF2HMAC(made, size, salt, count).derive(
            self.message.challenge.encode())
        data = parts[3].body
        last = self.decrypt(name, kek, data[-2 * block:-block], data[-block:])
        outer = self.decrypt(name, kek, last, data[:-block]) + last
        key = self.decrypt(name, kek, wrap.child(1).body, outer)
        need(all(a ^ b == 0xFF for a, b in zip(key[1:4], key[4:7])),
             "the password does not open it")
        return key[4:4 + key[0]]

    def agreed(self, parts):
        """RFC 5753 3.1: KeyAgreeRecipientInfo."""
        self.transport = "agreement"
        sender = parts[1].only(0xA1).child(1, der.BITS).body[1:]
        point = ec.EllipticCurvePublicKey.from_encoded_point(
            self.message.key.curve, sender)
        how, wrap = parts[2].children
        need(how.oid.startswith(KDF), "key agreement without SHA-2")
        made = (hashes.SHA256, hashes.SHA384, hashes.SHA512)[
            int(how.oid[len(KDF):]) - 1]()
        size = cms.CIPHERS["aes128"][1] if wrap.child(
            0).oid.endswith(".5") else cms.CIPHERS["aes256"][1]
        kek = X963KDF(made, size, der.seq(wrap.raw, der.context(
            2, der.octets((8 * size).to_bytes(4, "big"))))).derive(
                self.message.key.exchange(ec.ECDH(), point))
        one = parts[3].only(der.SEQUENCE)
        need(one.child(0).raw == cms.issuer_and_serial(self.message.cert),
             "not for issuer and serial number of the signer (R12)")
        try:
            return keywrap.aes_key_unwrap(kek, one.child(1, der.OCTETS).body)
        except keywrap.InvalidUnwrap as error:
            raise Wrong("the agreed key does not open it") from error

    def read_bag(self, info):
        """certs-only or CRL-only (R38)"""
        need(info.child(0).oid == cms.SIGNED, "no certs-only message")
        parts = info.child(1, 0xA0).only(der.SEQUENCE).children
        need(parts[0].integer == 1, "certs-only is not version 1")
        need(len(parts[1].children) == 0, "certs-only has digestAlgorithms")
        need(len(parts[2].children) == 1, "certs-only has a content (R38, M2)")
        need(len(parts[-1].children) == 0, "certs-only has a signer")
        for part in parts[3:-1]:
            found = [one.raw for one in part.children]
            if part.tag == 0xA0:
                self.certs = found
            else:
                self.crls = found


def issued_by(cert, issuer):
    """CERT bears ISSUER's name and signature."""
    node = der.parse(cert)
    digest = value_name(cms.DIGESTS, node.child(1).child(0).oid, 1)
    if cms.tbs_parts(cert)[2].raw != cms.subject_of(issuer):
        return False
    try:
        cms.public_key(issuer).verify(node.child(2).body[1:],
                                      node.child(0).raw, padding.PKCS1v15(),
                                      cms.DIGESTS[digest][3]())
    except InvalidSignature:
        return False
    return True


def same_key(cert, key):
    return cms.public_key(cert).public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo) == cms.spki(key)


def bag(body):
    """(certificates, content, signers) of a SignedData that is no CertRep."""
    info = der.parse(body)
    need(info.child(0).oid == cms.SIGNED, "no SignedData")
    parts = info.child(1, 0xA0).only(der.SEQUENCE).children
    content = None
    if len(parts[2].children) > 1:
        content = parts[2].child(1).only(der.OCTETS).body
    certs = [one.raw for part in parts[3:-1] if part.tag == 0xA0
             for one in part.children]
    return certs, content, parts[-1].children


