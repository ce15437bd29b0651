# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The next CA (RFC 8894 4.7, 5.1), and RA pairs that are renewed."""
import os
import subprocess

from cryptography import x509
from asn1crypto import cms

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, SIGN, Pair, key_pem, make_cert,
                         pem)

NEXT_CONF = ("ScepNextCACertificateFile next.crt\nScepNextCAKey next.key\n")


def next_ca():
    key = scep.shared_key(30)
    return Pair(make_cert("Next CA", key, ca=True,
                          usage=CA_USAGE + (SIGN, ENCRYPT)), key)


def with_next(httpd, conf=NEXT_CONF, **more):
    server = httpd(start=False, extra=conf, **more)
    server.next = next_ca()
    server.write("next.crt", pem(server.next.cert))
    server.write("next.key", key_pem(server.next.key), 0o600)
    return server.start()


def bag(der):
    return cms.ContentInfo.load(der, strict=True)["content"]


def certs_in(signed):
    return [x509.load_der_x509_certificate(c.dump())
            for c in signed["certificates"]]


def get_next(server):
    return server.endpoint().http("GET", "operation=GetNextCACert")


def test_no_next_ca(httpd):
    server = httpd()
    server.expect("SCEP0109")
    assert get_next(server)[0] == 404
    assert b"GetNextCACert" not in server.endpoint().http(
        "GET", "operation=GetCACaps")[2]


def test_next_ca_in_both_places(httpd):
    server = with_next(httpd)
    assert b"GetNextCACert\n" in server.endpoint().http(
        "GET", "operation=GetCACaps")[2]
    status, headers, body = get_next(server)
    assert status == 200
    assert headers["Content-Type"] == "application/x-x509-next-ca-cert"
    outer = bag(body)
    assert certs_in(outer)[0] == server.next.cert
    assert certs_in(outer)[-1] == server.ca.cert  # who signed
    assert certs_in(bag(outer["encap_content_info"][
        "content"].native)) == [server.next.cert]
    with open(server.path("next.p7"), "wb") as file:
        file.write(body)
    for command in "cms", "smime":
        subprocess.run(["openssl", command, "-verify", "-inform", "DER", "-in",
                        server.path("next.p7"), "-CAfile",
                        server.path("ca.crt"), "-purpose", "any", "-out",
                        os.devnull], check=True, stderr=subprocess.DEVNULL)


def test_envelope_chooses_the_issuer(httpd):
    server = with_next(httpd)
    old = server.enrol(server.draw()).certs[0]
    server.verify(old)
    request = scep.Request(server.next.cert, server.draw(), "later",
                           key=scep.shared_key(1))
    reply = server.reply(server.endpoint().post(request.der()), request)
    new = reply.certs[0]
    assert new.issuer == server.next.cert.subject
    server.next.cert.public_key().verify(
        new.signature, new.tbs_certificate_bytes, scep.padding.PKCS1v15(),
        new.signature_hash_algorithm)
    scopes = dict(server.query("SELECT serial, scope FROM certificates"))
    assert len(set(scopes.values())) == 2
    # a retry gets the same again
    again = server.reply(server.endpoint().post(request.der()), request)
    assert again.certs == [new]


def test_after_the_rollover(httpd):
    """What the next CA issued is its own when it has taken over."""
    server = with_next(httpd)
    request = scep.Request(server.next.cert, server.draw(), "later",
                           key=scep.shared_key(1))
    new = server.reply(server.endpoint().post(request.der()),
                       request).certs[0]
    server.replace_conf(NEXT_CONF, "")
    server.replace_conf("ScepCACertificateFile ca.crt\nScepCAKey ca.key",
                        "ScepCACertificateFile next.crt\nScepCAKey next.key")
    server.expect("SCEP0011")  # the RA is still the old CA's
    server.graceful()
    get = scep.Request(server.ra_cert, key=scep.shared_key(1))
    get.message_type = scep.GETCERT
    get.csr = scep.issuer_and_serial(new.issuer, new.serial_number)
    assert server.reply(server.endpoint().post(get.der()),
                        get).certs == [new]


def test_next_ca_without_key_is_shown_only(httpd):
    server = with_next(httpd, "ScepNextCACertificateFile next.crt\n")
    assert get_next(server)[0] == 200
    server.expect("SCEP0136")
    request = scep.Request(server.next.cert, server.draw())
    reply = server.reply(server.endpoint().post(request.der()), request)
    assert reply.fail_info == scep.BAD_CERT_ID


def test_wrong_next_ca(httpd):
    for conf, text in (
            ("ScepNextCAKey ra.key\n", "without ScepNextCACertificateFile"),
            ("ScepNextCACertificateFile ra.crt\n", "is no CA's"),
            ("ScepNextCACertificateFile ca.crt\nScepNextCAKey ca.key\n",
             "is the certificate of the current CA"),
            ("ScepNextCACertificateFile ca.crt\nScepNextCAKey ra.key\n",
             "ScepNextCAKey"),
            ("ScepNextCACertificateFile none.crt\n",
             "ScepNextCACertificateFile")):
        code, said = httpd(start=False, extra=conf).check()
        assert code != 0 and text in said, said


# ---- RA pairs by directory ----


def ra_conf(server):
    return server.default_conf().replace(
        "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n",
        "ScepRADirectory ra.d\n")


def add_pair(server, name, number, subject="Test RA"):
    key = scep.shared_key(number)
    pair = Pair(make_cert(subject, key, server.ca, usage=(SIGN, ENCRYPT)), key)
    server.write(f"ra.d/{name}.crt", pem(pair.cert))
    server.write(f"ra.d/{name}.key", key_pem(key), 0o600)
    return pair


def enrol_to(server, ra, signers, number):
    request = scep.Request(ra.cert, server.draw(), f"device{number}",
                           key=scep.shared_key(number))
    return server.endpoint().enrol(request, signers)


def test_ra_directory(httpd):
    server = httpd(start=False)
    server.scep_conf = ra_conf(server)
    server.write_conf()
    old = add_pair(server, "2026-01-01", 40)
    server.start()
    assert enrol_to(server, old, [old.cert], 0).status == scep.SUCCESS
    new = add_pair(server, "2027-01-01", 41)
    server.graceful()
    assert new.cert in server.endpoint().ca_certs()
    assert old.cert not in server.endpoint().ca_certs()
    for number, ra in enumerate((new, old), 1):  # each answers for itself
        assert enrol_to(server, ra, [ra.cert],
                        number).status == scep.SUCCESS


def test_wrong_ra_directory(httpd):
    server = httpd(start=False)
    server.scep_conf = ra_conf(server)
    server.write_conf()
    code, said = server.check()
    assert code != 0 and "ScepRADirectory" in said
    os.mkdir(server.path("ra.d"))
    code, said = server.check()
    assert code != 0 and "there is no NAME.crt in it" in said
    add_pair(server, "a", 40)
    os.unlink(server.path("ra.d", "a.key"))
    code, said = server.check()
    assert code != 0 and "a.key" in said
