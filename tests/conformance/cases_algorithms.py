# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Algorithms by level, key transport, the form of the envelope, keys of all
kinds; and that no answer shows what was wrong inside an envelope."""
import functools
import os

import cms
import der
from case import case, sends
from expect import (BAD_ALG, BAD_REQUEST, Check, Failure, Issued)

OUTER_ALG, INNER_ALG = (Failure(BAD_ALG, reason)
                        for reason in ("SCEP0130", "SCEP0135"))
ENVELOPE = Failure(BAD_REQUEST, "SCEP0134")
CSR_KEY = Failure(BAD_ALG, "SCEP0138")
REFUSED = Failure(BAD_REQUEST, "SCEP0137",
                  Check("text", "The request was refused."))


# ---- ciphers and digests (R48 to R50, Q5, Q6, S26) ----

for name in ("aes128", "aes192", "aes256", "des3"):
    sends(f"Q5-cipher-{name}", Issued(cipher=name), envelope=dict(cipher=name))
sends("S26-des", INNER_ALG, envelope=dict(cipher="des"))
sends("R50-Q6-des-at-legacy", Issued(cipher="des"), "/legacy",
      envelope=dict(cipher="des"))
sends("R48-des3-at-modern", INNER_ALG, "/modern",
      envelope=dict(cipher="des3"))
sends("R48-aes256-at-modern", Issued(cipher="aes256"), "/modern",
      envelope=dict(cipher="aes256"))
for name in ("sha1", "sha224", "sha256", "sha384", "sha512"):
    sends(f"Q5-digest-{name}", Issued(digest=name), signed=dict(digest=name))
sends("S26-md5", OUTER_ALG, signed=dict(digest="md5"))
sends("R50-Q6-md5-at-legacy", Issued(digest="md5"), "/legacy",
      signed=dict(digest="md5"))
sends("R48-sha1-at-modern", OUTER_ALG, "/modern", signed=dict(digest="sha1"))
sends("R48-sha512-at-modern", Issued(digest="sha512"), "/modern",
      signed=dict(digest="sha512"))
sends("R71-sha1-outside", Issued(digest="sha1"), signed=dict(digest="sha1"))
sends("Q6-md5-and-des-throughout", Issued(cipher="des", digest="md5"),
      "/legacy", signed=dict(digest="md5"), envelope=dict(cipher="des"),
      csr=dict(digest="md5"),
      cert=cms.certificate(cms.key_of(1), digest="md5"))
sends("Q60-des3-and-sha1", Issued(cipher="des3", digest="sha1"),
      signed=dict(digest="sha1"), envelope=dict(cipher="des3"))
sends("R50-csr-signed-with-md5", CSR_KEY, csr=dict(digest="md5"))
sends("R49-csr-signed-with-sha1", Issued(), csr=dict(digest="sha1"))
sends("R48-csr-signed-with-sha1-at-modern", CSR_KEY, "/modern",
      csr=dict(digest="sha1"))
sends("R48-sha224-throughout-at-modern", Issued(digest="sha224"), "/modern",
      signed=dict(digest="sha224"), csr=dict(digest="sha224"),
      cert=cms.certificate(cms.key_of(1), digest="sha224"))
sends("Q41-pss-sha224", Issued(digest="sha224"),
      signed=dict(pss="sha224", digest="sha224"))
sends("Q78-sha256withrsa", Issued(), signed=dict(
    signature_algorithm=cms.DIGESTS["sha256"][1]))
sends("R50-md5withrsa-and-sha256", OUTER_ALG, signed=dict(
    signature_algorithm=cms.DIGESTS["md5"][1]))
sends("Q41-pss", Issued(), signed=dict(pss="sha256"))
sends("Q41-pss-sha512", Issued(digest="sha512"),
      signed=dict(pss="sha512", digest="sha512"))
sends("Q41-pss-of-another-digest", OUTER_ALG, signed=dict(
    pss="sha1", digest="sha256"))
sends("Q41-pss-sha1-at-modern", OUTER_ALG, "/modern", signed=dict(
    pss="sha1", digest="sha1"))
sends("R50-unknown-signature", OUTER_ALG, signed=dict(
    signature_algorithm="1.2.840.10040.4.3"))
sends("S21-gcm-in-envelopeddata", INNER_ALG, envelope=dict(
    cipher_algorithm=cms.algorithm(cms.AES128_GCM, der.seq(
        der.octets(b"n" * 12), der.integer(16)))))
sends("S21-authenvelopeddata", ENVELOPE, envelope=dict(
    outer_type=cms.AUTH_ENVELOPED))
sends("R50-rc2", INNER_ALG, envelope=dict(cipher_algorithm=cms.algorithm(
    cms.RC2, der.seq(der.integer(58), der.octets(b"i" * 8)))))
for count in (0, 8, 15, 17):
    sends(f"S21-iv-of-{count}", INNER_ALG, envelope=dict(
        cipher_algorithm=cms.algorithm(cms.CIPHERS["aes128"][0],
                                       der.octets(b"i" * count))))
sends("S21-iv-missing", INNER_ALG, envelope=dict(
    cipher_algorithm=cms.algorithm(cms.CIPHERS["aes128"][0])))


# ---- key transport (R23, Q27) ----

for name in ("sha1", "sha224", "sha256", "sha384", "sha512"):
    sends(f"Q27-oaep-{name}", Issued(transport=f"oaep-{name}"),
          envelope=dict(oaep=name))
sends("Q27-oaep-with-label", INNER_ALG, envelope=dict(
    oaep="sha256", label=b"label"))
sends("Q27-oaep-with-empty-label", Issued(transport="oaep-sha256"),
      envelope=dict(oaep="sha256", label=b""))
sends("Q27-oaep-of-md5", INNER_ALG, envelope=dict(
    transport=cms.algorithm(cms.OAEP, der.seq(der.context(0, cms.algorithm(
        cms.DIGESTS["md5"][0], der.null()))))))
sends("R23-transport-unknown", INNER_ALG, envelope=dict(
    transport=cms.algorithm("1.2.840.113549.1.1.99")))
sends("R23-transport-without-null", Issued(), envelope=dict(
    transport=cms.algorithm(cms.RSA_ENCRYPTION)))
sends("R24-password-to-us", INNER_ALG, envelope=dict(recipients=[
    der.context(3, der.integer(0))]))
sends("R24-key-agreement-to-us", INNER_ALG, envelope=dict(recipients=[
    der.context(1, der.integer(3))]))


# ---- recipients (Q55, Q79, S20, S23) ----

def recipients(name, expectation, make):
    """MAKE(world) gives what is changed of the envelope."""
    case(name, expectation, lambda world: world.post(world.message(
        envelope=make(world))))


KEY = b"k" * 16
sends("Q55-to-the-ca", Issued(), recipient="ca")
recipients("S20-two-recipients-for-us", ENVELOPE, lambda world: dict(
    key=KEY, extra_recipients=[cms.recipient(world.cert("ra"), KEY)]))
recipients("S23-another-recipient-beside", Issued(), lambda world: dict(
    key=KEY, extra_recipients=[cms.recipient(world.cert("old"), KEY)]))
recipients("S23-four-recipients", Issued(), lambda world: dict(
    key=KEY, extra_recipients=[cms.recipient(world.cert("old"), KEY)] * 3))
recipients("S23-five-recipients", ENVELOPE, lambda world: dict(
    key=KEY, extra_recipients=[cms.recipient(world.cert("old"), KEY)] * 4))
sends("S23-no-recipient", ENVELOPE, envelope=dict(recipients=[]))
recipients("Q79-issuer-of-another-string-type", Issued(), lambda world: dict(
    rid=cms.issuer_and_serial(world.cert("ra"), cms.name(
        "ISSUING", ("2.5.4.10", der.printable("tests")),
        string=der.printable))))
sends("S21-encrypted-key-too-long", ENVELOPE, envelope=dict(
    encrypted_key=b"k" * 2000))
sends("S21-encrypted-key-empty", ENVELOPE, envelope=dict(encrypted_key=b""))
sends("S21-originatorinfo", ENVELOPE, envelope=dict(before=der.context(0)))
sends("S21-unprotectedattrs", ENVELOPE, envelope=dict(after=der.context(
    1, cms.attribute("1.3.6.1.4.1.99999.5", der.null()))))


def contents():
    """Of the SEQUENCE that a PKCS#10 is: a header of four octets before it."""
    return cms.csr(cms.key_of(1), cms.name("device"))[4:]


