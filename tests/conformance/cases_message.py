# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The outer message: SignedData, its attributes and their cardinality, its
signer; limits."""
import functools

import cms
import der
from case import case, sends
from expect import (BAD_CERT_ID, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_TIME,
                    Check, Failure, Issued, Refused)

SYNTAX, LIMITS = Refused(400, "SCEP0120"), Refused(400, "SCEP0121")
NO_ID, NO_NONCE = Refused(400, "SCEP0122"), Refused(400, "SCEP0123")
BAD_SIGNATURE = Failure(BAD_MESSAGE_CHECK, "SCEP0131")
BAD_ATTRIBUTES = Failure(BAD_REQUEST, "SCEP0132")
IN_CLEAR = Failure(BAD_REQUEST, "SCEP0128")
NO_TYPE = Failure(BAD_REQUEST, "SCEP0133")


# ---- messageType (R20, R30, S1) ----

for number in (0, 1, 2, 3, 4, 16, 18, 23, 24, 99, 127, 128, 200, 255, 256,
               -19, 1900):
    sends(f"S1-messagetype-{number}", NO_TYPE, message_type=number)
for what, text in (("leading-zero", "019"), ("plus", "+19"), ("blank", "19 "),
                   ("hex", "0x13"), ("word", "nineteen"), ("float", "19.0")):
    sends(f"S1-messagetype-{what}", NO_TYPE, message_type=text)
sends("S1-messagetype-empty", BAD_ATTRIBUTES, message_type="")
sends("S1-messagetype-nul", BAD_ATTRIBUTES, message_type="19\0")
sends("S23-messagetype-long", BAD_ATTRIBUTES, message_type="1" * 17)


# ---- SCEP's attributes, each once (R27, R29, S25) ----

def without(oid):
    return lambda listed: sorted(one for one in listed
                                 if der.parse(one).child(0).oid != oid)


def instead(oid, *values):
    def edit(listed):
        return sorted([one for one in listed
                       if der.parse(one).child(0).oid != oid]
                      + [cms.attribute(oid, *values)])
    return edit


def twice(oid):
    def edit(listed):
        return sorted(listed + [one for one in listed
                                if der.parse(one).child(0).oid == oid])
    return edit


def edits(name, expectation, edit, path="/open", **more):
    sends(name, expectation, path, signed=dict(edit=edit), **more)


NAMES = {cms.MESSAGE_TYPE: ("messagetype", BAD_ATTRIBUTES),
         cms.TRANSACTION_ID: ("transactionid", NO_ID),
         cms.SENDER_NONCE: ("sendernonce", NO_NONCE)}
for oid, (word, expectation) in NAMES.items():
    edits(f"R27-no-{word}", expectation, without(oid))
    edits(f"S25-two-{word}s", expectation, twice(oid))
    edits(f"S25-{word}-without-value", expectation, instead(oid))
    edits(f"R27-{word}-of-wrong-type", expectation,
          instead(oid, der.integer(19)))
edits("S25-two-different-messagetypes", BAD_ATTRIBUTES, lambda listed: sorted(
    listed + [cms.attribute(cms.MESSAGE_TYPE, der.printable("17"))]))
edits("S25-messagetype-of-two-values", BAD_ATTRIBUTES,
      instead(cms.MESSAGE_TYPE, der.printable("17"), der.printable("19")))
edits("S25-transactionid-of-two-values", NO_ID, instead(
    cms.TRANSACTION_ID, der.printable("a"), der.printable("b")))
edits("S25-sendernonce-of-two-values", NO_NONCE, instead(
    cms.SENDER_NONCE, der.octets(b"a" * 16), der.octets(b"b" * 16)))
sends("Q23-challenge-in-clear", Issued(), extra=[cms.attribute(
    cms.CHALLENGE, der.printable("secret"))])
sends("Q23-challenge-in-clear-refused", IN_CLEAR, "/discreet", extra=[
    cms.attribute(cms.CHALLENGE, der.printable("secret"))])
sends("Q23-of-another-type-refused", IN_CLEAR, "/discreet", extra=[
    cms.attribute(cms.CHALLENGE, der.null(), der.utf8("secret"))])
sends("Q23-empty-and-no-envelope-refused", IN_CLEAR, "/discreet",
      no_envelope=True, extra=[cms.attribute(cms.CHALLENGE)])
sends("Q23-none-in-clear", Issued(), "/discreet", challenge="secret")
sends("R21-unknown-attribute", Issued(), extra=[cms.attribute(
    "1.3.6.1.4.1.99999.2", der.octets(b"x"), der.null())])
edits("Q77-attributes-unsorted", Issued(), lambda listed: sorted(
    listed, reverse=True))
sends("R29-id-of-255", Issued(), transaction_id="x" * 255)
sends("R29-id-of-256", NO_ID, transaction_id="x" * 256)
sends("R29-id-empty", NO_ID, transaction_id="")
sends("R29-id-of-1", Issued(), transaction_id="7")
sends("R29-Q58-id-of-64-hex", Issued(), transaction_id="c0ffee" * 10 + "9bad")
sends("R29-id-with-blanks", Issued(), transaction_id="serial: 12 (a+b)/c")
sends("R29-id-with-at-sign", Issued(), transaction_id="device@example_1*")
sends("R29-id-with-newline", NO_ID, transaction_id="a\nb")
sends("R29-id-with-nul", NO_ID, transaction_id="a\0b")
for count in (1, 8, 15, 16, 17, 64):
    sends(f"Q17-nonce-of-{count}", Issued(), nonce=b"n" * count)
sends("Q17-nonce-of-65", NO_NONCE, nonce=b"n" * 65)
sends("Q17-nonce-empty", NO_NONCE, signed=dict(edit=instead(
    cms.SENDER_NONCE, der.octets(b""))))
sends("R31-nonce-of-failure", Failure(BAD_REQUEST, "SCEP0133"),
      nonce=b"12345678", message_type=99)
sends("Q81-no-nonce", Issued(), "/careless", nonce=b"")
sends("Q81-no-nonce-refused", NO_NONCE, nonce=b"")
sends("Q83-empty-content", Failure(BAD_REQUEST, "SCEP0133", content=b""),
      "/careless", message_type=99)


# ---- SignedData (R19 to R21, R26, S5, S21, S23) ----

sends("R19-enveloped-as-type", Issued(), signed=dict(
    content_type=cms.ENVELOPED))
sends("R19-signed-as-type", SYNTAX, signed=dict(content_type=cms.SIGNED))
sends("R19-outer-is-data", SYNTAX, signed=dict(outer_type=cms.DATA))
sends("R19-outer-is-enveloped", SYNTAX, signed=dict(outer_type=cms.ENVELOPED))
case("R19-csr-alone", SYNTAX, lambda world: world.post(
    world.message(), octets=world.message().data))
case("R19-envelope-alone", SYNTAX, lambda world: world.post(
    world.message(), octets=cms.Envelope(b"x", world.cert("ra")).der()))
case("R25-csr-not-encrypted", Failure(BAD_REQUEST, "SCEP0134"),
     lambda world: world.post(world.message(
         content=world.message().data)))
sends("R20-no-envelope", Failure(BAD_REQUEST, "SCEP0134"), no_envelope=True)
sends("R20-empty-content", Failure(BAD_REQUEST, "SCEP0134"), content=b"")
sends("R20-content-is-no-string", SYNTAX, signed=dict(
    raw_content=der.integer(1)))
sends("R21-no-attributes", SYNTAX, signed=dict(no_attributes=True))
edits("R21-no-contenttype", BAD_SIGNATURE, without(cms.CONTENT_TYPE))
edits("R21-no-messagedigest", BAD_SIGNATURE, without(cms.MESSAGE_DIGEST))
edits("S25-two-contenttypes", BAD_SIGNATURE, twice(cms.CONTENT_TYPE))
edits("S25-two-messagedigests", BAD_SIGNATURE, twice(cms.MESSAGE_DIGEST))
sends("R21-contenttype-of-another", BAD_ATTRIBUTES, signed=dict(
    type_attribute=cms.ENVELOPED))
sends("S5-messagedigest", BAD_SIGNATURE, signed=dict(
    digest_attribute=b"\0" * 32))
for at in (0, 127, 255):
    sends(f"S5-signature-octet-{at}", BAD_SIGNATURE, signed=dict(
        signature=lambda made, at=at: cms.flip(made, at)))
sends("S5-signature-empty", BAD_SIGNATURE, signed=dict(
    signature=lambda made: b""))
sends("S5-signature-longer", BAD_SIGNATURE, signed=dict(
    signature=lambda made: made + b"\0"))
sends("S5-signed-by-another-key", BAD_SIGNATURE,
      cert=cms.certificate(cms.key_of(2)))
case("S5-attributes-changed", BAD_SIGNATURE, lambda world: replaced(
    world, b"\x13\x0219", b"\x13\x0217"))
case("S5-transactionid-changed", BAD_SIGNATURE, lambda world: replaced(
    world, b"my-transaction", b"no-transaction", answer="no-transaction"))


def replaced(world, old, new, answer=None):
    """A message with OLD replaced by NEW after it was signed."""
    message = world.message(transaction_id="my-transaction")
    octets = message.der()
    assert octets.count(old) == 1
    sent = message.again(nonce=message.nonce, transaction_id=answer
                         or message.transaction_id)
    return world.post(sent, octets=octets.replace(old, new))


sends("S23-no-signer", SYNTAX, signed=dict(signers=lambda info: []))
sends("S23-two-signers", LIMITS, signed=dict(
    signers=lambda info: [info, info]))
sends("S23-unsigned-attributes", Issued(), signed=dict(
    unsigned=der.context(1, cms.attribute("1.3.6.1.4.1.99999.3", der.null()))))
sends("S23-32-attributes", Issued(), extra=[
    cms.attribute(f"1.3.6.1.4.1.99999.{n}", der.null()) for n in range(27)])
sends("S23-33-attributes", LIMITS, extra=[
    cms.attribute(f"1.3.6.1.4.1.99999.{n}", der.null()) for n in range(28)])
case("S23-eight-certificates", Issued(), lambda world: with_certs(world, 8))
case("S23-nine-certificates", LIMITS, lambda world: with_certs(world, 9))
sends("S23-crls", LIMITS, signed=dict(crls=[der.seq()]))
sends("S23-too-deep", LIMITS, extra=[cms.attribute(
    "1.3.6.1.4.1.99999.4", functools.reduce(
        lambda inner, _: der.seq(inner), range(40), der.null()))])
sends("S23-trailing-octets", SYNTAX, signed=dict(after=b"\0"))
sends("S23-five-digestalgorithms", LIMITS, signed=dict(digest_algorithms=[
    cms.algorithm(cms.DIGESTS[d][0]) for d in cms.DIGESTS][:5]))
case("R66-cut-off", SYNTAX, lambda world: world.post(
    world.message(), octets=world.message().der()[:-1]))
case("R66-garbage", SYNTAX, lambda world: world.post(
    world.message(), octets=b"\xff" * 300))
case("S23-length-of-4-gigabytes", SYNTAX, lambda world: world.post(
    world.message(), octets=b"\x30\x84\xff\xff\xff\xff" + b"\0" * 20))
case("S23-length-of-127-octets", SYNTAX, lambda world: world.post(
    world.message(), octets=b"\x30\xff" + b"\xff" * 200))


def with_certs(world, count):
    message = world.message()
    others = [cms.certificate(cms.key_of(2)) for _ in range(count - 1)]
    message.signed = dict(certs=others + [message.cert])
    return world.post(message)


# ---- BER (Q13, Q67) ----

sends("Q13-ber-outer", Issued(), signed=dict(ber=True))
sends("Q13-ber-envelope", Issued(), envelope=dict(ber=True))
sends("Q13-Q67-ber-indefinite", Issued(), signed=dict(ber=True),
      envelope=dict(ber=True))
sends("Q82-encryptedcontent-explicit", Issued(),
      envelope=dict(explicit=True))


# ---- the signer (R6, R7, R11, Q12, Q26) ----

KEY = cms.key_of(1)
sends("R6-Q12-self-signed-by-another-name", Issued(),
      cert=cms.certificate(KEY, cms.name("4711-temporary")))
sends("Q26-critical-aki", Issued(), cert=cms.certificate(
    KEY, cms.name("SCEP Protocol Certificate"), digest="sha1", extensions=[
        cms.extension("2.5.29.35", der.seq(der.context(
            0, b"k" * 20, constructed=False)), True)]))
sends("R6-expired-self-signed", Issued(), cert=cms.certificate(
    KEY, start=-900, days=30))
sends("R6-self-signed-of-tomorrow", Issued(), cert=cms.certificate(
    KEY, start=1))
sends("R6-keyusage-is-ignored", Issued(), cert=cms.certificate(
    KEY, extensions=[cms.extension("2.5.29.15", der.bits(b"\x02", 1), True)]))
sends("R6-serial-of-20-octets", Issued(), cert=cms.certificate(
    KEY, serial=(1 << 158) + 5))
sends("R6-negative-serial", Issued(), cert=cms.certificate(KEY, serial=-77))
case("R11-signer-is-not-first", Issued(), lambda world: with_certs(world, 3))
sends("R11-signer-not-enclosed", BAD_SIGNATURE, signed=dict(certs=[]))
sends("R11-only-another-enclosed", BAD_SIGNATURE, signed=dict(
    certs=[cms.certificate(cms.key_of(2))]))
sends("R7-csr-of-another-key", Failure(BAD_REQUEST, "SCEP0140"),
      csr_key=cms.key_of(2))
sends("R7-csr-of-another-key-allowed", Issued(), "/signs",
      csr_key=cms.key_of(2))
sends("R7-csr-of-another-subject", Issued(), cert=cms.certificate(
    KEY, cms.name("temporary")), subject=cms.name("someone"))


# ---- time (Q80, S28) ----

def at(element):
    return [cms.attribute(cms.SIGNING_TIME, element)]


LATE = Failure(BAD_TIME, "SCEP0129")
for minutes, expected in ((-4, Issued()), (4, Issued()), (-8, LATE),
                          (8, LATE)):
    case(f"Q80-signingtime-{minutes}-minutes", expected,
         lambda world, minutes=minutes: world.post(world.message(
             extra=at(der.time(der.now(minutes=minutes)))), "/time"))
sends("Q80-no-signingtime", Issued(), "/time")
sends("Q80-signingtime-of-1970", Issued(), extra=at(
    der.tlv(der.UTC, b"700101000000Z")))
for number, text in enumerate((
        b"00000101000000Z", b"99991231235959Z", b"20260230000000Z",
        b"20261301000000Z", b"20260101246060Z", b"", b"x", b"2026",
        b"20260101000000.123Z", b"20260101000000+0100")):
    sends(f"S28-odd-time-{number}", Issued(), extra=at(
        der.tlv(der.GENERALIZED, text)))
sends("S28-time-is-no-time", Issued(), extra=at(der.integer(7)))
sends("R28-reply-has-all", Issued(Check("oids", {
    cms.MESSAGE_TYPE, cms.PKI_STATUS, cms.TRANSACTION_ID, cms.SENDER_NONCE,
    cms.RECIPIENT_NONCE, cms.CONTENT_TYPE, cms.MESSAGE_DIGEST,
    cms.SIGNING_TIME}, {cms.MESSAGE_TYPE})))
sends("R47-Q79-recipient-unknown", Failure(BAD_CERT_ID, "SCEP0136"),
      recipient="old")
