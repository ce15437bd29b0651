# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Renewal by RenewalReq and by PKCSReq: which certificates may be renewed."""
import datetime
import hashlib
import json
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import httpdserver
import scepclient as scep

CONF = """
<ScepProfile brief>
    ScepCertValidity 2
    ScepCertBackdate 0
</ScepProfile>
<Location /brief>
    SetHandler scep
    ScepProfile brief
</Location>
<ScepProfile signer>
    ScepCertExtKeyUsage emailProtection
</ScepProfile>
<Location /signer>
    SetHandler scep
    ScepProfile signer
</Location>
<Location /endpoint>
    SetHandler scep
    ScepRenewalProfile endpoint
</Location>
<Location /strict>
    SetHandler scep
    ScepRenewalExpired Off
</Location>
<Location /thirty>
    SetHandler scep
    ScepRenewalExpired 30d
</Location>
<Location /names>
    SetHandler scep
    ScepDisableRenewalSubjectNameMatch On
</Location>
<Location /both>
    SetHandler scep
    ScepRenewalChallenge require
</Location>
<Location /both/again>
    SetHandler scep
    ScepRenewalChallenge ignore
</Location>
<Location /late>
    SetHandler scep
    ScepRenewalWindow 20%
</Location>
<Location /once>
    SetHandler scep
    ScepRenewalRevokeOld On
</Location>
<Location /later>
    SetHandler scep
    ScepRenewalRevokeOld 1d
</Location>
<Location /off>
    SetHandler scep
    ScepRenewal Off
</Location>
<Location /sha256>
    SetHandler scep
    ScepRenewalDigest sha256
</Location>
<Location /legacy-md5>
    SetHandler scep
    ScepAlgorithms legacy
    ScepRenewalDigest md5
</Location>
<Location /trust>
    SetHandler scep
    ScepRenewalTrust old-ca.crt
</Location>
"""
BOTH = pytest.mark.parametrize("kind", (scep.RENEWALREQ, scep.PKCSREQ))
SAN = [x509.DNSName("device.example.org")]


@pytest.fixture(name="old_ca", scope="module")
def fixture_old_ca():
    key = scep.shared_key(8)
    return httpdserver.Pair(httpdserver.make_cert(
        "Old CA", key, ca=True, usage=httpdserver.CA_USAGE), key)


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server, old_ca):
    class WithOldCA(httpdserver.Server):
        def make_files(self):
            super().make_files()
            self.write("old-ca.crt", httpdserver.pem(old_ca.cert))

    del make_server
    server = WithOldCA(extra=CONF)
    server.start()
    server.expect("SCEP01")  # refusals are what is tested here
    server.expect("SCEP0048")  # for any name, at /names
    yield server
    server.stop()
    lines, faults = server.unexpected(), server.faults()
    server.close()
    assert (lines, faults) == ([], [])


def first(server, common_name="device", path=None, san=None):
    """A certificate by password, and its key."""
    request = scep.Request(server.ra_cert, server.draw(), common_name,
                           key=scep.shared_key(1), san=san)
    endpoint = server.endpoint(path) if path else server.endpoint()
    reply = server.reply(endpoint.post(request.der()), request)
    assert reply.status == scep.SUCCESS
    return reply.certs[0]


def renewal_of(server, cert, common_name="device", number=2, kind=None,
               san=None, challenge=None):
    """A request for another key, signed by CERT's."""
    request = scep.Request(server.ra_cert, None, common_name,
                           key=scep.shared_key(number), san=san)
    request.csr = scep.new_csr(scep.shared_key(number), common_name, challenge,
                               san=san)
    request.key, request.cert = scep.shared_key(1), cert
    request.message_type = kind or scep.RENEWALREQ
    return request


def send(server, request, path="/cgi-bin/pkiclient.exe"):
    return server.reply(server.endpoint(path).post(request.der()), request)


def renew(server, cert, path="/cgi-bin/pkiclient.exe", **more):
    return send(server, renewal_of(server, cert, **more), path)


