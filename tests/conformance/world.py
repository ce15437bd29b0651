# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The one server of all cases: an httpd with an endpoint for each setting."""
import datetime
import re
import subprocess
import urllib.parse

import httpdserver
from cryptography.hazmat.primitives import serialization

import cms
import der
from expect import Answer
from message import CERTPOLL, RENEWALREQ, Message
from reply import CertRep

SCEPCTL = httpdserver.os.path.join(httpdserver.os.path.dirname(
    httpdserver.os.path.dirname(httpdserver.module())), "scepctl")
REASON = re.compile(r"SCEP01[0-9]{2}(?=:)")
# path: directives; all without a challenge unless it says otherwise
LOCATIONS = {
    "open": "",
    "modern": "ScepAlgorithms modern",
    "legacy": "ScepAlgorithms legacy",
    "manual": "ScepApproval manual",
    "short": "ScepApproval manual\nScepApprovalExpiry 1",
    "bound": "ScepChallenge one-time",
    "single": "ScepChallenge single",
    "off": "ScepRenewal Off\nScepChallenge one-time",
    "strict": "ScepChallenge one-time\nScepRenewalExpired Off",
    "month": "ScepChallenge one-time\nScepRenewalExpired 30d",
    "names": "ScepChallenge one-time\nScepDisableRenewalSubjectNameMatch On",
    "unique": "ScepDuplicateSubject refuse",
    "both": "ScepChallenge one-time\nScepRenewalChallenge require",
    "late": "ScepChallenge one-time\nScepRenewalWindow 20%",
    "trust": "ScepChallenge one-time\nScepRenewalTrust old.crt",
    "sha256": "ScepChallenge one-time\nScepRenewalDigest sha256",
    "issuer": "ScepReplyChain issuer",
    "full": "ScepReplyChain full\nScepCACertOrder ca-first",
    "bare": "ScepCACertType ca",
    "careless": "ScepSenderNonce optional\nScepEmptyContent always",
    "discreet": "ScepClearChallenge refuse",
    "time": "ScepSigningTimeTolerance 5m",
    "ndes": "ScepNDESErrors On\nScepChallenge one-time",
    "agree": "ScepECReply key-agreement",
    "signs": "ScepProfile signs",
    "long": "ScepProfile long",
    "little": "ScepProfile little",
    "small": "ScepMaxRequestSize 4096",
    "noretry": "ScepRetryWindow 0",
    "other": "ScepCA other",
    "rolling": "ScepCA rolling",
    "idents": "ScepCAIdent other other",
}
PROFILES = """
<ScepProfile signs>
    ScepCertKeyTypes rsa ec ed25519
    ScepCertOtherSigner On
</ScepProfile>
<ScepProfile long>
    ScepCertValidity 36500d
</ScepProfile>
<ScepProfile little>
    ScepCertMinRSABits 1024
</ScepProfile>
<ScepCA other>
    ScepCACertificateFile other.crt
    ScepCAKey other.key
</ScepCA>
<ScepCA rolling>
    ScepCACertificateFile rolling.crt
    ScepCAKey rolling.key
    ScepNextCACertificateFile next.crt
    ScepNextCAKey next.key
</ScepCA>
<Location /crl>
    SetHandler scep-crl
</Location>
"""
SIGN, ENCRYPT = httpdserver.SIGN, httpdserver.ENCRYPT
USAGE = httpdserver.CA_USAGE + (SIGN, ENCRYPT)


def pair(common_name, number, issuer=None, usage=USAGE, ca=True):
    key = cms.key_of(number)
    return httpdserver.Pair(httpdserver.make_cert(
        common_name, key, issuer, ca=ca, usage=usage,
        start=datetime.timedelta(days=-10)), key)


