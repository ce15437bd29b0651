# Licensed under the Apache License, Version 2.0; see LICENSE.
"""No oracle (invariant 7, S20): whatever is wrong inside an envelope, the reply
is the same except for nonce, time and signature. The time it takes is measured
and printed, but does not decide, because a loaded machine would fail the test.

SCEP_ORACLE is the number of requests of each class (60). For meaningful times
send 2,000, with `pytest -s`."""
import http.client
import os
import random
import statistics
import time

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import scepclient as scep
from httpdserver import sanitizer

COUNT = int(os.environ.get("SCEP_ORACLE", "60"))
# Nothing here depends on how httpd runs its children.
ONCE = pytest.mark.skipif(
    os.environ.get("SCEP_TEST_MPM", "event") != "event"
    or sanitizer() is not None,
    reason="the same under each MPM; a sanitizer has times of its own")


def padded(data):
    fill = 16 - len(data) % 16
    return data + bytes([fill]) * fill


class Maker:
    """Requests that are all alike but for what is inside the envelope."""

    def __init__(self, recipient):
        self.recipient = recipient
        self.request = scep.Request(recipient, "0" * 16, "oracle",
                                    key=scep.shared_key(0))
        self.csr = self.request.csr
        self.other_csr = scep.new_csr(scep.shared_key(1), "oracle", "0" * 16)
        self.template = scep.encrypt(self.csr, [recipient])

    def message(self, content_key, plain, transported=None, raw=None):
        """PLAIN encrypted with CONTENT_KEY; TRANSPORTED is the key that the
        RecipientInfo holds, RAW its RSA octets."""
        info = cms.ContentInfo.load(self.template)
        enveloped = info["content"]
        part = enveloped["encrypted_content_info"]
        iv = part["content_encryption_algorithm"]["parameters"].native
        encryptor = Cipher(algorithms.AES(content_key),
                           modes.CBC(iv)).encryptor()
        part["encrypted_content"] = (encryptor.update(plain)
                                     + encryptor.finalize())
        if raw is None:
            raw = self.recipient.public_key().encrypt(
                transported or content_key, padding.PKCS1v15())
        enveloped["recipient_infos"][0].chosen["encrypted_key"] = raw
        return self.request.der(info.dump(force=True))

    def bad_rsa_padding(self):
        numbers = self.recipient.public_key().public_numbers()
        block = int.from_bytes(b"\x00\x01" + os.urandom(254), "big")
        return self.message(os.urandom(16), padded(self.csr), raw=pow(
            block, numbers.e, numbers.n).to_bytes(256, "big"))

    def short_key(self):
        return self.message(os.urandom(16), padded(self.csr), os.urandom(8))

    def wrong_key(self):
        return self.message(os.urandom(16), padded(self.csr), os.urandom(16))

    def bad_cbc_padding(self):
        return self.message(os.urandom(16), padded(self.csr)[:-1] + b"\x00")

    def garbage(self):
        return self.message(os.urandom(16), padded(os.urandom(len(self.csr))))

    def broken_signature(self):
        broken = self.csr[:-1] + bytes([self.csr[-1] ^ 1])
        return self.message(os.urandom(16), padded(broken))

    def unknown_algorithm(self):
        known = core.ObjectIdentifier("1.2.840.113549.1.1.11").dump()
        at = self.csr.rindex(known) + len(known) - 1
        return self.message(os.urandom(16), padded(
            self.csr[:at] + b"\x63" + self.csr[at + 1:]))

    def nobodys_certificate(self):
        """Of a GetCert or GetCRL."""
        return self.message(os.urandom(16), padded(scep.issuer_and_serial(
            self.request.cert.subject, 7)))

    def somebody_elses(self):
        return self.message(os.urandom(16), padded(self.other_csr))


CLASSES = ("bad_rsa_padding", "short_key", "wrong_key", "bad_cbc_padding",
           "garbage", "broken_signature", "unknown_algorithm",
           "somebody_elses")
LOOKUPS = CLASSES + ("nobodys_certificate",)


def same_for_all(body):
    """BODY without senderNonce, signingTime and signature."""
    info = cms.ContentInfo.load(body)
    (signer,) = info["content"]["signer_infos"]
    signer["signature"] = b""
    kept = []
    for one in signer["signed_attrs"]:
        oid = one["type"].dotted
        if oid not in (scep.SENDER_NONCE, "1.2.840.113549.1.9.5"):
            kept.append(one.dump())
    signer["signed_attrs"] = cms.CMSAttributes([])
    return len(body), info.dump(force=True), kept