def assert_refused(server, reply, number, fail_info=scep.BAD_REQUEST):
    assert (reply.status, reply.fail_info) == (scep.FAILURE, fail_info)
    assert f"{number}:" in server.error_log().splitlines()[-1]


def issued_by_hand(issuer, days=10, start=-1, common_name="device"):
    """A certificate from before mod_scep took over."""
    return httpdserver.make_cert(common_name, scep.shared_key(1), issuer,
                                 usage=(httpdserver.SIGN,), days=days,
                                 start=datetime.timedelta(days=start))


@BOTH
def test_new_key_and_same_key(running, kind):
    old = first(running, san=SAN)
    new = renew(running, old, kind=kind, san=SAN)
    assert new.status == scep.SUCCESS
    (cert,) = new.certs
    running.verify(cert)
    assert (cert.public_key().public_numbers()
            == scep.shared_key(2).public_key().public_numbers())
    assert cert.subject == old.subject
    assert renew(running, old, kind=kind, san=SAN,
                 number=1).status == scep.SUCCESS
    assert "SCEP0222" in running.error_log()
    event = running.query("SELECT event, serial FROM audit "
                          "ORDER BY seq DESC LIMIT 1")[0]
    assert event[0] == "renewed"
    assert running.query("SELECT renewal_of FROM transactions t JOIN "
                         "certificates c ON c.id = t.certificate_id WHERE "
                         f"c.serial = '{event[1]}'") == [
                             (f"{old.serial_number:X}",)]


def test_it_is_announced_where_it_is_served(running):
    for path, there in (("/cgi-bin/pkiclient.exe", True), ("/off", False)):
        caps = running.endpoint(path).http("GET", "operation=GetCACaps")[2]
        assert (b"Renewal" in caps.split()) == there


def test_stale_and_spent_challenge_does_not_matter(running):
    """R14: clients send the first one again, or an empty one."""
    old = first(running)
    for challenge in ("stale", "", running.draw()):
        assert renew(running, old, kind=scep.PKCSREQ,
                     challenge=challenge).status == scep.SUCCESS


def test_password_of_a_renewal_is_not_spent(running):
    old, password = first(running), running.draw()
    assert renew(running, old, challenge=password).status == scep.SUCCESS
    assert running.enrol(password, "another").status == scep.SUCCESS


@BOTH
def test_certificate_from_before_mod_scep(running, kind):
    old = issued_by_hand(running.ca)
    assert renew(running, old, kind=kind).status == scep.SUCCESS


@pytest.fixture(name="expired", scope="module")
def fixture_expired(running):
    """Issued for two seconds and waited out."""
    cert = first(running, path="/brief")
    while datetime.datetime.utcnow() <= cert.not_valid_after + (
            datetime.timedelta(seconds=1)):
        time.sleep(0.1)
    return cert


@BOTH
def test_expired_certificate_end_to_end(running, expired, kind):
    """It is renewed automatically; and with both switches."""
    old = expired
    assert_refused(running, renew(running, old, "/strict", kind=kind),
                   "SCEP0146")
    assert renew(running, old, kind=kind).status == scep.SUCCESS
    assert_refused(running, renew(running, old, kind=kind,
                                  common_name="other"), "SCEP0148")
    assert renew(running, old, "/names", kind=kind,
                 common_name="other").status == scep.SUCCESS


def test_expired_for_how_long(running):
    recent = issued_by_hand(running.ca, days=-29, start=-100)
    ancient = issued_by_hand(running.ca, days=-31, start=-100)
    assert renew(running, recent, "/thirty").status == scep.SUCCESS
    assert_refused(running, renew(running, ancient, "/thirty"), "SCEP0146")
    assert renew(running, ancient).status == scep.SUCCESS
    future = issued_by_hand(running.ca, start=2)
    assert_refused(running, renew(running, future), "SCEP0146")


def purposes(reply):
    assert reply.status == scep.SUCCESS
    return [usage.dotted_string for usage in
            reply.certs[0].extensions.get_extension_for_class(
                x509.ExtendedKeyUsage).value]


