# Licensed under the Apache License, Version 2.0; see LICENSE.
"""SCEP messages by hand: PKCS#10, certificates, EnvelopedData, SignedData.
Each part can be left out, doubled, moved or replaced. The package cryptography
provides only the primitives."""
import functools
import hashlib
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (ec, ed25519, padding,
                                                       rsa)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import der

DATA, SIGNED, ENVELOPED = (f"1.2.840.113549.1.7.{n}" for n in (1, 2, 3))
AUTH_ENVELOPED = "1.2.840.113549.1.9.16.1.23"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, CHALLENGE = (
    f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5, 7))
EXTENSION_REQ = "1.2.840.113549.1.9.14"
EXTENSION_REQ_OLD = "2.16.840.1.113733.1.9.8"
EXTENSION_REQ_MS = "1.3.6.1.4.1.311.2.1.14"
(MESSAGE_TYPE, PKI_STATUS, FAIL_INFO, SENDER_NONCE, RECIPIENT_NONCE,
 TRANSACTION_ID) = (f"2.16.840.1.113733.1.9.{n}" for n in range(2, 8))
FAIL_INFO_TEXT = "1.3.6.1.5.5.7.24.1"
NDES_ERROR = "1.3.6.1.4.1.311.21.33"
RSA_ENCRYPTION, OAEP, PSS, MGF1 = (f"1.2.840.113549.1.1.{n}"
                                   for n in (1, 7, 10, 8))
P_SPECIFIED = "1.2.840.113549.1.1.9"
# name: (digest's OID, OID with RSA, with ECDSA, class)
DIGESTS = {
    "md5": ("1.2.840.113549.2.5", "1.2.840.113549.1.1.4", None, hashes.MD5),
    "sha1": ("1.3.14.3.2.26", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1",
             hashes.SHA1),
    "sha224": ("2.16.840.1.101.3.4.2.4", "1.2.840.113549.1.1.14",
               "1.2.840.10045.4.3.1", hashes.SHA224),
    "sha256": ("2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11",
               "1.2.840.10045.4.3.2", hashes.SHA256),
    "sha384": ("2.16.840.1.101.3.4.2.2", "1.2.840.113549.1.1.12",
               "1.2.840.10045.4.3.3", hashes.SHA384),
    "sha512": ("2.16.840.1.101.3.4.2.3", "1.2.840.113549.1.1.13",
               "1.2.840.10045.4.3.4", hashes.SHA512)}
# name: (OID, key, block, class)
CIPHERS = {
    "des": ("1.3.14.3.2.7", 8, 8, algorithms.TripleDES),
    "des3": ("1.2.840.113549.3.7", 24, 8, algorithms.TripleDES),
    "aes128": ("2.16.840.1.101.3.4.1.2", 16, 16, algorithms.AES),
    "aes192": ("2.16.840.1.101.3.4.1.22", 24, 16, algorithms.AES),
    "aes256": ("2.16.840.1.101.3.4.1.42", 32, 16, algorithms.AES)}
# of no CBC
AES128_GCM = "2.16.840.1.101.3.4.1.6"
RC2 = "1.2.840.113549.3.2"


@functools.lru_cache(maxsize=None)
def key_of(number, kind="rsa", bits=2048):
    """Keys are made once a run."""
    del number
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ec":
        return ec.generate_private_key(
            {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}[bits]())
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def spki(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.DER,
                               serialization.PublicFormat.SubjectPublicKeyInfo)


def algorithm(oid, *parameters):
    return der.seq(der.oid(oid), *parameters)


def sign(key, digest, data):
    """(AlgorithmIdentifier with the digest in its name, signature)"""
    _, rsa_oid, ec_oid, made = DIGESTS[digest]
    if isinstance(key, rsa.RSAPrivateKey):
        return (algorithm(rsa_oid, der.null()),
                key.sign(data, padding.PKCS1v15(), made()))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algorithm(ec_oid), key.sign(data, ec.ECDSA(made()))
    return algorithm("1.3.101.112"), key.sign(data)


def flip(data, at=-1):
    """DATA with one bit changed."""
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


# ---- names, extensions, PKCS#10, certificates ----

def name(common_name, *more, string=der.utf8):
    """A Name of MORE (OID, string element) and a commonName."""
    pairs = list(more)
    if common_name is not None:
        pairs.append(("2.5.4.3", string(common_name)))
    return der.seq(*[der.set_of(der.seq(der.oid(o), value))
                     for o, value in pairs])


def extension(oid, value, critical=False):
    return der.seq(der.oid(oid), der.boolean(True) if critical else b"",
                   der.octets(value))


def general_names(*parts):
    return extension("2.5.29.17", der.seq(*parts))


def dns(text):
    return der.context(2, text.encode(), constructed=False)


def uri(text):
    return der.context(6, text.encode(), constructed=False)


def attribute(oid, *values):
    return der.seq(der.oid(oid), der.tlv(der.SET, *values))


def extension_request(*extensions, oid=EXTENSION_REQ):
    return attribute(oid, der.seq(*extensions))


