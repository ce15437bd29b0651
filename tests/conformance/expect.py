# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What a case expects, declared so that wrong answers can be derived from it:
each expectation turns an Answer into complaints."""
import dataclasses

from cryptography import x509
from cryptography.exceptions import InvalidSignature

import cms
import der
import reply
from reply import FAILURE, PENDING, PKI_MESSAGE, SUCCESS, need

BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_TIME, BAD_CERT_ID = range(5)
TEXTS = set()  # that devices may see (R33, S11); filled by conftest.py


@dataclasses.dataclass
class Answer:
    """What came back for MESSAGE (None if none was sent), and what the server
    did meanwhile: new certificates, and the reason in its log."""
    status: int
    type: str
    body: bytes
    message: object = None
    headers: object = None
    issued: int = 0
    reason: str = None
    ra: bytes = b""  # certificates of who should have signed
    ca: bytes = b""  # and issued
    before: bytes = b""  # a certificate that was there before


class Check:
    """A further check: FACT of the answer is WANTED, or WANTED(fact). WRONG
    is a fact that must not pass."""

    def __init__(self, fact, wanted, wrong=None):
        self.fact, self.wanted, self.wrong = fact, wanted, wrong
        if wrong is None:
            self.wrong = (wanted + 1 if isinstance(wanted, int)
                          else wanted + type(wanted)(wanted[:1] or "x")
                          if isinstance(wanted, (str, bytes, list))
                          else "wrong")

    def holds(self, value):
        if not callable(self.wanted):
            return value == self.wanted
        try:
            return bool(self.wanted(value))
        except (KeyError, TypeError, ValueError):
            return False


class Expectation:
    """Of any answer; SKIPPED facts are no matter of the case."""
    certrep = None

    def __init__(self, *checks, issued=0, reason=None):
        self.checks = [Check("issued", issued), *checks]
        if reason:
            self.checks.append(Check("reason", reason))

    def facts(self, answer):
        return {"http": answer.status, "type": answer.type,
                "body": answer.body, "issued": answer.issued,
                "reason": answer.reason, "headers": answer.headers}

    def complaints(self, answer, **override):
        """What is wrong; nothing if all is well. OVERRIDE are facts."""
        try:
            facts = dict(self.facts(answer), **override)
        except (ValueError, IndexError, InvalidSignature) as error:
            return [str(error) or repr(error)]
        return [f"{check.fact} is {facts[check.fact]!r:.200}"
                for check in self.checks
                if not check.holds(facts[check.fact])]


class Http(Expectation):
    """A plain answer of HTTP."""

    def __init__(self, status, *checks, content_type=None, **more):
        self.status = status
        super().__init__(Check("http", status), *checks, **more)
        if content_type:
            self.checks.append(Check("type", content_type))


class Refused(Http):
    """400 and the like: a short text of docs/refusals.md, no CertRep."""

    def __init__(self, status, reason, *checks):
        super().__init__(
            status, Check("body", lambda body: body.decode().strip() in TEXTS,
                          b"<html>oops"), *checks, reason=reason,
            content_type="text/plain")


class Caps(Http):
    """GetCACaps with the words HAS and without LACKS."""

    def __init__(self, has, lacks=(), *checks):
        super().__init__(
            200, Check("words", lambda words: set(has) <= set(words)
                       and not set(lacks) & set(words), ["x", *lacks]),
            Check("body", lambda body: 0 < len(body) <= 1024, b"x" * 1025),
            *checks, content_type="text/plain")

    def facts(self, answer):
        return dict(super().facts(answer),
                    words=answer.body.decode("ascii").split("\n"))


class Bag(Http):
    """Certificates by GetCACert and its like: their common names."""

    def __init__(self, content_type, names, *checks):
        super().__init__(200, Check("names", names), *checks,
                         content_type=content_type)

    def facts(self, answer):
        facts = super().facts(answer)
        need(answer.status == 200, f"HTTP {answer.status}")
        if answer.type == "application/x-x509-ca-cert":
            certs, facts["content"], facts["signers"] = [
                der.parse(answer.body).raw], None, []
        else:
            certs, facts["content"], facts["signers"] = reply.bag(answer.body)
        facts["certs"] = certs
        facts["names"] = [common_name(cms.subject_of(one)) for one in certs]
        return facts


def common_name(name):
    return der.parse(name).children[-1].child(0).child(1).body.decode()


class OfCertRep(Expectation):
    """A CertRep of STATUS."""
    certrep = SUCCESS
    content = None  # b"": eContent is there, but empty
    cipher, transport, chain, crls = "aes128", "rsa", 0, 0
    of_request = False  # a certificate for it

    def __init__(self, *checks, digest="sha256", **more):
        super().__init__(Check("http", 200), Check("type", PKI_MESSAGE),
                         Check("status", self.certrep),
                         Check("digest", digest), *checks, **more)

    def facts(self, answer):
        facts = super().facts(answer)
        need(answer.status == 200, f"HTTP {answer.status}, "
             f"{answer.body[:60]!r}, {answer.reason}")
        made = reply.CertRep(answer.body, answer.message, answer.ra)
        need(made.status == self.certrep,
             f"pkiStatus {made.status}, failInfo {made.fail_info}, "
             f"{answer.reason}")
        facts.update(status=made.status, digest=made.digest,
                     fail_info=made.fail_info, text=made.text,
                     oids=set(made.attributes), outer=made.outer,
                     attributes={oid: value.body for oid, value
                                 in made.attributes.items()})
        need(made.outer == [answer.ra],
             "not just the signer's certificate in clear (S12)")
        if self.certrep == SUCCESS:
            made.open()
            facts.update(certs=made.certs, crls=made.crls, cipher=made.cipher,
                         transport=made.transport)
            self.check_success(made, answer)
            facts.update(leaf_facts(made.certs[0]) if made.certs else {},
                         same=made.certs[:1] == [answer.before])
        else:
            need(made.content == self.content,
                 "eContent is there, or is not (R22, Q83, M1)")
        return facts

    def check_success(self, made, answer):
        pass


def leaf_facts(cert):
    """What was certified, as python3-cryptography reads it."""
    made = x509.load_der_x509_certificate(cert)
    values = {one.oid.dotted_string: one.value for one in made.extensions}
    for oid in ("2.5.29.15", "2.5.29.19", "2.5.29.37"):
        need(oid in values, f"the certificate has no {oid}")
    usage = values["2.5.29.15"]
    names = values.get("2.5.29.17")
    return {"subject": cms.subject_of(cert), "serial": made.serial_number,
            "extensions": set(values), "version": made.version.value,
            "is_ca": values["2.5.29.19"].ca,
            "usage": [bit for bit in ("digital_signature", "key_encipherment",
                                      "content_commitment", "key_agreement",
                                      "key_cert_sign", "crl_sign")
                      if getattr(usage, bit)],
            "eku": [one.dotted_string for one in values["2.5.29.37"]],
            "san": [str(one.value) for one in names or ()],
            "not_before": made.not_valid_before,
            "not_after": made.not_valid_after}


class Failure(OfCertRep):
    certrep = FAILURE

    def __init__(self, fail_info, reason, *checks, content=None, **more):
        self.fail_info, self.content = fail_info, content
        super().__init__(
            Check("fail_info", fail_info),
            Check("text", lambda text: text in TEXTS, "line 12: no such file"),
            *checks, reason=reason, **more)


class Pending(OfCertRep):
    certrep = PENDING


class Issued(OfCertRep):
    """A certificate: CHAIN of them, the leaf first and for the key that was
    asked for."""
    of_request = True

    def __init__(self, *checks, cipher="aes128", transport="rsa", chain=1,
                 issued=1, **more):
        self.cipher, self.transport, self.chain = cipher, transport, chain
        super().__init__(Check("cipher", cipher),
                         Check("transport", transport),
                         Check("certs", lambda certs: len(certs) == chain,
                               [b""] * (chain + 1)),
                         *checks, issued=issued, **more)

    def check_success(self, made, answer):
        message = answer.message
        need(made.certs, "no certificate")
        need(not made.crls, "a CRL beside the certificate (N23)")
        need(reply.same_key(made.certs[0], message.csr_key or message.key),
             "the first certificate is not the issued one")
        need(reply.issued_by(made.certs[0], answer.ca),
             "issued by somebody else")


class Found(OfCertRep):
    """GetCert: exactly the certificate; GetCRL: exactly one CRL."""

    def __init__(self, *checks, crl=False, **more):
        self.chain, self.crls = int(not crl), int(crl)
        super().__init__(
            Check("certs", lambda certs: len(certs) == self.chain, [b"", b""]),
            Check("crls", lambda crls: len(crls) == self.crls, [b"", b""]),
            *checks, **more)