@BOTH
def test_profile_is_kept(running, kind):
    """No certificate gets elsewhere what it was not given; and one whose
    password named its profile has that for good."""
    plain, special = first(running), first(running, path="/signer")
    email = ["1.3.6.1.5.5.7.3.4"]
    kept = renew(running, special, kind=kind)
    assert purposes(kept) == email
    usual = purposes(renew(running, plain, "/signer", kind=kind))
    assert usual != email
    assert purposes(renew(running, special, "/endpoint", kind=kind)) == usual
    drawn = running.admin("/certsrv/mscep_admin/api/challenges", "POST",
                          body='{"limits": {"profile": "signer"}}',
                          headers={"Content-Type": "application/json"})
    request = scep.Request(running.ra_cert, json.loads(drawn.body)["challenge"],
                           "device", key=scep.shared_key(1))
    reply = send(running, request)
    assert purposes(reply) == email
    assert purposes(renew(running, reply.certs[0], kind=kind)) == email


def test_profile_that_is_not_known(running):
    """Of a certificate from before there was a record, and of one whose profile
    is gone: the endpoint's."""
    email = ["1.3.6.1.5.5.7.3.4"]
    old = issued_by_hand(running.ca)
    assert purposes(renew(running, old, "/signer")) == email
    gone = first(running)
    running.change("UPDATE certificates SET profile = 'gone' WHERE serial = ?",
                   f"{gone.serial_number:X}")
    assert purposes(renew(running, gone, "/signer")) == email
    assert "SCEP0240" in running.error_log()


@BOTH
def test_names_must_be_kept(running, kind):
    old = first(running, san=SAN)
    more = SAN + [x509.DNSName("admin.example.org")]
    for change, said in (
            ({"common_name": "admin", "san": SAN}, "CN=device"),
            ({"san": more}, "DNS:admin.example.org"),
            ({"san": None}, "DNS:device.example.org")):
        assert_refused(running, renew(running, old, kind=kind, **change),
                       "SCEP0148")
        assert said in running.error_log().splitlines()[-1]
    assert renew(running, old, "/names", kind=kind, common_name="admin",
                 san=more).status == scep.SUCCESS
    assert renew(running, old, kind=kind, san=[
        x509.DNSName("DEVICE.example.org")]).status == scep.SUCCESS


def test_too_early(running):
    assert_refused(running, renew(running, first(running), "/late"),
                   "SCEP0147")
    due = issued_by_hand(running.ca, days=10, start=-90)
    assert renew(running, due, "/late").status == scep.SUCCESS


def test_signers_that_prove_nothing(running, old_ca):
    """S7: self-signed (also in the certificate's name), foreign, a CA's."""
    old = first(running)
    same_name = scep.self_signed(scep.shared_key(1), "device")
    assert same_name.subject == old.subject
    for cert in (same_name, issued_by_hand(old_ca)):
        assert_refused(running, renew(running, cert), "SCEP0144")
        # as a PKCSReq they are first enrolments, which need a password, and
        # are for the key that signs
        assert_refused(running, renew(running, cert, kind=scep.PKCSREQ),
                       "SCEP0140")
        assert_refused(running, renew(running, cert, kind=scep.PKCSREQ,
                                      number=1), "SCEP0151")
    below = httpdserver.make_cert("device", scep.shared_key(1), running.ca,
                                  ca=True, usage=httpdserver.CA_USAGE)
    assert_refused(running, renew(running, below), "SCEP0144")


def test_trusted_ca(running, old_ca):
    old = issued_by_hand(old_ca)
    for kind in (scep.RENEWALREQ, scep.PKCSREQ):
        new = renew(running, old, "/trust", kind=kind)
        assert new.status == scep.SUCCESS
        running.verify(new.certs[0])
        # a renewal of that CA's certificate, not of one of ours
        der = old_ca.cert.public_bytes(serialization.Encoding.DER)
        assert running.query(
            "SELECT renewal_of, renewal_scope FROM transactions t JOIN "
            "certificates c ON c.id = t.certificate_id WHERE c.serial = "
            f"'{new.certs[0].serial_number:X}'") == [
                (f"{old.serial_number:X}",
                 hashlib.sha256(der).hexdigest()[:32])]


