# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A SCEP client for tests: builds pkiMessages piece by piece, so that a test
can change any piece, and reads CertReps."""
import base64
import datetime
import functools
import hashlib
import http.client
import os
import urllib.parse

from asn1crypto import algos, cms, core, csr as asn1csr, pem
from asn1crypto import x509 as asn1x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import AttributeOID, NameOID

OID = "2.16.840.1.113733.1.9."
MESSAGE_TYPE, PKI_STATUS, FAIL_INFO = OID + "2", OID + "3", OID + "4"
SENDER_NONCE, RECIPIENT_NONCE, TRANSACTION_ID = OID + "5", OID + "6", OID + "7"
FAIL_INFO_TEXT = "1.3.6.1.5.5.7.24.1"
SIGNING_TIME = "1.2.840.113549.1.9.5"
CHALLENGE = "1.2.840.113549.1.9.7"
PKCSREQ, RENEWALREQ, CERTPOLL, GETCERT, GETCRL, CERTREP = 19, 17, 20, 21, 22, 3
SUCCESS, FAILURE, PENDING = 0, 2, 3
BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_TIME, BAD_CERT_ID = range(5)

# name -> (OID, key octets, block octets, algorithm)
CIPHERS = {
    "aes128": ("2.16.840.1.101.3.4.1.2", 16, 16, algorithms.AES),
    "aes192": ("2.16.840.1.101.3.4.1.22", 24, 16, algorithms.AES),
    "aes256": ("2.16.840.1.101.3.4.1.42", 32, 16, algorithms.AES),
    "des3": ("1.2.840.113549.3.7", 24, 8, algorithms.TripleDES),
    "des": ("1.3.14.3.2.7", 8, 8, algorithms.TripleDES),
}
HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256,
          "sha384": hashes.SHA384, "sha512": hashes.SHA512}
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"


def new_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@functools.lru_cache(maxsize=None)
def shared_key(number, bits=2048):
    """One of a few keys that are made once a run: making them is slow."""
    del number
    return new_key(bits)


def name(common_name, organisation="Tests"):
    """A subject with this CN; a whole subject is returned as it is."""
    if isinstance(common_name, x509.Name):
        return common_name
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def new_csr(key, common_name, challenge=None, digest="sha256", san=None,
            extensions=()):
    """A PKCS#10 in DER; EXTENSIONS are pairs of value and criticality."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        name(common_name))
    if challenge is not None:
        builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD,
                                        challenge.encode())
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(san),
                                        critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, HASHES[digest]()).public_bytes(
        serialization.Encoding.DER)


def self_signed(key, common_name):
    now = datetime.datetime.utcnow()
    return x509.CertificateBuilder().subject_name(
        name(common_name)).issuer_name(name(common_name)).public_key(
            key.public_key()).serial_number(
                x509.random_serial_number()).not_valid_before(
                    now - datetime.timedelta(hours=1)).not_valid_after(
                        now + datetime.timedelta(days=1)).sign(
                            key, hashes.SHA256())


def asn1(cert):
    return asn1x509.Certificate.load(
        cert.public_bytes(serialization.Encoding.DER))


def encrypt(data, recipients, cipher="aes128", oaep=False):
    """A ContentInfo with EnvelopedData in DER, for certificates."""
    oid, key_len, block, algorithm = CIPHERS[cipher]
    key, iv = os.urandom(key_len), os.urandom(block)
    pad = block - len(data) % block
    encryptor = Cipher(algorithm(key), modes.CBC(iv)).encryptor()
    content = encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()
    infos = []
    for cert in recipients:
        if oaep:
            scheme = padding.OAEP(padding.MGF1(hashes.SHA256()),
                                  hashes.SHA256(), None)
            transport = {"algorithm": "rsaes_oaep", "parameters": {
                "hash_algorithm": {"algorithm": "sha256"},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {
                    "algorithm": "sha256"}}}}
        else:
            scheme = padding.PKCS1v15()
            transport = {"algorithm": "rsaes_pkcs1v15"}
        recipient = asn1(cert)
        infos.append(cms.RecipientInfo("ktri", {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", {
                "issuer": recipient.issuer,
                "serial_number": recipient.serial_number}),
            "key_encryption_algorithm": transport,
            "encrypted_key": cert.public_key().encrypt(key, scheme)}))
    algorithm_id = algos.EncryptionAlgorithm()
    algorithm_id["algorithm"] = oid
    algorithm_id["parameters"] = core.OctetString(iv)
    return cms.ContentInfo({
        "content_type": "enveloped_data",
        "content": cms.EnvelopedData({
            "version": "v0", "recipient_infos": infos,
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": algorithm_id,
                "encrypted_content": content}})}).dump()