# .NET has encryptedData; without the CSR's outermost tag, or with it.
ENCRYPTED = "1.2.840.113549.1.7.6"
for word, oid in (("type", cms.SIGNED), ("data", ENCRYPTED),
                  ("unknown", "1.3.6.1.4.1.99999.8")):
    sends(f"R26-encrypted-{word}", Issued(), envelope=dict(content_type=oid))
    case(f"R26-without-tag-{word}", Issued(), lambda world, oid=oid: world.post(
        world.message(data=contents(), envelope=dict(content_type=oid))))
    sends(f"R26-spoiled-{word}", REFUSED, csr=dict(spoil=True),
          envelope=dict(content_type=oid))
case("R26-data-without-tag", REFUSED, lambda world: world.post(
    world.message(data=contents())))
sends("R20-encryptedcontent-absent", ENVELOPE, envelope=dict(no_content=True))
sends("R20-encryptedcontent-empty", ENVELOPE, envelope=dict(ciphertext=b""))
sends("R20-envelope-is-data", ENVELOPE, envelope=dict(outer_type=cms.DATA))
sends("R20-envelope-garbage", ENVELOPE, content=b"\x30\x80" * 10)


# ---- nothing is told of what is inside (S20, S9, invariant: one text) ----

def padded(block):
    """A block of PKCS#1 that is nearly right, by textbook RSA."""
    return lambda world: dict(encrypted_key=cms.raw_rsa(world.cert("ra"),
                                                        block))