def test_off(running):
    old = first(running)
    assert_refused(running, renew(running, old, "/off"), "SCEP0143")
    assert_refused(running, renew(running, old, "/off", kind=scep.PKCSREQ,
                                  number=1), "SCEP0151")
    assert renew(running, old, "/off", kind=scep.PKCSREQ, number=1,
                 challenge=running.draw()).status == scep.SUCCESS


def test_weak_digest(running):
    """S27: without a challenge the signature is all there is."""
    def ask(path, digest, kind=scep.RENEWALREQ):
        request = renewal_of(running, old, kind=kind, number=1)
        request.digest = digest
        return send(running, request, path)

    old = first(running)
    assert ask("/cgi-bin/pkiclient.exe", "sha1").status == scep.SUCCESS
    assert_refused(running, ask("/sha256", "sha1"), "SCEP0149", scep.BAD_ALG)
    assert_refused(running, ask("/sha256", "sha1", scep.PKCSREQ), "SCEP0151")
    assert ask("/sha256", "sha256").status == scep.SUCCESS
    assert_refused(running, ask("/legacy", "md5"), "SCEP0149", scep.BAD_ALG)
    assert ask("/legacy-md5", "md5").status == scep.SUCCESS


def test_the_old_one_is_revoked(running):
    old = first(running)
    request = renewal_of(running, old)
    reply = send(running, request, "/once")
    assert reply.status == scep.SUCCESS
    # its reply was lost: the very same request is answered again
    again = send(running, request, "/once")
    assert again.certs == reply.certs
    assert_refused(running, renew(running, old), "SCEP0145")
    assert_refused(running, renew(running, old, kind=scep.PKCSREQ, number=1,
                                  challenge=running.draw()), "SCEP0145")
    # tomorrow: still good today
    old = first(running)
    assert renew(running, old, "/later").status == scep.SUCCESS
    assert renew(running, old).status == scep.SUCCESS
    assert len(running.query(
        "SELECT serial FROM revocations WHERE reason = 4")) == 2


@BOTH
def test_challenge_besides(running, kind):
    """R15: neither is enough by itself, and the password is used up."""
    old, password = first(running), running.draw()
    assert_refused(running, renew(running, old, "/both", kind=kind),
                   "SCEP0151")
    assert_refused(running, renew(running, old, "/both", kind=kind,
                                  challenge="stale"), "SCEP0153")
    # what is refused for another reason leaves it alone
    assert_refused(running, renew(running, old, "/both", kind=scep.RENEWALREQ,
                                  common_name="other", challenge=password),
                   "SCEP0148")
    request = renewal_of(running, old, kind=kind, challenge=password)
    reply = send(running, request, "/both")
    assert reply.status == scep.SUCCESS
    assert send(running, request, "/both").certs == reply.certs
    again = renewal_of(running, old, kind=kind, challenge=password)
    again.csr = request.csr  # under another id
    assert send(running, again, "/both").certs == reply.certs
    assert_refused(running, renew(running, old, "/both", kind=kind, number=3,
                                  challenge=password), "SCEP0155")
    assert running.query(
        "SELECT t.renewal_of, h.state, h.serial FROM transactions t "
        "JOIN certificates c ON c.id = t.certificate_id "
        "JOIN challenges h ON h.hash = t.challenge_hash "
        f"WHERE c.serial = '{reply.certs[0].serial_number:X}'") == [
            (f"{old.serial_number:X}", 1,
             f"{reply.certs[0].serial_number:X}")]
    assert renew(running, old, "/both/again", kind=kind).status == scep.SUCCESS


def test_answer_tells_nothing_of_the_content(running):
    """A refused renewal and an envelope that cannot be read look alike."""
    old = first(running)
    request = renewal_of(running, old, common_name="other")
    names = send(running, request)
    request.csr = b"no CSR at all"
    garbage = send(running, request)
    assert (names.fail_info, names.fail_text) == (garbage.fail_info,
                                                  garbage.fail_text)