def csr(key, subject=None, challenge=None, attributes=(), digest="sha256",
        public=None, spoil=False, version=0):
    """A PKCS#10; CHALLENGE is text or an element of any type."""
    if isinstance(challenge, str):
        challenge = der.printable(challenge)
    listed = list(attributes)
    if challenge is not None:
        listed.append(attribute(CHALLENGE, challenge))
    info = der.seq(der.integer(version), subject or name("device"),
                   spki(public or key), der.context(0, *sorted(listed)))
    how, signature = sign(key, digest, info)
    return der.seq(info, how, der.bits(flip(signature) if spoil
                                       else signature))


def certificate(key, subject=None, issuer=None, issuer_key=None, days=30,
                start=-1, digest="sha256", serial=None, extensions=()):
    """A certificate, self-signed unless ISSUER (a Name) is given."""
    subject = subject or name("device")
    how, _ = sign(issuer_key or key, digest, b"")
    tbs = der.seq(
        der.context(0, der.integer(2)),
        der.integer(serial or int.from_bytes(os.urandom(8), "big")),
        how, issuer or subject,
        der.seq(der.time(der.now(days=start)),
                der.time(der.now(days=start + days))),
        subject, spki(key),
        der.context(3, der.seq(*extensions)) if extensions else b"")
    return der.seq(tbs, how, der.bits(sign(issuer_key or key, digest, tbs)[1]))


def tbs_parts(cert):
    """The elements of a certificate's TBSCertificate from its serial on."""
    parts = der.parse(cert).child(0).children
    return parts[1:] if parts[0].tag == 0xA0 else parts


def issuer_and_serial(cert, issuer=None):
    """The names by which CMS, GetCert and GetCRL know a certificate."""
    parts = tbs_parts(cert)
    return der.seq(issuer or parts[2].raw, parts[0].raw)


def subject_of(cert):
    return tbs_parts(cert)[4].raw


def public_key(cert):
    return serialization.load_der_public_key(tbs_parts(cert)[5].raw)


# ---- EnvelopedData ----

def pad(data, block):
    count = block - len(data) % block
    return data + bytes([count]) * count


def cbc(cipher, key, iv, data):
    made = Cipher(CIPHERS[cipher][3](key), modes.CBC(iv)).encryptor()
    return made.update(data) + made.finalize()


def oaep_parameters(digest, mgf=None, label=None):
    """RSAES-OAEP-params; of SHA-1 they are empty, as Windows sends them."""
    parts = []
    if digest != "sha1":
        parts.append(der.context(0, algorithm(DIGESTS[digest][0], der.null())))
    if (mgf or digest) != "sha1":
        parts.append(der.context(1, algorithm(MGF1, algorithm(
            DIGESTS[mgf or digest][0], der.null()))))
    if label is not None:
        parts.append(der.context(2, algorithm(P_SPECIFIED, der.octets(label))))
    return der.seq(*parts)


def raw_rsa(cert, block):
    """Textbook RSA, for paddings that no library makes."""
    numbers = public_key(cert).public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    return pow(int.from_bytes(block, "big"), numbers.e,
               numbers.n).to_bytes(size, "big")


def recipient(cert, key, oaep=None, rid=None, version=0, encrypted=None,
              transport=None, mgf=None, label=None):
    """A KeyTransRecipientInfo for CERT."""
    if oaep:
        made = padding.OAEP(padding.MGF1(DIGESTS[mgf or oaep][3]()),
                            DIGESTS[oaep][3](), label)
        how = algorithm(OAEP, oaep_parameters(oaep, mgf, label))
    else:
        made, how = padding.PKCS1v15(), algorithm(RSA_ENCRYPTION, der.null())
    return der.seq(der.integer(version), rid or issuer_and_serial(cert),
                   transport or how,
                   der.octets(public_key(cert).encrypt(key, made)
                              if encrypted is None else encrypted))


class Envelope:
    """An EnvelopedData; what is not set is as it should be."""

    def __init__(self, data, *certs, **more):
        self.data, self.certs = data, certs
        self.cipher = "aes128"
        self.oaep = self.mgf = self.label = self.rid = None
        self.transport = self.recipients = self.encrypted_key = None
        self.extra_recipients = ()
        self.version, self.content_type = 0, DATA
        self.outer_type = ENVELOPED
        self.cipher_algorithm = self.ciphertext = self.padded = None
        self.before = self.after = b""  # originatorInfo, unprotectedAttrs
        self.key = self.iv = None
        self.ber = self.explicit = self.no_content = False
        self.__dict__.update(more)

    def der(self):
        oid, key_len, block, _ = CIPHERS[self.cipher]
        key = self.key or os.urandom(key_len)
        iv = self.iv or os.urandom(block)
        text = self.ciphertext
        if text is None:
            text = cbc(self.cipher, key, iv,
                       self.padded or pad(self.data, block))
        infos = self.recipients
        if infos is None:
            infos = [recipient(cert, key, self.oaep, self.rid,
                               encrypted=self.encrypted_key, mgf=self.mgf,
                               transport=self.transport, label=self.label)
                     for cert in self.certs]
        cons = der.indefinite if self.ber else der.tlv
        if self.no_content:
            content = b""
        elif self.explicit:
            content = der.context(0, der.octets(text))
        elif self.ber:
            content = der.segments(der.CONTEXT, text)
        else:
            content = der.context(0, text, constructed=False)
        body = cons(der.SEQUENCE, der.integer(self.version), self.before,
                    cons(der.SET, *infos, *self.extra_recipients),
                    cons(der.SEQUENCE, der.oid(self.content_type),
                         self.cipher_algorithm or algorithm(
                             oid, der.octets(iv)), content),
                    self.after)
        return cons(der.SEQUENCE, der.oid(self.outer_type),
                    cons(der.CONTEXT | der.CONSTRUCTED, body))


