# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Approval by an operator: PENDING, polls, approval and rejection, expiry,
restarts."""
import json
import os
import subprocess
import time

import pytest
from asn1crypto import core

import httpdserver
import scepclient as scep

pytestmark = pytest.mark.any_mpm(
    reason="decided from one request and the database")

CONF = """
<Location /manual>
    SetHandler scep
    ScepApproval manual
</Location>
<Location /open>
    SetHandler scep
    ScepApproval manual
    ScepChallenge none
    ScepApprovalMax 2
</Location>
<Location /short>
    SetHandler scep
    ScepApproval manual
    ScepApprovalExpiry 1
</Location>
"""
MANUAL = "/manual"


@pytest.fixture(name="running")
def fixture_running(httpd):
    server = httpd(extra=CONF)
    server.expect("SCEP01", "SCEP0019")
    return server


def request_for(server, password, number=1, **more):
    return scep.Request(server.ra_cert, password, key=scep.shared_key(number),
                        **more)


def poll_of(request, number=1):
    """A CertPoll whose content is nothing that the RFC knows (R35)."""
    poll = scep.Request(request.recipients[0], key=scep.shared_key(number),
                        transaction_id=request.transaction_id)
    poll.message_type = scep.CERTPOLL
    poll.csr = core.OctetString(b"whatever").dump()
    return poll


def send(server, request, path=MANUAL):
    return server.reply(server.endpoint(path).post(request.der()), request)


def scepctl(server, *arguments):
    done = subprocess.run(
        [os.path.join(os.path.dirname(os.path.dirname(httpdserver.module())),
                      "scepctl"), "requests",
         *arguments, "--state-dir", server.path("state")], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def waiting(server):
    return server.query("SELECT id FROM requests WHERE state = 0 "
                        "ORDER BY created")[-1][0]


def decide(server, what="approve", *more):
    status, said = scepctl(server, what, waiting(server), *more)
    assert status == 0, said


def queued(server, **more):
    request = request_for(server, server.draw(), **more)
    assert send(server, request).status == scep.PENDING
    return request


def assert_refused(reply, fail_info):
    assert (reply.status, reply.fail_info) == (scep.FAILURE, fail_info)


def test_approved(running):
    request = queued(running)
    assert running.count_certificates() == 0
    for again in (request, poll_of(request)):
        assert send(running, again).status == scep.PENDING
    assert len(running.query("SELECT id FROM requests")) == 1
    decide(running)
    reply = send(running, poll_of(request))
    assert reply.status == scep.SUCCESS
    running.verify(reply.certs[0])
    # and again, however it asks
    for again in (poll_of(request), request):
        assert send(running, again).certs == reply.certs
    assert running.count_certificates() == 1
    assert [row[0] for row in running.query(
        "SELECT event FROM audit ORDER BY seq")] == [
            "challenge-drawn", "request-queued", "request-approved", "issued"]
    assert running.spent_twice() == []


def test_approved_and_asked_for_by_the_request_itself(running):
    """certmonger and scepclient poll by sending the request again."""
    request = queued(running)
    decide(running)
    running.restart()
    assert send(running, request).status == scep.SUCCESS


def test_rejected_gives_the_password_back(running):
    password = running.draw()
    request = request_for(running, password)
    assert send(running, request).status == scep.PENDING
    other = request_for(running, password, 2)
    assert_refused(send(running, other), scep.BAD_REQUEST)
    decide(running, "reject", "--note", "not ours")
    assert_refused(send(running, poll_of(request)), scep.BAD_REQUEST)
    assert "SCEP0167" in running.error_log()
    assert "not ours" in running.error_log()
    assert send(running, other).status == scep.PENDING


def test_polls_by_nobody(running):
    """S10: the id alone gives nothing away, nor does another endpoint's."""
    request = queued(running)
    decide(running)
    assert_refused(send(running, poll_of(request, 2)), scep.BAD_CERT_ID)
    unknown = poll_of(request)
    unknown.transaction_id = "unknown"
    assert_refused(send(running, unknown), scep.BAD_CERT_ID)
    assert "SCEP0166" in running.error_log()
    assert running.count_certificates() == 0


