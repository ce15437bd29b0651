# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The challenge and its types, which parts of a request are certified, and
the settings of endpoints."""
import cms
import der
from case import case, sends
from expect import (BAD_REQUEST, Check, Failure, Issued)

NO_AUTH = Check("text", "The request was not authorized.")
MISSING, MALFORMED, UNKNOWN, SPENT = (
    Failure(BAD_REQUEST, f"SCEP01{n}", NO_AUTH) for n in (51, 52, 53, 55))
REFUSED = Failure(BAD_REQUEST, "SCEP0137",
                  Check("text", "The request was refused."))


# ---- challengePassword (R13, R34, R68, S15) ----

def enrols(name, expectation, make, path="/bound", **more):
    """MAKE(password) is the challenge."""
    case(name, expectation, lambda world: world.post(world.message(
        challenge=make(world.draw()), **more), path))


STRINGS = {"printable": der.printable, "utf8": der.utf8,
           "ia5": lambda text: der.tlv(der.IA5, text.encode()),
           "t61": lambda text: der.tlv(der.T61, text.encode()),
           "bmp": lambda text: der.tlv(der.BMP, text.encode("utf-16-be")),
           "universal": lambda text: der.tlv(0x1C, text.encode("utf-32-be"))}
for word, make in STRINGS.items():
    enrols(f"R34-challenge-{word}", Issued(), make)
enrols("R34-challenge-octet-string", MALFORMED,
       lambda text: der.octets(text.encode()))
enrols("R34-challenge-integer", MALFORMED, lambda text: der.integer(7))
enrols("R34-challenge-with-nul", MALFORMED,
       lambda text: der.utf8(text + "\0"))
enrols("R34-challenge-no-utf8", MALFORMED, lambda text: der.utf8(b"\xff\xfe"))
enrols("R34-challenge-of-odd-bmp", MALFORMED,
       lambda text: der.tlv(der.BMP, b"\0a\0"))
enrols("R34-challenge-of-9000", MALFORMED, lambda text: der.utf8("x" * 9000))
enrols("Q34-challenge-of-4000", UNKNOWN, lambda text: der.utf8("x" * 4000))
enrols("R34-challenge-empty", MISSING, lambda text: der.printable(""))
enrols("R68-challenge-wrong", UNKNOWN, lambda text: text[:-1]
       + ("0" if text[-1] != "0" else "1"))
enrols("R68-challenge-longer", UNKNOWN, lambda text: text + "0")
enrols("R68-challenge-shorter", UNKNOWN, lambda text: text[:-1])
sends("R13-no-challenge", MISSING, "/bound")
case("R34-two-challenges", MALFORMED, lambda world: world.post(world.message(
    challenge=world.draw(), csr=dict(attributes=[cms.attribute(
        cms.CHALLENGE, der.printable("another"))])), "/bound"))
case("R34-challenge-of-two-values", MALFORMED, lambda world: world.post(
    world.message(csr=dict(attributes=[cms.attribute(
        cms.CHALLENGE, der.printable(world.draw()),
        der.printable("another"))])), "/bound"))
case("R34-challenge-without-value", MISSING, lambda world: world.post(
    world.message(csr=dict(attributes=[cms.attribute(cms.CHALLENGE)])),
    "/bound"))


def twice(world):
    password = world.draw()
    world.certified("/bound", challenge=password)
    return world.post(world.message(challenge=password, key=2), "/bound")


def after(**wrong):
    """A good request after one that failed with the same password (S15)."""
    def send(world):
        password = world.draw()
        failed = world.post(world.message(challenge=password, **wrong),
                            "/bound")
        assert failed.issued == 0
        return world.post(world.message(challenge=password), "/bound")
    return send


case("R13-R68-challenge-used-twice", SPENT, twice)
case("S15-after-a-broken-csr", Issued(), after(csr=dict(spoil=True)))
case("S15-after-a-refused-key", Issued(), after(
    key=cms.key_of(1, bits=1024)))
case("S15-after-another-signer", Issued(), after(csr_key=cms.key_of(2)))
sends("Q23-challenge-outside-does-not-count", MISSING, "/bound", extra=[
    cms.attribute(cms.CHALLENGE, der.printable("F" * 16))])


# ---- what is certified (S6, S18, S29, S30, Q7, Q30, Q76) ----

def extensions(*listed, oid=cms.EXTENSION_REQ):
    return dict(attributes=[cms.extension_request(*listed, oid=oid)])


KU, BC, EKU = "2.5.29.15", "2.5.29.19", "2.5.29.37"
NTDS = "1.3.6.1.4.1.311.25.2"
NO_CA = Check("is_ca", False, True)
USAGE = Check("usage", ["digital_signature", "key_encipherment"],
              ["key_cert_sign"])
CLIENT = Check("eku", ["1.3.6.1.5.5.7.3.2"], ["2.5.29.37.0"])
OURS = Check("extensions", {
    "2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.35", "2.5.29.37"}, {NTDS})
DEVICE = Check("subject", cms.name("device"), cms.name("admin"))


def san(*names):
    return Check("san", list(names), ["admin.example.org"])


sends("S6-plain", Issued(NO_CA, USAGE, CLIENT, OURS, DEVICE, san()))
sends("S6-ca-true", Issued(NO_CA, USAGE, OURS), csr=extensions(
    cms.extension(BC, der.seq(der.boolean(True)), True)))
sends("S6-keycertsign", Issued(NO_CA, USAGE), csr=extensions(
    cms.extension(KU, der.bits(b"\x06", 1), True)))
sends("S6-all-usages", Issued(USAGE), csr=extensions(
    cms.extension(KU, der.bits(b"\xff\x80", 7), True)))
sends("S6-one-usage", Issued(Check("usage", ["digital_signature"],
                                   ["key_encipherment"])),
      csr=extensions(cms.extension(KU, der.bits(b"\x80", 7), True)))
sends("S6-any-eku", Issued(CLIENT), csr=extensions(
    cms.extension(EKU, der.seq(der.oid("2.5.29.37.0")))))
sends("S6-smartcard-logon", Issued(CLIENT), csr=extensions(cms.extension(
    EKU, der.seq(der.oid("1.3.6.1.4.1.311.20.2.2"),
                 der.oid("1.3.6.1.5.5.7.3.1")))))
sends("S6-odd-extension", Issued(OURS), csr=extensions(
    cms.extension("1.3.6.1.4.1.99999.7", der.null(), True)))
sends("S6-template-name", Issued(OURS), csr=extensions(cms.extension(
    "1.3.6.1.4.1.311.20.2", der.tlv(der.BMP, "User".encode("utf-16-be")))))
sends("S6-crl-and-aia-of-its-own", Issued(OURS), csr=extensions(
    cms.extension("1.3.6.1.5.5.7.1.1", der.seq()),
    cms.extension("2.5.29.31", der.seq())))
sends("S18-sid-extension", Issued(OURS), csr=extensions(cms.extension(
    NTDS, der.seq(der.context(0, der.oid(NTDS + ".1"), der.context(
        0, der.octets(b"S-1-5-21-1-500")))))))
sends("S18-sid-uri", Issued(OURS, san()), csr=extensions(cms.general_names(
    cms.uri("tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-500"))))
sends("S18-sid-uri-beside", Issued(san("a.example.org")), csr=extensions(
    cms.general_names(cms.dns("a.example.org"), cms.uri(
        "TAG:microsoft.com,2022-09-14:sid:S-1-5-21-1-500"))))
sends("S6-san-kept", Issued(san("a.example.org", "b.example.org")),
      csr=extensions(cms.general_names(cms.dns("a.example.org"),
                                       cms.dns("b.example.org"))))
NO_NAME = Failure(BAD_REQUEST, "SCEP0110")
sends("S6-san-with-nul", Failure(BAD_REQUEST, "SCEP0110"), csr=extensions(cms.general_names(
    cms.dns("a.example.org\0b"))))
sends("S6-san-garbage", NO_NAME, csr=extensions(
    cms.extension("2.5.29.17", b"\xff\xff")))
for word, oid in (("old", cms.EXTENSION_REQ_OLD),
                  ("microsoft", cms.EXTENSION_REQ_MS)):
    sends(f"R34-extensions-{word}", Issued(san("a.example.org")),
          csr=extensions(cms.general_names(cms.dns("a.example.org")),
                         oid=oid))
sends("R34-extension-requests-agree", Issued(san("a.example.org")), csr=dict(
    attributes=[cms.extension_request(cms.general_names(
        cms.dns("a.example.org")), oid=oid) for oid in (
            cms.EXTENSION_REQ, cms.EXTENSION_REQ_OLD)]))
sends("R34-extension-requests-disagree", REFUSED, csr=dict(attributes=[
    cms.extension_request(cms.general_names(cms.dns(text)), oid=oid)
    for text, oid in (("a", cms.EXTENSION_REQ),
                      ("b", cms.EXTENSION_REQ_OLD))]))
sends("S25-two-sans", REFUSED, csr=extensions(
    cms.general_names(cms.dns("a")), cms.general_names(cms.dns("b"))))
sends("R34-extensions-garbage", REFUSED, csr=dict(attributes=[
    cms.attribute(cms.EXTENSION_REQ, der.octets(b"x"))]))
# An extension request of a shape that RFC 2985 does not have.
NAMED = cms.general_names(cms.dns("a.example.org"))
for word, value in (
        ("t61", lambda listed: der.tlv(der.T61, listed)),
        ("octets", der.octets),
        ("utf8", lambda listed: der.tlv(der.UTF8, listed))):
    sends(f"R34-extensions-in-{word}", Issued(san("a.example.org")),
          csr=dict(attributes=[cms.attribute(
              cms.EXTENSION_REQ, value(der.seq(NAMED)))]))
sends("R34-no-set-of-values", Issued(san("a.example.org")), csr=dict(
    attributes=[der.seq(der.oid(cms.EXTENSION_REQ), der.seq(NAMED))]))
sends("R34-empty-set", Issued(san()), csr=dict(attributes=[
    cms.attribute(cms.EXTENSION_REQ)]))
sends("R34-two-requests", Issued(san("a.example.org"), USAGE), csr=dict(
    attributes=[cms.extension_request(NAMED), cms.extension_request(
        cms.extension(KU, der.bits(b"\xa0", 5), True))]))
sends("R34-two-values", Issued(san("a.example.org")), csr=dict(
    attributes=[cms.attribute(cms.EXTENSION_REQ, der.seq(NAMED),
                              der.seq(NAMED))]))
sends("R34-two-requests-differ", REFUSED, csr=dict(attributes=[
    cms.extension_request(NAMED),
    cms.extension_request(cms.general_names(cms.dns("b.example.org")))]))
for word, odd in (
        ("without-set", der.seq(der.oid("1.2.840.113549.1.9.2"), der.null())),
        ("no-sequence", der.octets(b"x")),
        ("microsoft", cms.attribute("1.3.6.1.4.1.311.13.2.3", der.null()))):
    sends(f"R34-odd-attribute-{word}", Issued(), csr=dict(attributes=[odd]))
sends("R34-no-subject", NO_NAME, subject=der.seq(),
      cert=cms.certificate(cms.key_of(1)))
sends("R34-no-subject-but-san", Issued(san("a.example.org")),
      subject=der.seq(), cert=cms.certificate(cms.key_of(1)),
      csr=extensions(cms.general_names(cms.dns("a.example.org"))))
CISCO = cms.name(None, ("1.2.840.113549.1.9.2", der.tlv(
    der.IA5, b"router.example.org")), ("2.5.4.5", der.printable("FTX1234")))
sends("Q7-unstructuredname", Issued(Check("subject", CISCO,
                                          cms.name("device"))), subject=CISCO)
sends("S29-serial", Issued(Check(
    "serial", lambda number: 120 < number.bit_length() <= 159, 4711)))


def clamped(not_after):
    return abs((not_after - der.now(days=90)).total_seconds()) < 3600


sends("S30-notafter-of-the-ca", Issued(Check(
    "not_after", clamped, der.now(days=36500))), "/long")
sends("Q30-backdated", Issued(Check(
    "not_before", lambda at: 23 < (der.now() - at).total_seconds() / 3600 < 25,
    der.now())))
sends("Q76-version-3", Issued(Check("version", 2, 0)))
sends("R34-csr-of-version-2", Issued(), csr=dict(version=1))


# ---- client quirks (Q8, Q61, Q35, Q83) ----

sends("Q61-leaf-alone", Issued())
sends("Q8-issuer-in-the-reply", Issued(chain=2), "/issuer")
sends("Q8-chain-in-the-reply", Issued(chain=3), "/full")
sends("Q35-ndes-error", Failure(
    BAD_REQUEST, "SCEP0153", NO_AUTH, Check(
        "oids", lambda oids: cms.NDES_ERROR in oids, {cms.FAIL_INFO})),
    "/ndes", challenge="0" * 16)
sends("Q35-no-ndes-error", Failure(
    BAD_REQUEST, "SCEP0153", NO_AUTH, Check(
        "oids", lambda oids: cms.NDES_ERROR not in oids, {cms.NDES_ERROR})),
    "/bound", challenge="0" * 16)
sends("R33-S11-text-is-fixed", Failure(BAD_REQUEST, "SCEP0133", Check(
    "text", "The messageType is not supported.", "99")), message_type=99)
case("S10-challenge-of-nobody-at-single", UNKNOWN, lambda world: world.post(
    world.message(challenge=world.draw()), "/single"))
