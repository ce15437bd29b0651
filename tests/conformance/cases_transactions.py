# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Transactions: retries, polls, an operator's decision; GetCert and GetCRL;
renewal."""
import dataclasses
import time

import cms
import der
from case import case
from expect import (BAD_ALG, BAD_CERT_ID, BAD_REQUEST, Check, Failure, Found,
                    Issued, Pending)
from message import GETCERT, GETCRL, PKCSREQ, RENEWALREQ
from reply import need

UNMATCHED = Failure(BAD_CERT_ID, "SCEP0166")
REUSED = Failure(BAD_REQUEST, "SCEP0142")
SAME = Issued(Check("same", True, False), issued=0)
NEW = Issued(Check("same", False, True))
SECOND = cms.key_of(2)


def issued(then, path="/open", **more):
    """THEN(world, message, certificate) after an enrolment; its answer knows
    the certificate."""
    def send(world):
        message, cert = world.certified(path, **more)
        return dataclasses.replace(then(world, message, cert), before=cert)
    return send


def waiting(then, path="/manual", word=None):
    """THEN(world, message) when an operator has to decide, or has."""
    def send(world):
        message = world.message()
        assert Pending().complaints(world.post(message, path)) == []
        if word:
            world.decide(message, word)
        return then(world, message)
    return send


def other_csr(message, **more):
    return message.again(data=cms.csr(message.key, cms.name("other")), **more)


def other_key(message, **more):
    return message.again(**dict(dict(key=SECOND, cert=None, data=None,
                                     subject=message.subject), **more))


def newer_id(world, message):
    """A poll for what a newer request of the same key has replaced."""
    newer = other_csr(message, transaction_id="newer")
    assert Pending().complaints(world.post(newer, "/manual")) == []
    return world.post(world.poll(message), "/manual")


# ---- ids and keys, cell by cell (R35, R39, R40, S10, S16) ----

case("R39-none-poll", UNMATCHED,
     lambda world: world.post(world.poll(world.message())))
case("R42-issued-same-csr", SAME, issued(
    lambda world, message, _: world.post(message.again())))
case("Q48-issued-same-nonce", SAME, issued(
    lambda world, message, _: world.post(message.again(nonce=message.nonce))))
case("S16-issued-same-octets", SAME, lambda world: replay(world))
case("Q10-issued-another-self-signed-signer", SAME, issued(
    lambda world, message, _: world.post(message.again(
        cert=cms.certificate(message.key, cms.name("again"))))))
case("R42-issued-other-csr", NEW, issued(
    lambda world, message, _: world.post(other_csr(message))))
def duplicate(first, again, path="/unique"):
    """Of one subject twice; FIRST and AGAIN are what the messages have."""
    def send(world):
        world.certified(path, **first)
        return world.post(world.message(**again), path)
    return send


TAKEN = Failure(BAD_REQUEST, "SCEP0165")
case("R42-duplicate-refused", TAKEN, duplicate(
    dict(subject=cms.name("taken 1")), dict(
        subject=cms.name("Taken  1", string=der.printable), key=2)))
case("R42-duplicate-of-another-order", TAKEN, duplicate(
    dict(subject=cms.name("taken 2", ("2.5.4.10", der.utf8("x")))),
    dict(subject=der.seq(*reversed([one.raw for one in der.parse(cms.name(
        "taken 2", ("2.5.4.10", der.utf8("x")))).children])), key=2)))
case("R42-duplicate-of-the-same-key", Issued(), duplicate(
    dict(subject=cms.name("taken 3")), dict(subject=cms.name("taken 3"))))
case("R42-duplicate-allowed", Issued(), duplicate(
    dict(subject=cms.name("taken 4")), dict(
        subject=cms.name("taken 4"), key=2), "/open"))
SANS = dict(subject=cms.name(None), csr=dict(attributes=[
    cms.extension_request(cms.general_names(cms.dns("a.example.org")))]))
case("R42-no-subject-is-nobodys", Issued(), duplicate(SANS, dict(SANS, key=2)))
case("S10-issued-other-key-same-id", REUSED, issued(
    lambda world, message, _: world.post(other_key(message))))
case("R40-issued-poll", SAME, issued(
    lambda world, message, _: world.post(world.poll(message))))
case("S10-issued-poll-by-another-key", UNMATCHED, issued(
    lambda world, message, _: world.post(other_key(world.poll(message)))))
case("R42-issued-window-over", NEW, issued(
    lambda world, message, _: world.post(message.again(), "/noretry"),
    "/noretry"))
case("R40-issued-poll-under-another-id", UNMATCHED, issued(
    lambda world, message, _: world.post(world.poll(
        message, transaction_id="another"))))
case("S10-same-id-at-another-ca", Issued(), issued(
    lambda world, message, _: world.post(world.message(
        recipient="other", transaction_id=message.transaction_id), "/other")))
case("S10-poll-at-another-ca", UNMATCHED, issued(
    lambda world, message, _: world.post(world.poll(message.again(
        recipient=world.cert("other"))), "/other")))
case("R17-pending", Pending(), lambda world: world.post(
    world.message(), "/manual"))
case("R17-pending-same-csr", Pending(), waiting(
    lambda world, message: world.post(message.again(), "/manual")))
case("R41-pending-other-csr", REUSED, waiting(
    lambda world, message: world.post(other_csr(message), "/manual")))
case("S10-pending-other-key", REUSED, waiting(
    lambda world, message: world.post(other_key(message), "/manual")))
case("R41-pending-newer-id", Failure(BAD_REQUEST, "SCEP0167"), waiting(
    lambda world, message: newer_id(world, message)))
case("S10-pending-same-id-with-a-password", Issued(), waiting(
    lambda world, message: world.post(world.message(
        key=SECOND, challenge=world.draw(),
        transaction_id=message.transaction_id), "/bound")))
case("R35-pending-poll", Pending(), waiting(
    lambda world, message: world.post(world.poll(message), "/manual")))
case("S10-pending-poll-by-another-key", UNMATCHED, waiting(
    lambda world, message: world.post(other_key(world.poll(message)),
                                      "/manual")))
case("R17-approved-poll", Issued(), waiting(
    lambda world, message: world.post(world.poll(message), "/manual"),
    word="approve"))
case("R17-approved-same-csr", Issued(), waiting(
    lambda world, message: world.post(message.again(), "/manual"),
    word="approve"))
case("S10-approved-poll-by-another-key", UNMATCHED, waiting(
    lambda world, message: world.post(other_key(world.poll(message)),
                                      "/manual"), word="approve"))
case("R17-rejected-poll", Failure(BAD_REQUEST, "SCEP0167"), waiting(
    lambda world, message: world.post(world.poll(message), "/manual"),
    word="reject"))
case("R17-rejected-same-csr", Failure(BAD_REQUEST, "SCEP0167"), waiting(
    lambda world, message: world.post(message.again(), "/manual"),
    word="reject"))
case("S10-rejected-poll-by-another-key", UNMATCHED, waiting(
    lambda world, message: world.post(other_key(world.poll(message)),
                                      "/manual"), word="reject"))


def over(then):
    def send(world, message):
        time.sleep(1.1)
        return then(world, message)
    return waiting(send, "/short")


case("R44-window-over-poll", Failure(BAD_REQUEST, "SCEP0168"), over(
    lambda world, message: world.post(world.poll(message), "/short")))
case("R44-window-over-same-csr", Failure(BAD_REQUEST, "SCEP0168"), over(
    lambda world, message: world.post(message.again(), "/short")))


def replay(world):
    message = world.message()
    octets = message.der()
    cert = world.certificate_of(world.post(message, octets=octets))
    return dataclasses.replace(world.post(message, octets=octets),
                               before=cert)


# ---- whatever a poll holds (R35, Q54, Q68) ----

CONTENTS = {
    "R35-poll-of-nothing": lambda world, message: b"",
    "R35-poll-of-garbage": lambda world, message: b"\xff" * 40,
    "Q54-poll-swapped": lambda world, message: der.seq(
        message.subject, cms.subject_of(world.cert("ca"))),
    "Q54-poll-of-text": lambda world, message: b"/CN=Issuing /CN=device",
    "Q68-poll-of-issuer": lambda world, message: der.seq(
        cms.subject_of(world.cert("root")), message.subject),
    "R35-poll-of-a-csr": lambda world, message: message.data}
for title, make in CONTENTS.items():
    case(title, SAME, issued(lambda world, message, _, make=make: world.post(
        world.poll(message, data=make(world, message)))))
case("R35-poll-that-does-not-decrypt", SAME, issued(
    lambda world, message, _: world.post(world.poll(message, envelope=dict(
        encrypted_key=b"\1" * 256)))))
case("R39-poll-to-nobody", Failure(BAD_CERT_ID, "SCEP0136"), issued(
    lambda world, message, _: world.post(world.poll(
        message, recipient=world.cert("old")))))


# ---- GetCert, GetCRL (R36 to R38, R46, Q69) ----

NO_CERT, NO_CRL = (Failure(BAD_CERT_ID, reason)
                   for reason in ("SCEP0161", "SCEP0162"))
GARBAGE = Failure(BAD_REQUEST, "SCEP0137",
                  Check("text", "The request was refused."))
CERT = Found(Check("same", True, False))


class Crl(Found):
    """The CRL, of the CA."""

    def __init__(self, *checks):
        super().__init__(*checks, crl=True)

    def check_success(self, made, answer):
        parts = der.parse(made.crls[0]).child(0).children
        need(parts[2].raw == cms.subject_of(answer.ca), "another CA's CRL")


def ask(kind, data, **more):
    return lambda world, message, cert: world.post(world.message(
        message_type=kind, data=data(world, cert), **more))


def own(_, cert):
    return cms.issuer_and_serial(cert)


case("R36-getcert", CERT, issued(ask(GETCERT, own)))
case("Q69-getcert-issuer-of-another-string-type", CERT, issued(ask(
    GETCERT, lambda world, cert: cms.issuer_and_serial(cert, cms.name(
        "issuing", ("2.5.4.10", der.printable("TESTS")),
        string=der.printable)))))
case("R36-getcert-by-a-stranger", NO_CERT, issued(ask(GETCERT, own,
                                                      key=SECOND)))
case("R36-getcert-unknown-serial", NO_CERT, issued(ask(
    GETCERT, lambda world, cert: der.seq(cms.subject_of(world.cert("ca")),
                                         der.integer(4711)))))
case("Q68-getcert-of-the-cas-issuer", NO_CERT, issued(ask(
    GETCERT, lambda world, cert: cms.issuer_and_serial(
        cert, cms.subject_of(world.cert("root"))))))
case("R36-getcert-by-the-certificate", CERT, issued(
    lambda world, message, cert: world.post(world.message(
        message_type=GETCERT, data=own(world, cert), cert=cert))))
case("R37-getcrl", Crl(), issued(ask(GETCRL, own)))
case("R37-getcrl-of-any-serial", Crl(), issued(ask(
    GETCRL, lambda world, cert: der.seq(cms.subject_of(world.cert("ca")),
                                        der.integer(99)), key=SECOND)))
case("R37-getcrl-of-another-ca", NO_CRL, issued(ask(
    GETCRL, lambda world, cert: cms.issuer_and_serial(world.cert("other")))))
# As what names nothing known here, whatever it is (S20).
for kind, word, garbage in ((GETCERT, "getcert", NO_CERT),
                            (GETCRL, "getcrl", NO_CRL)):
    for what, data in (("nothing", b""), ("sequence", der.seq()),
                       ("garbage", b"\xff" * 5000), ("ber", b"\x30\x80" * 40),
                       ("long-serial", der.seq(cms.name("x"), der.tlv(
                           der.INTEGER, b"\1" * 65)))):
        case(f"S23-{word}-{what}", garbage, issued(ask(
            kind, lambda world, cert, data=data: data)))


# ---- renewal (R8 to R18, Q9, Q12, Q47, S7, S8, S27, R71) ----

def renews(name, expectation, make, path="/bound", kind=None, first=None):
    """MAKE(world, certificate) gives a Message about a certificate of the
    first key."""
    for number in (kind,) if kind else (RENEWALREQ, PKCSREQ):
        def send(world, number=number):
            cert = world.certified(**(first or {}))[1]
            message = make(world, cert)
            message.message_type = number
            return dataclasses.replace(world.post(message, path), before=cert)
        case(f"{name}-by-{number}", expectation, send)


def plain(world, cert, **more):
    return world.renewal(cert, **more)


NAMES = Failure(BAD_REQUEST, "SCEP0148")
VALIDITY, REVOKED, NOT_OURS = (Failure(BAD_REQUEST, f"SCEP01{n}")
                               for n in (46, 45, 44))
SAN = [cms.extension_request(cms.general_names(cms.dns("a.example.org")))]
MORE = [cms.extension_request(cms.general_names(
    cms.dns("a.example.org"), cms.dns("b.example.org")))]
renews("R8-R12-Q9-Q47-new-key", NEW, plain)
renews("R18-same-key", NEW, lambda world, cert: world.renewal(
    cert, csr_key=None))
renews("R14-stale-challenge", NEW, lambda world, cert: world.renewal(
    cert, challenge="0" * 16))
renews("R14-empty-challenge", NEW, lambda world, cert: world.renewal(
    cert, challenge=der.printable("")))
renews("R15-both", NEW, lambda world, cert: world.renewal(
    cert, challenge=world.draw()), "/both")
renews("R15-no-challenge", Failure(BAD_REQUEST, "SCEP0151"), plain, "/both")
renews("R15-stale-challenge", Failure(BAD_REQUEST, "SCEP0153"),
       lambda world, cert: world.renewal(cert, challenge="0" * 16), "/both")


def spent(world, cert):
    password = world.draw()
    world.certified("/both", challenge=password)
    return world.renewal(cert, challenge=password)


renews("R15-challenge-used-twice", Failure(BAD_REQUEST, "SCEP0155"), spent,
       "/both")
renews("R15-challenge-alone", NOT_OURS, lambda world, cert: world.renewal(
    cms.certificate(cms.key_of(1)), challenge=world.draw()), "/both",
       RENEWALREQ)
renews("R11-chain-enclosed", NEW, lambda world, cert: world.renewal(
    cert, signed=dict(certs=[world.cert("root"), world.cert("ca"), cert])))
renews("R10-from-before-us", NEW, lambda world, cert: world.renewal(
    world.by_hand()))
renews("R18-expired", NEW, lambda world, cert: world.renewal(
    world.by_hand(days=30, start=-400)))
renews("S7-expired-where-off", VALIDITY, lambda world, cert: world.renewal(
    world.by_hand(days=30, start=-400)), "/strict", RENEWALREQ)
renews("S7-expired-29-days", NEW, lambda world, cert: world.renewal(
    world.by_hand(days=31, start=-60)), "/month")
renews("S7-expired-31-days", VALIDITY, lambda world, cert: world.renewal(
    world.by_hand(days=29, start=-60)), "/month", RENEWALREQ)
renews("S7-not-yet-valid", VALIDITY, lambda world, cert: world.renewal(
    world.by_hand(start=2)), kind=RENEWALREQ)
renews("R18-too-early", Failure(BAD_REQUEST, "SCEP0147"), plain, "/late",
       RENEWALREQ)
renews("R18-late-enough", NEW, lambda world, cert: world.renewal(
    world.by_hand(days=30, start=-28)), "/late")


def revoked(world, cert):
    world.revoke(cert)
    return world.renewal(cert)


renews("S7-revoked", REVOKED, revoked)
renews("R9-S7-foreign-ca", NOT_OURS, lambda world, cert: world.renewal(
    world.by_hand("old")), kind=RENEWALREQ)
renews("R9-trusted-ca", NEW, lambda world, cert: world.renewal(
    world.by_hand("old")), "/trust")
renews("S7-self-signed", NOT_OURS, lambda world, cert: world.renewal(
    cms.certificate(cms.key_of(1))), kind=RENEWALREQ)
renews("S7-cas-name-forged", NOT_OURS, lambda world, cert: world.renewal(
    cms.certificate(cms.key_of(1), cms.name("device"),
                    cms.subject_of(world.cert("ca")), cms.key_of(1))),
       kind=RENEWALREQ)
renews("R16-self-signed-and-no-challenge", Failure(BAD_REQUEST, "SCEP0151"),
       lambda world, cert: world.renewal(
           cms.certificate(cms.key_of(1)), csr_key=None), kind=PKCSREQ)
renews("S7-signed-by-the-ra", NAMES, lambda world, cert: world.renewal(
    world.cert("ra"), key=world.pairs["ra"].key), kind=RENEWALREQ)
renews("S7-signed-by-the-ca", NOT_OURS, lambda world, cert: world.renewal(
    world.cert("ca"), key=world.pairs["ca"].key), kind=RENEWALREQ)
renews("R8-off", Failure(BAD_REQUEST, "SCEP0143"), plain, "/off", RENEWALREQ)
renews("R8-off-same-key", Failure(BAD_REQUEST, "SCEP0151"),
       lambda world, cert: world.renewal(cert, csr_key=None), "/off", PKCSREQ)
renews("S8-other-subject", NAMES, lambda world, cert: world.renewal(
    cert, subject=cms.name("admin")), kind=RENEWALREQ)
renews("S8-second-cn", NAMES, lambda world, cert: world.renewal(
    cert, subject=cms.name("device", ("2.5.4.3", der.utf8("admin")))),
       kind=RENEWALREQ)
renews("S8-san-added", NAMES, lambda world, cert: world.renewal(
    cert, csr=dict(attributes=SAN)), kind=RENEWALREQ)
renews("S8-san-kept", NEW, lambda world, cert: world.renewal(
    cert, csr=dict(attributes=SAN)), first=dict(csr=dict(attributes=SAN)))
renews("S8-san-widened", NAMES, lambda world, cert: world.renewal(
    cert, csr=dict(attributes=MORE)), kind=RENEWALREQ,
       first=dict(csr=dict(attributes=SAN)))
renews("S8-san-dropped", NAMES, plain, kind=RENEWALREQ,
       first=dict(csr=dict(attributes=SAN)))
renews("S8-case-and-string-type", NEW, lambda world, cert: world.renewal(
    cert, subject=cms.name("DEVICE", string=der.printable)))
renews("S8-other-subject-allowed", NEW, lambda world, cert: world.renewal(
    cert, subject=cms.name("admin")), "/names")
renews("R71-S27-sha1", Failure(BAD_ALG, "SCEP0149", digest="sha1"),
       lambda world, cert: world.renewal(cert, signed=dict(digest="sha1")),
       "/sha256", RENEWALREQ)
renews("S27-md5", Failure(BAD_ALG, "SCEP0149", digest="md5"),
       lambda world, cert: world.renewal(cert, signed=dict(digest="md5")),
       "/legacy", RENEWALREQ)
renews("R69-csr-signature", GARBAGE, lambda world, cert: world.renewal(
    cert, csr=dict(spoil=True)))
renews("S5-renewal-signature", Failure(1, "SCEP0131"),
       lambda world, cert: world.renewal(cert, signed=dict(
           signature=cms.flip)))
case("R47-for-the-next-ca", Issued(), lambda world: world.post(
    world.message(recipient="next"), "/rolling", ca=world.cert("next")))
case("R47-for-the-current-ca", Issued(), lambda world: world.post(
    world.message(recipient="rolling"), "/rolling"))