def encoded(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def configuration():
    text = ""
    for path, lines in LOCATIONS.items():
        if "ScepChallenge " not in lines:
            lines += "\nScepChallenge none"
        text += f"<Location /{path}>\nSetHandler scep\n{lines}\n</Location>\n"
    return PROFILES + text


class World:
    """The server, and what the cases ask of it."""

    def __init__(self):
        self.pairs = {"root": pair("Root", "root")}
        root = self.pairs["root"]
        for number in ("old", "other", "rolling", "next"):
            self.pairs[number] = pair(number, number)
        ca = pair("Issuing", "ca", root)
        ra = pair("RA", "ra", ca, (SIGN, ENCRYPT), False)
        self.pairs.update(ca=ca, ra=ra)
        files = {"root.crt": (httpdserver.pem(root.cert), 0o644)}
        for number in ("old", "other", "rolling", "next"):
            cert, key = self.pairs[number]
            files[f"{number}.crt"] = (httpdserver.pem(cert), 0o644)
            files[f"{number}.key"] = (httpdserver.key_pem(key), 0o600)
        conf = ("ScepEngine On\nScepStateDir state\nScepFailureLimit off\n"
                "ScepCACertificateFile ca.crt\nScepCAKey ca.key\n"
                "ScepCAChainFile root.crt\n"
                "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n"
                + httpdserver.Server.admin_conf())
        self.server = httpdserver.Server(
            mpm="event", pairs=(ca, ra), scep_conf=conf, files=files,
            extra=configuration())
        self.log = None

    def start(self):
        self.server.start()
        self.log = open(  # pylint: disable=consider-using-with
            self.server.path("error.log"), encoding="utf-8", errors="replace")
        return self

    def stop(self):
        """What its log holds that should not be there."""
        # refusals, ScepChallenge none, names with a SID that was left out
        self.server.expect("SCEP01", "SCEP0019", "SCEP0048", "SCEP0355")
        self.server.stop()
        complaints = self.server.unexpected() + self.server.faults()
        self.log.close()
        self.server.close()
        return complaints

    def cert(self, name):
        return encoded(self.pairs[name].cert)

    # -- what goes out

    def message(self, **more):
        """A Message to RECIPIENT, the name of a pair: the RA's."""
        return Message(self.cert(more.pop("recipient", "ra")), **more)

    def draw(self):
        return self.server.draw()

    def post(self, message, path="/open", octets=None, **more):
        return self.http("POST", path, "operation=PKIOperation",
                         octets or message.der(), message, **more)

    def get(self, message, path="/open", encode=None, octets=None,
            before="operation=PKIOperation&message="):
        text = der.base64_of(octets or message.der())
        text = encode(text) if encode else urllib.parse.quote(text, safe="")
        return self.http("GET", path, before + text, None, message)

    def signers(self, path):
        """(who signs replies there, who issues)"""
        name = path.strip("/")
        if name in ("other", "rolling"):
            return self.cert(name), self.cert(name)
        return self.cert("ra"), self.cert("ca")

    def http(self, method, path, query="", body=None, message=None,
             headers=None, ca=None):
        self.log.seek(0, 2)
        before = self.server.count_certificates()
        answer = self.server.http(
            method, path + ("?" + query if query else ""), body, headers)
        reasons = REASON.findall(self.log.read())
        ra, issuer = self.signers(path)
        if message is not None and message.recipient == self.cert("ca"):
            ra = self.cert("ca")  # who is addressed answers (Q20)
        return Answer(answer.status, answer.headers["Content-Type"],
                      answer.body, message, answer.headers,
                      self.server.count_certificates() - before,
                      reasons[-1] if reasons else None, ra, ca or issuer)

    # -- what goes before

    def certified(self, path="/open", **more):
        """(Message, certificate) of an enrolment."""
        message = self.message(**more)
        return message, self.certificate_of(self.post(message, path))

    @staticmethod
    def certificate_of(answer):
        made = CertRep(answer.body, answer.message, answer.ra)
        made.open()
        return made.certs[0]

    def renewal(self, cert, **more):
        """A renewal of CERT, whose key is the first, for the second."""
        more.setdefault("message_type", RENEWALREQ)
        more.setdefault("csr_key", cms.key_of(2))
        return self.message(cert=cert, **more)

    def by_hand(self, issuer="ca", days=30, start=-1, **more):
        """A certificate from before mod_scep took over, or from elsewhere."""
        made = self.pairs[issuer]
        return cms.certificate(
            cms.key_of(1), more.pop("subject", cms.name("device")),
            cms.subject_of(encoded(made.cert)), made.key, days, start, **more)

    @staticmethod
    def poll(message, **more):
        """A CertPoll of MESSAGE's transaction."""
        more.setdefault("data", der.seq(cms.subject_of(message.recipient),
                                        message.subject))
        return message.again(message_type=CERTPOLL, **more)

    def scepctl(self, *words):
        return subprocess.run(
            [SCEPCTL, *words, "--state-dir", self.server.path("state")],
            check=True, text=True, stdout=subprocess.PIPE).stdout

    def decide(self, message, word="approve"):
        (number,) = self.server.query(
            "SELECT id FROM requests WHERE transaction_id = "
            f"'{message.transaction_id}'")[0]
        self.scepctl("requests", word, str(number))

    def revoke(self, cert, *words):
        serial = der.parse(cert).child(0).child(1).integer
        self.scepctl("certs", "revoke", f"{serial:X}", *words)