class Attribute(core.Sequence):
    """A signed attribute with any values."""
    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf,
                                                 {"spec": core.Any})]


class Attributes(core.SetOf):
    _child_spec = Attribute


def attribute(oid, *values):
    return Attribute({"type": oid, "values": [core.Any(v) for v in values]})


def sign(content, key, cert, attributes, digest="sha256", certs=None,
         signature_oid=RSA_ENCRYPTION):
    """A ContentInfo with SignedData in DER. ATTRIBUTES come on top of
    contentType and messageDigest."""
    hasher = hashlib.new(digest, content)
    signed = Attributes([
        attribute("1.2.840.113549.1.9.3",
                  core.ObjectIdentifier("1.2.840.113549.1.7.1")),
        attribute("1.2.840.113549.1.9.4", core.OctetString(hasher.digest())),
        *attributes])
    signed = Attributes(sorted(list(signed), key=lambda a: a.dump()))
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(signed.dump(), padding.PKCS1v15(),
                             HASHES[digest]())
    else:
        signature = key.sign(signed.dump(), ec.ECDSA(HASHES[digest]()))
        signature_oid = ECDSA_WITH_SHA256
    signer = asn1(cert)
    algorithm = algos.SignedDigestAlgorithm()
    algorithm["algorithm"] = signature_oid
    if signature_oid != ECDSA_WITH_SHA256:
        algorithm["parameters"] = core.Null()
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", {
            "issuer": signer.issuer, "serial_number": signer.serial_number}),
        "digest_algorithm": {"algorithm": digest},
        "signed_attrs": cms.CMSAttributes.load(signed.dump()),
        "signature_algorithm": algorithm,
        "signature": signature}
    return cms.ContentInfo({
        "content_type": "signed_data",
        "content": cms.SignedData({
            "version": "v1",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": {"content_type": "data",
                                   "content": core.OctetString(content)},
            "certificates": [asn1(c) for c in (certs or [cert])],
            "signer_infos": [info]})}).dump()


def scep_attributes(message_type, transaction_id, nonce):
    return [attribute(MESSAGE_TYPE, core.PrintableString(str(message_type))),
            attribute(TRANSACTION_ID, core.PrintableString(transaction_id)),
            attribute(SENDER_NONCE, core.OctetString(nonce))]


class Request:
    """One enrolment: change what you like between making and der()."""

    def __init__(self, recipient, challenge=None, common_name="device",
                 key=None, transaction_id=None, san=None, extensions=()):
        self.recipients = [recipient]
        self.key = key or new_key()
        self.cert = self_signed(self.key, common_name)
        self.csr = new_csr(self.key, common_name, challenge, san=san,
                           extensions=extensions)
        self.transaction_id = transaction_id or os.urandom(20).hex().upper()
        self.nonce = os.urandom(16)
        self.message_type = PKCSREQ
        self.cipher, self.digest, self.oaep = "aes128", "sha256", False
        self.signature_oid = RSA_ENCRYPTION
        self.extra = []  # further signed attributes

    def envelope(self):
        return encrypt(self.csr, self.recipients, self.cipher, self.oaep)

    def der(self, content=None):
        return sign(self.envelope() if content is None else content, self.key,
                    self.cert, scep_attributes(self.message_type,
                                               self.transaction_id,
                                               self.nonce) + self.extra,
                    self.digest, signature_oid=self.signature_oid)