# ---- SignedData ----

def degenerate(*certs, crls=(), content=b"", version=1):
    """A certs-only message (RFC 8894 3.4)."""
    return der.seq(der.oid(SIGNED), der.context(0, der.seq(
        der.integer(version), der.tlv(der.SET), der.seq(der.oid(DATA), content),
        der.context(0, *certs) if certs else b"",
        der.context(1, *crls) if crls else b"", der.tlv(der.SET))))


class SignedData:
    """A SignedData with one signer; what is not set is as it should be."""

    def __init__(self, content, key, cert, attributes, **more):
        self.content, self.key, self.cert = content, key, cert
        self.attributes = attributes  # those of SCEP, elements
        self.digest = "sha256"
        self.digest_algorithms = None
        self.signature_algorithm = RSA_ENCRYPTION
        self.pss = None  # its digest
        self.sid, self.certs, self.crls = None, None, ()
        self.version, self.signer_version = 1, 1
        self.content_type, self.outer_type = DATA, SIGNED
        self.type_attribute, self.digest_attribute = None, None
        self.edit = sorted  # from a list of attributes to another
        self.signature = None  # from a signature to another
        self.ber = self.no_attributes = False
        self.signers = None  # from a SignerInfo to elements of the SET
        self.unsigned = self.after = b""
        self.raw_content = None  # an element instead of the content's
        self.__dict__.update(more)

    def signed_attributes(self):
        digest = hashlib.new(self.digest, self.content or b"").digest()
        listed = [attribute(CONTENT_TYPE,
                            der.oid(self.type_attribute or self.content_type)),
                  attribute(MESSAGE_DIGEST,
                            der.octets(self.digest_attribute or digest)),
                  *self.attributes]
        return list(self.edit(listed))

    def sign(self, attributes):
        """(AlgorithmIdentifier, signature) over the attributes as they are."""
        text = der.tlv(der.SET, *attributes)
        made = DIGESTS[self.digest][3]()
        if self.pss:
            size = made.digest_size
            how = algorithm(PSS, der.seq(
                der.context(0, algorithm(DIGESTS[self.pss][0], der.null())),
                der.context(1, algorithm(MGF1, algorithm(
                    DIGESTS[self.pss][0], der.null()))),
                der.context(2, der.integer(size))))
            return how, self.key.sign(text, padding.PSS(
                padding.MGF1(DIGESTS[self.pss][3]()), size), made)
        how, signature = sign(self.key, self.digest, text)
        if (isinstance(self.key, rsa.RSAPrivateKey)
                and self.signature_algorithm):
            how = algorithm(self.signature_algorithm, der.null())
        return how, signature

    def signer_info(self):
        attributes = self.signed_attributes()
        how, signature = self.sign(attributes)
        if self.signature:
            signature = self.signature(signature)
        return der.seq(
            der.integer(self.signer_version),
            self.sid or issuer_and_serial(self.cert),
            algorithm(DIGESTS[self.digest][0], der.null()),
            b"" if self.no_attributes else der.context(0, *attributes),
            how, der.octets(signature), self.unsigned)

    def encapsulated(self):
        cons = der.indefinite if self.ber else der.tlv
        if self.raw_content is not None:
            content = self.raw_content
        elif self.content is None:
            return cons(der.SEQUENCE, der.oid(self.content_type))
        elif self.ber:
            content = der.segments(der.OCTETS, self.content)
        else:
            content = der.octets(self.content)
        return cons(der.SEQUENCE, der.oid(self.content_type),
                    cons(der.CONTEXT | der.CONSTRUCTED, content))

    def der(self):
        cons = der.indefinite if self.ber else der.tlv
        info = self.signer_info()
        certs = [self.cert] if self.certs is None else self.certs
        digests = self.digest_algorithms or [
            algorithm(DIGESTS[self.digest][0], der.null())]
        body = cons(
            der.SEQUENCE, der.integer(self.version),
            der.tlv(der.SET, *digests), self.encapsulated(),
            cons(der.CONTEXT | der.CONSTRUCTED, *certs) if certs else b"",
            cons(der.CONTEXT | der.CONSTRUCTED | 1, *self.crls)
            if self.crls else b"",
            cons(der.SET, *(self.signers(info) if self.signers else [info])))
        return cons(der.SEQUENCE, der.oid(self.outer_type),
                    cons(der.CONTEXT | der.CONSTRUCTED, body)) + self.after
