# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Transactions, through restarts: which requests are retries, which are
transactions of their own, and which are refused."""
import os
import subprocess
import time

import pytest

import httpdserver
import scepclient as scep

SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(
    httpdserver.module())), "scepctl")
CONF = """
<Location /open>
    SetHandler scep
    ScepChallenge none
</Location>
<ScepProfile brief>
    ScepCertValidity 2
    ScepCertBackdate 0
</ScepProfile>
<Location /forgetful>
    SetHandler scep
    ScepChallenge none
    ScepRetryWindow 0
</Location>
<Location /brief>
    SetHandler scep
    ScepChallenge none
    ScepProfile brief
</Location>
<Location /other>
    SetHandler scep
    ScepCA other
    ScepChallenge none
</Location>
<ScepCA other>
    ScepCACertificateFile other.crt
    ScepCAKey other.key
</ScepCA>
"""
OPEN = "/open"
FORGETFUL = "/forgetful"  # where every retry comes too late


class WithAnotherCA(httpdserver.Server):
    def make_files(self):
        super().make_files()
        key = scep.shared_key(7)
        self.other = httpdserver.make_cert(
            "Other CA", key, ca=True,
            usage=httpdserver.CA_USAGE + (httpdserver.SIGN,
                                          httpdserver.ENCRYPT))
        self.write("other.crt", httpdserver.pem(self.other))
        self.write("other.key", httpdserver.key_pem(key), 0o600)

    @property
    def signers(self):
        return [self.ra_cert, self.other]


@pytest.fixture(name="running", scope="module")
def fixture_running():
    server = WithAnotherCA(extra=CONF)
    server.start()
    server.expect("SCEP01", "SCEP0019")
    yield server
    server.stop()
    lines, faults = server.unexpected(), server.faults()
    server.close()
    assert (lines, faults) == ([], [])


def request_for(server, transaction_id, number=1, common_name="device",
                challenge=None):
    return scep.Request(server.ra_cert, challenge, common_name,
                        key=scep.shared_key(number),
                        transaction_id=transaction_id)


def send(server, request, path=OPEN):
    return server.reply(server.endpoint(path).post(request.der()), request)


def poll(server, request, number=1, path=OPEN):
    question = request_for(server, request.transaction_id, number)
    question.recipients = request.recipients
    question.message_type = scep.CERTPOLL
    return send(server, question, path)


def renewal_of(cert, request, number=1):
    renewal = scep.Request(request.recipients[0], None,
                           key=scep.shared_key(number),
                           transaction_id=request.transaction_id)
    renewal.csr = request.csr
    renewal.key, renewal.cert = scep.shared_key(1), cert
    return renewal


def test_the_very_same_message(running):
    """S16: a message that somebody recorded gets nobody a second one."""
    request = request_for(running, "replay")
    message = request.der()
    first = running.reply(running.endpoint(OPEN).post(message), request)
    before = running.count_certificates()
    for _ in range(3):
        again = running.reply(running.endpoint(OPEN).post(message), request)
        assert again.certs == first.certs
    assert running.count_certificates() == before


def replay(server, message, request, path=FORGETFUL):
    return server.reply(server.endpoint(path).post(message), request)


def test_replayed_too_late_for_a_retry(running):
    """S16: never a second one, however late; but the same CSR in a message of
    its own is judged anew then."""
    request = request_for(running, "late replay")
    message = request.der()
    first = replay(running, message, request)
    before = running.count_certificates()
    assert replay(running, message, request).certs == first.certs
    running.restart()
    assert replay(running, message, request).certs == first.certs
    assert running.count_certificates() == before
    assert send(running, request, FORGETFUL).certs != first.certs
    # ... and the old message still means what it meant
    assert replay(running, message, request).certs == first.certs


def test_retry_replayed_too_late(running):
    """S16: that goes for every message that was answered with it."""
    request = request_for(running, "replayed retry")
    first = send(running, request)
    retry = request.der()
    assert replay(running, retry, request, OPEN).certs == first.certs
    before = running.count_certificates()
    for _ in range(2):
        assert replay(running, retry, request).certs == first.certs
    assert running.count_certificates() == before


def test_renewal_replayed_too_late(running):
    """S16"""
    request = request_for(running, "replayed renewal")
    first = send(running, request, FORGETFUL).certs[0]
    renewal = renewal_of(first, request)
    message = renewal.der()
    second = replay(running, message, renewal)
    before = running.count_certificates()
    assert replay(running, message, renewal).certs == second.certs != [first]
    assert running.count_certificates() == before


def test_replayed_after_its_certificate(running):
    """S16: what is over is over; a new message is judged anew, within
    ScepRetryWindow, too."""
    request = request_for(running, "replay of old")
    message = request.der()
    first = replay(running, message, request, "/brief")
    time.sleep(3)
    before = running.count_certificates()
    for path in ("/brief", FORGETFUL):
        reply = replay(running, message, request, path)
        assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                                   scep.BAD_REQUEST)
        assert "SCEP0164" in running.error_log().splitlines()[-1]
    assert running.count_certificates() == before
    assert send(running, request, "/brief").certs != first.certs


def test_same_csr_in_a_new_message(running):
    """Q10, Q48: also with the same nonce, and after a restart."""
    request = request_for(running, "new message")
    first = send(running, request)
    assert send(running, request).certs == first.certs
    request.nonce = b"0123456789abcdef"
    assert send(running, request).certs == first.certs
    request.cert = scep.self_signed(request.key, "another self-signed one")
    assert send(running, request).certs == first.certs
    running.restart()
    assert send(running, request).certs == first.certs


def test_other_csr_of_the_same_key(running):
    """Ids are hashes of keys: it is judged anew."""
    first = send(running, request_for(running, "id", common_name="a"))
    second = send(running, request_for(running, "id", common_name="b"))
    assert second.status == scep.SUCCESS and second.certs != first.certs
    again = send(running, request_for(running, "id", common_name="b"))
    assert again.status == scep.SUCCESS


def test_another_key_under_the_same_id(running):
    send(running, request_for(running, "taken"))
    reply = send(running, request_for(running, "taken", 2))
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert "SCEP0142" in running.error_log().splitlines()[-1]


def test_same_key_renewal_under_the_same_id(running):
    """The CSR may be the very same octets; the signer is another."""
    request = request_for(running, "renewed")
    first = send(running, request).certs[0]
    second = send(running, renewal_of(first, request)).certs[0]
    assert second.serial_number != first.serial_number
    # each of them, sent again, is a retry of itself
    assert send(running, request).certs == [first]
    assert send(running, renewal_of(first, request)).certs == [second]
    third = send(running, renewal_of(second, request)).certs[0]
    assert third.serial_number not in (first.serial_number,
                                       second.serial_number)


def test_polls(running):
    """RFC 8894 4.4: an unmatched poll is rejected; the right key gets what
    was issued, the newest, whatever it missed before."""
    request = request_for(running, "polled")
    reply = poll(running, request)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_CERT_ID)
    first = send(running, request).certs
    assert poll(running, request).certs == first
    reply = poll(running, request, 2)
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_CERT_ID)
    second = send(running, request_for(running, "polled",
                                       common_name="newer")).certs
    assert poll(running, request).certs == second


def test_same_id_at_two_cas(running):
    """S10: ids, retries and polls are each CA's own."""
    here = request_for(running, "shared")
    there = request_for(running, "shared", 2)
    there.recipients = [running.other]
    first = send(running, here)
    reply = poll(running, there, 1, "/other")
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_CERT_ID)
    second = send(running, there, "/other")
    assert second.status == scep.SUCCESS
    assert second.certs[0].issuer != first.certs[0].issuer
    assert poll(running, here).certs == first.certs
    assert poll(running, there, 2, "/other").certs == second.certs
    # and no certificate of the one renews at the other
    renewal = renewal_of(first.certs[0], here)
    renewal.recipients = [running.other]
    renewal.message_type = scep.RENEWALREQ
    renewal.transaction_id = "renewal"
    reply = send(running, renewal, "/other")
    assert (reply.status, reply.fail_info) == (scep.FAILURE, scep.BAD_REQUEST)
    assert "SCEP0144" in running.error_log().splitlines()[-1]


def test_revoked_meanwhile_is_not_answered_again(running):
    request = request_for(running, "revoked")
    cert = send(running, request).certs[0]
    subprocess.run([SCEPCTL, "certs", "revoke", f"{cert.serial_number:X}",
                    "--state-dir", running.path("state")], check=True,
                   stdout=subprocess.DEVNULL)
    for reply in (send(running, request), poll(running, request)):
        assert (reply.status, reply.fail_info) == (scep.FAILURE,
                                                   scep.BAD_REQUEST)
        assert "SCEP0139" in running.error_log().splitlines()[-1]