class Reply:
    """A CertRep; raises ValueError unless it is one, signed by one of
    SIGNERS (certificates)."""

    def __init__(self, der, request, signers):
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise ValueError("no SignedData")
        self.signed = info["content"]
        (self.signer,) = self.signed["signer_infos"]
        self.attributes = {}
        for one in self.signer["signed_attrs"]:
            values = one["values"]
            self.attributes[one["type"].dotted] = values[0]
        self._verify(signers)
        text = self._text
        if text(MESSAGE_TYPE) != str(CERTREP):
            raise ValueError("no CertRep")
        self.status = int(text(PKI_STATUS))
        self.fail_info = (int(text(FAIL_INFO))
                          if FAIL_INFO in self.attributes else None)
        self.fail_text = (self._parsed(FAIL_INFO_TEXT).native
                          if FAIL_INFO_TEXT in self.attributes else None)
        self.transaction_id = text(TRANSACTION_ID)
        self.recipient_nonce = self._parsed(RECIPIENT_NONCE).native
        self.sender_nonce = self._parsed(SENDER_NONCE).native
        if request is not None:
            if self.transaction_id != request.transaction_id:
                raise ValueError("another transaction's reply")
            if self.recipient_nonce != request.nonce:
                raise ValueError("another request's reply")
        self.certs, self.crls = [], []
        if self.status == SUCCESS and request is not None:
            self.certs = self._open(request)

    def _parsed(self, oid):
        value = self.attributes[oid]
        return value.parse() if isinstance(value, core.Any) else value

    def _text(self, oid):
        return self._parsed(oid).native

    def _verify(self, signers):
        digest = self.signer["digest_algorithm"]["algorithm"].native
        serial = self.signer["sid"].chosen["serial_number"].native
        content = self.signed["encap_content_info"]["content"].native
        sent = self.attributes["1.2.840.113549.1.9.4"].native
        if hashlib.new(digest, content or b"").digest() != sent:
            raise ValueError("messageDigest is wrong")
        for cert in signers:
            if cert.serial_number == serial:
                cert.public_key().verify(
                    self.signer["signature"].native,
                    self.signer["signed_attrs"].untag().dump(),
                    padding.PKCS1v15(), HASHES[digest]())
                self.signed_by = cert
                return
        raise ValueError("signed by somebody else")

    def _open(self, request):
        inner = cms.ContentInfo.load(
            self.signed["encap_content_info"]["content"].native, strict=True)
        enveloped = inner["content"]
        (recipient,) = enveloped["recipient_infos"]
        scheme = padding.PKCS1v15()
        if recipient.chosen["key_encryption_algorithm"][
                "algorithm"].native == "rsaes_oaep":
            scheme = padding.OAEP(padding.MGF1(hashes.SHA256()),
                                  hashes.SHA256(), None)
        key = request.key.decrypt(recipient.chosen["encrypted_key"].native,
                                  scheme)
        part = enveloped["encrypted_content_info"]
        algorithm = part["content_encryption_algorithm"]
        oid = algorithm["algorithm"].dotted
        self.cipher = next(n for n, c in CIPHERS.items() if c[0] == oid)
        decryptor = Cipher(CIPHERS[self.cipher][3](key), modes.CBC(
            algorithm["parameters"].native)).decryptor()
        data = decryptor.update(part["encrypted_content"].native)
        data += decryptor.finalize()
        data = data[:-data[-1]]
        bag = cms.ContentInfo.load(data, strict=True)["content"]
        self.crls = [x509.load_der_x509_crl(c.dump())
                     for c in bag["crls"] or ()]
        return [x509.load_der_x509_certificate(c.dump())
                for c in bag["certificates"] or ()]


def issuer_and_serial(issuer, serial):
    """The messageData of GetCert and GetCRL."""
    return cms.IssuerAndSerialNumber({
        "issuer": asn1x509.Name.load(issuer.public_bytes()),
        "serial_number": serial}).dump()


def certificates(der):
    """The certificates of a GetCACert, a bare one or a certs-only."""
    try:
        return [x509.load_der_x509_certificate(der)]
    except ValueError:
        bag = cms.ContentInfo.load(der, strict=True)["content"]
        return [x509.load_der_x509_certificate(one.chosen.dump())
                for one in bag["certificates"]]


def load_certs(path):
    with open(path, "rb") as file:
        return [x509.load_der_x509_certificate(der)
                for _, _, der in pem.unarmor(file.read(), multiple=True)]


def csr_info(der):
    return asn1csr.CertificationRequest.load(der)


class Endpoint:
    """A SCEP URL: HOST and PORT over plain HTTP, one connection a request."""

    def __init__(self, host, port, path="/cgi-bin/pkiclient.exe", timeout=60):
        self.host, self.port, self.path = host, port, path
        self.timeout = timeout
        self.source = None  # our own address

    def http(self, method, query="", body=None, headers=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(self.host, self.port,
                                                timeout=self.timeout,
                                                source_address=self.source
                                                and (self.source, 0))
        try:
            connection.request(method, self.path + (
                "?" + query if query else ""), body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, der, headers=None):
        return self.http("POST", "operation=PKIOperation", der, headers)

    def get(self, der):
        return self.http("GET", "operation=PKIOperation&message="
                         + urllib.parse.quote(base64.b64encode(der), safe=""))

    def ca_certs(self):
        """[certificates] of GetCACert."""
        status, headers, body = self.http("GET", "operation=GetCACert")
        assert status == 200, status
        if headers["Content-Type"] == "application/x-x509-ca-cert":
            return [x509.load_der_x509_certificate(body)]
        bag = cms.ContentInfo.load(body, strict=True)["content"]
        return [x509.load_der_x509_certificate(c.dump())
                for c in bag["certificates"]]

    def enrol(self, request, signers):
        """Send REQUEST; the Reply."""
        status, headers, body = self.post(request.der())
        if status != 200:
            raise ValueError(f"HTTP {status}: {body[:200]!r}")
        if headers["Content-Type"] != "application/x-pki-message":
            raise ValueError("Content-Type " + headers["Content-Type"])
        return Reply(body, request, signers)
