# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Answers that a case must not accept, derived from what it expects: replies
with one fault each, made by the tests' own encoder and their own CA."""
import dataclasses
import functools

import cms
import der
from expect import Answer
from message import Message
from reply import FAILURE, PENDING, PKI_MESSAGE, SUCCESS


@functools.lru_cache(maxsize=None)
def authority():
    """(RA certificate, its key, CA certificate, its key)"""
    key = cms.key_of("wrong")
    ca = cms.certificate(key, cms.name("CA"))
    ra = cms.certificate(key, cms.name("RA"), cms.name("CA"), key)
    return ra, key, ca, key


@functools.lru_cache(maxsize=None)
def request():
    return Message(authority()[0], challenge="password")


@functools.lru_cache(maxsize=None)
def leaf(number=1):
    _, _, ca, key = authority()
    return cms.certificate(
        cms.key_of(number), cms.name("device"), cms.subject_of(ca), key,
        extensions=[cms.extension("2.5.29.19", der.seq()),
                    cms.extension("2.5.29.15", der.bits(b"\xa0", 5)),
                    cms.extension("2.5.29.37", der.seq(
                        der.oid("1.3.6.1.5.5.7.3.2")))])


@functools.lru_cache(maxsize=None)
def crl():
    """As much of a CRL as is read."""
    _, _, ca, _ = authority()
    return der.seq(der.seq(der.integer(1), der.seq(), cms.subject_of(ca)))


def envelope(wanted, certs=None, crls=None, bag=None, **more):
    """For the signer of request(); what is not said is as WANTED."""
    if certs is None:
        certs = [leaf()] * wanted.chain
    if crls is None:
        crls = [crl()] * wanted.crls
    data = cms.degenerate(*certs, crls=crls, **(bag or {}))
    more.setdefault("cipher", wanted.cipher)
    if wanted.transport.startswith("oaep-"):
        more.setdefault("oaep", wanted.transport[5:])
    return cms.Envelope(data, request().cert, **more).der()


def certrep(wanted, status=None, fail_info=None, content=None, changes=None,
            drop=(), add=(), text=None, **more):
    """A CertRep as WANTED, but for what is said; CHANGES are of values."""
    ra, key, _, _ = authority()
    status = wanted.certrep if status is None else status
    if content is None:
        content = wanted.content
        if status == SUCCESS and wanted.certrep == SUCCESS:
            content = envelope(wanted)
    values = {
        cms.MESSAGE_TYPE: der.printable("3"),
        cms.PKI_STATUS: der.printable(status),
        cms.TRANSACTION_ID: der.printable(request().transaction_id),
        cms.RECIPIENT_NONCE: der.octets(request().nonce),
        cms.SENDER_NONCE: der.octets(b"\x77" * 16),
        cms.SIGNING_TIME: der.time(der.now())}
    if status == FAILURE:
        wish = getattr(wanted, "fail_info", 2)
        values[cms.FAIL_INFO] = der.printable(str(
            wish if fail_info is None else fail_info))
        values[cms.FAIL_INFO_TEXT] = der.utf8(
            text or "The request was refused.")
    values.update(changes or {})
    attributes = [cms.attribute(oid, value) for oid, value in values.items()
                  if oid not in drop] + list(add)
    digest = next((check.wanted for check in wanted.checks
                   if check.fact == "digest"), "sha256")
    made = cms.SignedData(content, key, ra, attributes, digest=digest)
    made.__dict__.update(more)
    return made.der()


def answer(body, **more):
    ra, _, ca, _ = authority()
    return Answer(**dict(dict(status=200, type=PKI_MESSAGE, body=body,
                              message=request(), headers={}, ra=ra, ca=ca),
                         **more))


def plain_answers():
    """Of HTTP alone."""
    yield "HTTP 500", answer(b"Internal error.\n", status=500,
                             type="text/plain")
    yield "HTTP 503", answer(b"", status=503, type="text/plain")
    yield "HTML", answer(b"<html></html>", type="text/html")
    yield "nothing", answer(b"")
    yield "garbage", answer(b"\x30\x80\0\0\x05")