def test_another_request_under_its_id(running):
    request = queued(running)
    for number in (1, 2):
        other = request_for(running, running.draw(), number,
                            common_name="other",
                            transaction_id=request.transaction_id)
        assert_refused(send(running, other), scep.BAD_REQUEST)
    assert len(running.query("SELECT id FROM requests")) == 1


def test_expiry(running):
    password = running.draw()
    request = request_for(running, password)
    assert send(running, request, "/short").status == scep.PENDING
    time.sleep(1.1)
    assert_refused(send(running, poll_of(request), "/short"),
                   scep.BAD_REQUEST)
    assert "SCEP0168" in running.error_log()
    request.transaction_id = "new"
    assert send(running, request).status == scep.PENDING  # begun anew


def test_full(running):
    for number in (1, 2):
        assert send(running, request_for(running, None, number),
                    "/open").status == scep.PENDING
    status, headers, _ = running.endpoint("/open").post(
        request_for(running, None, 3).der())
    assert status == 503 and headers["Retry-After"]
    assert "SCEP0169" in running.error_log()
    decide(running, "reject")
    assert send(running, request_for(running, None, 3),
                "/open").status == scep.PENDING


def test_survives_a_crash_and_keeps_no_secret(running):
    password = running.draw()
    request = request_for(running, password)
    assert send(running, request).status == scep.PENDING
    running.kill_all()
    for name in os.listdir(running.path("state")):
        with open(running.path("state", name), "rb") as file:
            assert password.encode() not in file.read()
    running.start()
    decide(running)
    assert send(running, poll_of(request)).status == scep.SUCCESS
    assert running.query("SELECT csr FROM requests") == [(None,)]


def test_renewal_waits_too(running):
    cert = running.enrol(running.draw(), "device", number=1).certs[0]
    renewal = scep.Request(running.ra_cert, None, key=scep.shared_key(2))
    renewal.key, renewal.cert = scep.shared_key(1), cert
    renewal.message_type = scep.RENEWALREQ
    assert send(running, renewal).status == scep.PENDING
    decide(running)
    poll = poll_of(renewal)
    poll.cert = cert
    reply = send(running, poll)
    assert reply.status == scep.SUCCESS
    assert running.query("SELECT renewal_of FROM transactions WHERE "
                         "renewal_of IS NOT NULL") == [
                             (f"{cert.serial_number:X}",)]


def test_poll_of_what_was_issued_at_once(running):
    """A reply that was lost: CertPoll gets it, too."""
    request = request_for(running, running.draw())
    reply = send(running, request, "/cgi-bin/pkiclient.exe")
    assert send(running, poll_of(request)).certs == reply.certs
    assert_refused(send(running, poll_of(request, 2)), scep.BAD_CERT_ID)


def test_changed_in_the_database(running):
    """Who can write there cannot have another request certified."""
    request = queued(running)
    decide(running)
    running.change("UPDATE requests SET csr = 'AAAA'")
    running.expect("SCEP0173")
    assert running.endpoint(MANUAL).post(poll_of(request).der())[0] == 500
    assert running.count_certificates() == 0


def call(server, method, path, body=None):
    answer = server.admin("/certsrv/mscep_admin/api/requests" + path, method,
                          body=body and json.dumps(body),
                          headers={"Content-Type": "application/json"})
    return answer.status, json.loads(answer.body)


def test_api(running):
    assert call(running, "GET", "") == (200, {"requests": [], "next": None})
    request = queued(running, common_name="listed")
    (one,) = call(running, "GET", "")[1]["requests"]
    assert (one["state"], one["source"]) == ("waiting", "one-time")
    assert one["transactionID"] == request.transaction_id
    path = "/" + one["id"]
    assert call(running, "GET", path) == (200, one)
    for bad in ({"note": 1}, {"other": 1}, {"note": "x" * 257}):
        assert call(running, "POST", path + "/approve", bad)[0] == 400
    assert call(running, "GET", "/none")[0] == 404
    assert call(running, "POST", "/none/approve", {"note": "x"})[0] == 404
    assert call(running, "GET", path + "/approve")[0] == 405
    status, one = call(running, "POST", path + "/approve", {"note": "yes"})
    assert (status, one["state"]) == (200, "approved")
    assert (one["decidedBy"], one["note"]) == (httpdserver.ADMIN, "yes")
    assert call(running, "POST", path + "/approve", {"note": "x"})[0] == 409
    reply = send(running, poll_of(request))
    assert reply.status == scep.SUCCESS
    assert call(running, "POST", path + "/reject", {"note": "x"})[0] == 409
    assert call(running, "GET", "") == (200, {"requests": [], "next": None})
    (one,) = call(running, "GET", "?all=1")[1]["requests"]
    assert one["serial"] == f"{reply.certs[0].serial_number:X}"
    queued(running, common_name="other")
    (one,) = call(running, "GET", "")[1]["requests"]
    assert call(running, "POST", f"/{one['id']}/reject",
                {"note": "no"})[1]["state"] == "rejected"