def distance(one, other):
    """Kolmogorov and Smirnov's: the largest distance between the two empirical
    distribution functions, and that which one in a hundred pairs of samples
    from the same distribution exceeds."""
    one, other = sorted(one), sorted(other)
    i = j = 0
    largest = 0.0
    while i < len(one) and j < len(other):
        value = min(one[i], other[j])
        while i < len(one) and one[i] == value:
            i += 1
        while j < len(other) and other[j] == value:
            j += 1
        largest = max(largest, abs(i / len(one) - j / len(other)))
    return largest, 1.63 * ((len(one) + len(other))
                            / (len(one) * len(other))) ** 0.5


def report(title, times):
    print(f"\n{title}, {len(times[CLASSES[0]])} of each class, milliseconds:")
    for name in times:
        rest = [t for other in times if other != name for t in times[other]]
        ks, limit = distance(times[name], rest)
        print(f"{name:19} median {statistics.median(times[name]):7.3f} "
              f"least {min(times[name]):7.3f}  K-S against the rest {ks:.3f} "
              f"(1 in 100: {limit:.3f})")
    worst = max((distance(times[a], times[b]), a, b) for a in times
                for b in times if a < b)
    print(f"worst pair: {worst[1]} and {worst[2]}, K-S {worst[0][0]:.3f} "
          f"(1 in 100: {worst[0][1]:.3f})")


def ask(server, maker, classes, count, title):
    """COUNT requests of each of CLASSES, in any order, to which the replies are
    all the same. Their times are printed. The last reply."""
    order = [name for name in classes for _ in range(count)]
    random.shuffle(order)
    replies, times = set(), {name: [] for name in classes}
    connection = http.client.HTTPConnection("127.0.0.1", server.port,
                                            timeout=60)
    for name in order:
        message = getattr(maker, name)()
        began = time.perf_counter()
        connection.request("POST", server.endpoint().path
                           + "?operation=PKIOperation", message)
        answer = connection.getresponse()
        body = answer.read()
        times[name].append(1000 * (time.perf_counter() - began))
        length, rest, kept = same_for_all(body)
        replies.add((answer.status, answer.headers["Content-Type"], length,
                     rest, tuple(kept)))
    connection.close()
    report(title, times)
    assert len(replies) == 1, replies
    return scep.Reply(body, maker.request, server.signers)


@ONCE
def test_reply_and_time_do_not_tell(httpd):
    server = httpd()
    server.expect("SCEP0137", "SCEP0140")
    reply = ask(server, Maker(server.ra_cert), CLASSES, COUNT, "PKCSReq")
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert reply.fail_text == "The request was refused."
    assert server.count_certificates() == 0
    # Each class was refused for what it is, not for something before it.
    assert server.count("SCEP0137") == (len(CLASSES) - 1) * COUNT
    assert server.count("SCEP0140") == COUNT


@ONCE
def test_lookups_do_not_tell(httpd):
    """A GetCert or GetCRL may be somebody else's block of ciphertext, put
    behind one whose plaintext can be chosen: an id of nobody's if the padding
    is good. Octet by octet that would read the block, so all that names
    nothing known here is answered as one."""
    server = httpd()
    maker = Maker(server.ra_cert)
    count = (COUNT + 1) // 2
    for title, kind, log in (("GetCert", scep.GETCERT, "SCEP0161"),
                             ("GetCRL", scep.GETCRL, "SCEP0162")):
        server.expect(log)
        maker.request.message_type = kind
        reply = ask(server, maker, LOOKUPS, count, title)
        assert (reply.status, reply.fail_info) == (
            scep.FAILURE, scep.BAD_CERT_ID)
        assert server.count(log) == len(LOOKUPS) * count


@ONCE
def test_poll_is_answered_without_decrypting(httpd):
    """Who has something to poll for must not learn what decrypts: a CertPoll's
    content is not looked at (R35)."""
    server = httpd()
    maker = Maker(server.ra_cert)
    request = maker.request = scep.Request(
        server.ra_cert, server.draw(), "polled", key=scep.shared_key(0))
    first = server.reply(server.endpoint().post(request.der()), request)
    assert first.status == scep.SUCCESS
    request.message_type = scep.CERTPOLL
    for name in CLASSES:
        reply = server.reply(server.endpoint().post(getattr(maker, name)()),
                             request)
        assert reply.status == scep.SUCCESS, name
        assert reply.certs == first.certs