def of_all(wanted):
    """Faults that any CertRep may have: what, arguments of certrep()."""
    other = cms.key_of("wrong too")
    yield "another transactionID", dict(changes={
        cms.TRANSACTION_ID: der.printable("other")})
    yield "transactionID of another type", dict(changes={
        cms.TRANSACTION_ID: der.utf8(request().transaction_id)})
    yield "another recipientNonce", dict(changes={
        cms.RECIPIENT_NONCE: der.octets(b"\x66" * 16)})
    yield "short senderNonce", dict(changes={
        cms.SENDER_NONCE: der.octets(b"\x66" * 8)})
    yield "stale senderNonce", dict(changes={
        cms.SENDER_NONCE: der.octets(request().nonce)})
    for oid in (cms.RECIPIENT_NONCE, cms.SENDER_NONCE, cms.TRANSACTION_ID,
                cms.MESSAGE_TYPE, cms.PKI_STATUS, cms.SIGNING_TIME):
        yield f"no {oid}", dict(drop=[oid])
    yield "no contentType", dict(edit=lambda listed: sorted(listed[1:]))
    yield "no messageDigest", dict(
        edit=lambda listed: sorted(listed[:1] + listed[2:]))
    yield "messageType 19", dict(changes={
        cms.MESSAGE_TYPE: der.printable("19")})
    yield "unsorted attributes", dict(
        edit=lambda listed: sorted(listed, reverse=True))
    yield "a doubled attribute", dict(add=[cms.attribute(
        cms.PKI_STATUS, der.printable(wanted.certrep))])
    yield "bad signature", dict(signature=cms.flip)
    yield "bad messageDigest", dict(digest_attribute=b"\0" * 32)
    yield "another signer", dict(sid=cms.issuer_and_serial(leaf()))
    yield "another key", dict(key=other)
    yield "sha256WithRSA", dict(
        signature_algorithm="1.2.840.113549.1.1.11")
    yield "BER", dict(ber=True)
    yield "version 3", dict(version=3)
    yield "SignerInfo version 3", dict(signer_version=3)
    yield "no certificate", dict(certs=[])
    yield "a certificate in clear", dict(certs=[authority()[0], leaf()])
    yield "a CRL in clear", dict(crls=[der.seq()])
    yield "two digestAlgorithms", dict(digest_algorithms=[
        cms.algorithm(cms.DIGESTS[d][0]) for d in ("sha1", "sha256")])
    yield "envelopedData as type", dict(content_type=cms.ENVELOPED)
    for status in {SUCCESS, FAILURE, PENDING, "1", "4"} - {wanted.certrep}:
        yield f"pkiStatus {status}", dict(status=status)


def of_nothing(wanted):
    """Of FAILURE and PENDING."""
    yield "eContent", dict(content=b"" if wanted.content is None else b"x")
    if wanted.certrep == PENDING:
        yield "failInfo", dict(changes={cms.FAIL_INFO: der.printable("2")})
        return
    for number in range(5):
        if number != wanted.fail_info:
            yield f"failInfo {number}", dict(fail_info=number)
    yield "no failInfo", dict(drop=[cms.FAIL_INFO])
    yield "no failInfoText", dict(drop=[cms.FAIL_INFO_TEXT])
    yield "a text of its own", dict(text="malloc: no memory at line 12")


def of_envelopes(wanted):
    """Of SUCCESS."""
    me = request().cert
    yield "no envelope", dict(content=b"")
    yield "certs-only in clear", dict(content=cms.degenerate(leaf()))
    faults = {
        "two recipients": dict(extra_recipients=[
            cms.recipient(me, b"k" * 16)]),
        "another recipient": dict(rid=cms.issuer_and_serial(leaf())),
        "by key identifier": dict(rid=der.context(
            0, b"k" * 20, constructed=False)),
        "envelope version 2": dict(version=2),
        "another cipher": dict(cipher_algorithm=cms.algorithm(
            cms.RC2, der.octets(b"i" * 8))),
        "BER inside": dict(ber=True),
        "unprotectedAttrs": dict(after=der.context(1)),
        "content of another type": dict(content_type=cms.SIGNED),
        "content EXPLICIT": dict(explicit=True),
        "a content in certs-only": dict(bag=dict(
            content=der.context(0, der.octets(b"")))),
        "certs-only version 3": dict(bag=dict(version=3)),
        "a CRL more": dict(crls=[crl()] * (wanted.crls + 1)),
        "a certificate more": dict(certs=[leaf()] * (wanted.chain + 1)),
        "nothing": dict(certs=[], crls=[])}
    if not wanted.of_request:
        faults["a certificate and a CRL"] = dict(certs=[leaf()], crls=[crl()])
    else:
        faults.update({
            "another cipher that is known": dict(cipher="aes192" if
                                                 wanted.cipher != "aes192"
                                                 else "aes128"),
            "another key's certificate": dict(certs=[leaf(2)] * wanted.chain),
            "the CA first": dict(
                certs=[authority()[2]] + [leaf()] * (wanted.chain - 1)),
            "self-signed": dict(certs=[me] * wanted.chain)})
    for what, fault in faults.items():
        yield what, dict(content=envelope(wanted, **fault))


def can_be_right(wanted):
    """A CertRep of a form that is made here: its key transported, say."""
    return wanted.certrep is not None and (
        wanted.certrep != SUCCESS
        or wanted.transport.startswith(("rsa", "oaep")))


def right_answer(wanted):
    """One that keeps all rules."""
    return answer(certrep(wanted))


def wrong_answers(wanted):
    """(what is wrong, Answer)"""
    yield from plain_answers()
    if wanted.certrep is None:
        for status in (SUCCESS, FAILURE, PENDING):
            yield f"CertRep {status}", answer(certrep(PLAIN, status=status,
                                                      content=b""))
        return
    good = right_answer(wanted)
    faults = list(of_all(wanted))
    if wanted.certrep == SUCCESS:
        if can_be_right(wanted):
            faults += of_envelopes(wanted)
    else:
        faults += of_nothing(wanted)
    for what, fault in faults:
        yield what, answer(certrep(wanted, **fault))
    yield "Content-Type", dataclasses.replace(good, type="text/plain")
    yield "a charset", dataclasses.replace(
        good, type=PKI_MESSAGE + "; charset=utf-8")
    yield "HTTP 400", dataclasses.replace(good, status=400)


class Plain:
    """Stands for what expects no CertRep."""
    certrep, content, checks = FAILURE, None, ()


PLAIN = Plain()