def add_requests(server, count, state=0):
    """Of the CA's scope, five at a time at the same moment."""
    server.draw()  # has the scope
    ((scope,),) = server.query("SELECT scope FROM challenges LIMIT 1")
    start = int(time.time() * 1e6)
    one, number = ("lower(hex(randomblob(16)))",
                   "CAST(printf('%032d', i) AS BLOB)")
    if httpdserver.ON_POSTGRES:
        one, number = ("md5(random()::text || i)",
                       "decode(lpad(to_hex(i), 64, '0'), 'hex')")
    server.change(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < ?) INSERT INTO requests (id, scope, transaction_id, "
        "key_hash, csr_hash, state, subject, created, expires) "
        f"SELECT {one}, ?, 't' || i, {number}, {number}, ?, 'CN=' || i, "
        "? + i / 5, ? FROM n", count - 1, scope, state, start,
        start + 10 ** 9)


def ids(server, condition="1 = 1"):
    return [row[0] for row in server.query(
        f"SELECT id FROM requests WHERE {condition} "
        "ORDER BY created DESC, id DESC")]


def listed(server, query):
    """The ids on all pages, and how many are on each."""
    found, sizes, after = [], [], ""
    while after is not None:
        status, answer = call(server, "GET", f"?{query}{after}")
        assert status == 200
        sizes.append(len(answer["requests"]))
        found += [one["id"] for one in answer["requests"]]
        after = answer["next"] and "&after=" + answer["next"]
    return found, sizes


def test_api_pages(running):
    add_requests(running, 1201)
    add_requests(running, 7, 4)
    waiting_ids = ids(running, "state = 0")
    assert listed(running, "limit=1000") == (waiting_ids, [1000, 201])
    assert call(running, "GET", "?limit=1201")[0] == 400
    assert listed(running, "x=1") == (waiting_ids, 12 * [100] + [1])
    assert listed(running, "limit=302&all=1") == (ids(running),
                                                  4 * [302])
    for bad in ("", "1", "1-", "x-00", "1-0g", "-1-00", "1-00%00"):
        status, answer = call(running, "GET", f"?after={bad}")
        assert (status, answer["error"]["id"]) == (400, "SCEP0184"), bad


def test_scepctl_lists_all(running):
    add_requests(running, 100003)
    expected = ids(running)
    for options in ((), ("--all", "--json")):
        status, said = scepctl(running, "list", *options)
        assert status == 0
        lines = said.splitlines()
        assert [json.loads(line)["id"] if options else line.split("\t")[0]
                for line in lines] == expected


def test_scepctl(running):
    status, said = scepctl(running, "list")
    assert (status, said) == (0, "")
    request = queued(running, common_name="listed")
    number = waiting(running)
    status, said = scepctl(running, "list")
    assert status == 0 and number in said and "listed" in said
    status, said = scepctl(running, "show", number)
    assert status == 0 and request.transaction_id in said
    assert '"state":"waiting"' in scepctl(running, "list", "--json")[1]
    assert scepctl(running, "approve", number)[0] == 0
    status, said = scepctl(running, "approve", number)
    assert status == 2 and "SCEP0571" in said
    assert scepctl(running, "reject", number)[0] == 0
    assert scepctl(running, "list")[1] == ""
    assert "rejected" in scepctl(running, "list", "--all")[1]
    for bad in ((), ("no",), ("show",), ("approve", "x"), ("list", "x"),
                ("reject", number, "--note")):
        assert scepctl(running, *bad)[0] in (1, 2), bad