recipients("S20-bad-rsa-padding", REFUSED, padded(
    b"\0\x03" + b"p" * 237 + b"\0" + KEY))
recipients("S20-rsa-without-zero", REFUSED, padded(b"\0\x02" + b"p" * 254))
recipients("S20-rsa-padding-too-short", REFUSED, padded(
    b"\0\x02" + b"p" * 3 + b"\0" + b"k" * 250))
recipients("S20-short-content-key", REFUSED, padded(
    b"\0\x02" + b"p" * 245 + b"\0" + b"k" * 8))
recipients("S20-long-content-key", REFUSED, padded(
    b"\0\x02" + b"p" * 221 + b"\0" + b"k" * 32))
recipients("S20-no-content-key", REFUSED, padded(
    b"\0\x02" + b"p" * 253 + b"\0"))
recipients("S20-wrong-content-key", REFUSED, padded(
    b"\0\x02" + b"p" * 237 + b"\0" + KEY))
recipients("S20-encrypted-key-is-zero", REFUSED, lambda world: dict(
    encrypted_key=b"\0" * 256))
recipients("S20-encrypted-key-beyond-modulus", REFUSED, lambda world: dict(
    encrypted_key=b"\xff" * 256))
recipients("S20-encrypted-key-of-one-octet", REFUSED, lambda world: dict(
    encrypted_key=b"\1"))
sends("S20-bad-cbc-padding", REFUSED, envelope=dict(padded=b"x" * 255 + b"\0"
                                                    + b"y" * 16))
sends("S20-cbc-padding-of-17", REFUSED, envelope=dict(padded=b"\x11" * 32))
sends("S20-half-a-block", REFUSED, envelope=dict(ciphertext=os.urandom(40)))
sends("S20-empty-csr", REFUSED, data=b"")
sends("S20-garbage-csr", REFUSED, data=b"\xff" * 300)
sends("S20-csr-is-a-sequence", REFUSED, data=der.seq())
sends("S9-csr-signature", REFUSED, csr=dict(spoil=True))
sends("S9-csr-of-another-key-inside", REFUSED, csr=dict(
    public=cms.key_of(2)))
sends("S20-csr-and-more", REFUSED, data=cms.csr(cms.key_of(1)) + b"\0")
sends("S20-csr-cut-off", REFUSED, data=cms.csr(cms.key_of(1))[:-1])
sends("S23-csr-of-17-kilobytes", REFUSED, csr=dict(attributes=[
    cms.attribute("1.3.6.1.4.1.99999.6", der.octets(b"x" * 17000))]))
sends("S23-csr-too-deep", REFUSED, csr=dict(attributes=[cms.attribute(
    "1.3.6.1.4.1.99999.6", functools.reduce(
        lambda inner, _: der.seq(inner), range(40), der.null()))]))
case("S21-contentinfo-as-csr", REFUSED, lambda world: world.post(
    world.message(data=world.message().der())))


# ---- keys (R24, Q14, S23) ----

sends("Q14-rsa-1024", CSR_KEY, key=cms.key_of(1, bits=1024))
sends("Q14-rsa-1024-by-profile", Issued(), "/little",
      key=cms.key_of(1, bits=1024))
sends("Q14-rsa-512", CSR_KEY, "/little",
      key=cms.key_of(1, bits=512))
sends("R23-rsa-3072", Issued(), key=cms.key_of(1, bits=3072))
for bits in (256, 384, 521):
    sends(f"R24-ec-{bits}-without-challenge", Failure(BAD_ALG, "SCEP0141"),
          key=cms.key_of(1, "ec", bits))
    case(f"R24-ec-{bits}-by-password", Issued(transport="password"),
         lambda world, bits=bits: world.post(world.message(
             key=cms.key_of(1, "ec", bits), challenge=world.draw()),
             "/bound"))
    sends(f"R24-ec-{bits}-by-agreement", Issued(transport="agreement"),
          "/agree", key=cms.key_of(1, "ec", bits))
case("R24-ec-wrong-password", Failure(BAD_REQUEST, "SCEP0153"),
     lambda world: world.post(world.message(
         key=cms.key_of(1, "ec", 256), challenge="F" * 16), "/bound"))
case("R24-ec-by-password-in-aes256", Issued(
    transport="password", cipher="aes256"), lambda world: world.post(
        world.message(key=cms.key_of(1, "ec", 256), challenge=world.draw(),
                      envelope=dict(cipher="aes256")), "/bound"))
sends("R24-ec-csr-in-rsa-message", Issued(), "/signs",
      csr_key=cms.key_of(1, "ec", 256))
sends("R23-ed25519-csr-in-rsa-message", Issued(), "/signs",
      csr_key=cms.key_of(1, "ed25519"))
sends("R23-ed25519-not-by-default", CSR_KEY, csr_key=cms.key_of(1, "ed25519"))
