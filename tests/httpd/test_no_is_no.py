# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A rejected or expired request is refused as long as its device repeats it,
in whatever way and at whatever endpoint. A new request is judged."""
import json
import time

import pytest
from asn1crypto import core

import scepclient as scep
from fixtures import finish
from httpdserver import Server
from postgres import Postgres, node

pytestmark = pytest.mark.any_mpm(
    reason="decided from one request and the database")

CONF = """
<Location /manual>
    SetHandler scep
    ScepApproval manual
    ScepRetryWindow 0
</Location>
<Location /short>
    SetHandler scep
    ScepApproval manual
    ScepApprovalExpiry 1
</Location>
<Location /open>
    SetHandler scep
    ScepChallenge none
    ScepRetryWindow 0
</Location>
"""
MANUAL, SHORT, OPEN = "/manual", "/short", "/open"
AUTOMATIC = "/cgi-bin/pkiclient.exe"
EVERYWHERE = MANUAL, AUTOMATIC, SHORT, OPEN


@pytest.fixture(name="running", scope="module", params=("sqlite3", "pgsql"))
def fixture_running(request):
    database = Postgres() if request.param == "pgsql" else None
    server = node(database, extra=CONF) if database else Server(extra=CONF)
    server.expect("SCEP0019")  # ScepChallenge none
    server.start()
    yield server
    finish([server], True)
    if database:
        database.close()


def send(server, request, path=MANUAL):
    return server.reply(server.endpoint(path).post(request.der()), request)


def poll_of(request):
    poll = scep.Request(request.recipients[0], key=request.key,
                        transaction_id=request.transaction_id)
    poll.cert, poll.message_type = request.cert, scep.CERTPOLL
    poll.csr = core.OctetString(b"whatever").dump()
    return poll


def api(server, method, path, body=None):
    answer = server.admin("/certsrv/mscep_admin/api" + path, method,
                          body=body and json.dumps(body),
                          headers={"Content-Type": "application/json"})
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def waiting(server, request):
    return [one["id"] for one in api(server, "GET", "/requests")["requests"]
            if one["transactionID"] == request.transaction_id]


def reject(server, request):
    (one,) = waiting(server, request)
    api(server, "POST", f"/requests/{one}/reject", {"note": "not ours"})


def certificates(server):
    return len(api(server, "GET", "/certs?limit=1000")["certificates"])


def queued(server, password=None, path=MANUAL, **more):
    request = scep.Request(server.ra_cert, password or server.draw(),
                           key=scep.shared_key(1), **more)
    assert send(server, request, path).status == scep.PENDING
    return request


def assert_no(reply, text):
    assert (reply.status, reply.fail_info, reply.fail_text) == (
        scep.FAILURE, scep.BAD_REQUEST, text)


def assert_stays_refused(server, request, text, message=None):
    """By a new message, by a poll, and by the same octets."""
    before = certificates(server)
    for path in EVERYWHERE:
        assert_no(send(server, request, path), text)
        assert_no(send(server, poll_of(request), path), text)
        if message:
            assert_no(server.reply(server.endpoint(path).post(message),
                                   request), text)
    assert waiting(server, request) == []
    assert certificates(server) == before


REJECTED = "The request was rejected."
EXPIRED = "The request has expired."


def test_rejected(running):
    request = scep.Request(running.ra_cert, running.draw(),
                           key=scep.shared_key(1))
    message = request.der()
    answer = running.endpoint(MANUAL).post(message)
    assert running.reply(answer, request).status == scep.PENDING
    reject(running, request)
    assert_stays_refused(running, request, REJECTED, message)
    running.restart()
    assert_stays_refused(running, request, REJECTED, message)
    line = [line for line in running.error_log().splitlines()
            if "SCEP0167" in line][-1]
    assert "not ours" in line


@pytest.mark.parametrize("path", (MANUAL, AUTOMATIC))
def test_what_is_new_is_judged(running, path):
    """Its password is good for another CSR, or under another id; the refused
    one stays refused, whatever became of the others."""
    good = scep.PENDING if path == MANUAL else scep.SUCCESS
    password = running.draw()
    request = queued(running, password)
    reject(running, request)
    other = scep.Request(running.ra_cert, password, "renamed",
                         key=scep.shared_key(1),
                         transaction_id=request.transaction_id)
    assert send(running, other, path).status == good
    if path == MANUAL:
        # SCEP0142 while another one waits
        assert send(running, request, path).status == scep.FAILURE
        reject(running, other)
        request.transaction_id += "-new"
        assert send(running, request, path).status == scep.PENDING
    else:
        for again in EVERYWHERE:  # a poll gets what was issued since
            assert_no(send(running, request, again), REJECTED)
            assert send(running, poll_of(request), again).status == good


def test_a_new_password_is_a_new_request(running):
    """Everything else is as it was."""
    request = queued(running)
    reject(running, request)
    again = scep.Request(running.ra_cert, running.draw(),
                         key=scep.shared_key(1),
                         transaction_id=request.transaction_id)
    assert send(running, again, AUTOMATIC).status == scep.SUCCESS
    assert_no(send(running, request, AUTOMATIC), REJECTED)
    assert send(running, again, AUTOMATIC).status == scep.SUCCESS


def test_run_out(running):
    """As long as it repeats within ScepApprovalExpiry, and no longer."""
    request = queued(running, path=SHORT)
    begin = time.time()
    time.sleep(1.05)
    while time.time() - begin < 3.2:
        assert_no(send(running, request, AUTOMATIC), EXPIRED)
        assert_no(send(running, poll_of(request)), EXPIRED)
        time.sleep(0.4)
    time.sleep(1.1)
    assert send(running, request, MANUAL).status == scep.PENDING


def test_run_out_unheard_of(running):
    """Approved, but its device came too late."""
    request = queued(running, path=SHORT)
    (one,) = waiting(running, request)
    api(running, "POST", f"/requests/{one}/approve", {"note": "x"})
    time.sleep(1.05)
    assert_stays_refused(running, request, EXPIRED)


@pytest.mark.parametrize("message_type", (scep.RENEWALREQ, scep.PKCSREQ))
def test_renewal(running, message_type):
    cert = running.enrol(running.draw(), "device", number=1).certs[0]
    renewal = scep.Request(running.ra_cert, None, key=scep.shared_key(2))
    renewal.key, renewal.cert = scep.shared_key(1), cert
    renewal.message_type = message_type
    message = renewal.der()
    answer = running.endpoint(MANUAL).post(message)
    assert running.reply(answer, renewal).status == scep.PENDING
    reject(running, renewal)
    assert_stays_refused(running, renewal, REJECTED, message)
    renewal.transaction_id += "-new"
    assert send(running, renewal, AUTOMATIC).status == scep.SUCCESS


def test_revoked(running):
    """What was revoked is not had by asking again, also after
    ScepRetryWindow."""
    request = scep.Request(running.ra_cert, None, "revoked",
                           key=scep.shared_key(3))
    cert = send(running, request, OPEN).certs[0]
    assert send(running, request, OPEN).certs != [cert]  # no retry any more
    (cert,) = send(running, request, OPEN).certs
    api(running, "POST", f"/certs/{cert.serial_number:X}/revoke",
        {"reason": "cessationOfOperation"})
    before = certificates(running)
    for again in (request, poll_of(request)):
        assert_no(send(running, again, OPEN), "The request was refused.")
    assert certificates(running) == before
    new = scep.Request(running.ra_cert, None, "new", key=scep.shared_key(3),
                       transaction_id=request.transaction_id)
    assert send(running, new, OPEN).status == scep.SUCCESS
