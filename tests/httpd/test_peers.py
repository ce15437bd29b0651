# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One peer cannot take what others need: places in the queue, and ids."""
import threading

import pytest
from asn1crypto import core

import scepclient as scep
from fixtures import finish
from postgres import Postgres, node

CONF = """
ScepApprovalMax 20
<Location /manual>
    SetHandler scep
    ScepApproval manual
</Location>
<Location /open>
    SetHandler scep
    ScepApproval manual
    ScepChallenge none
</Location>
<Location /both>
    SetHandler scep
    ScepApproval manual
    ScepChallenge one-time none
</Location>
<Location /issues>
    SetHandler scep
    ScepChallenge one-time none
</Location>
"""
OF_ONE_ADDRESS = 2  # a tenth of ScepApprovalMax


@pytest.fixture(name="running")
def fixture_running(httpd):
    server = httpd(extra=CONF)
    server.expect("SCEP01", "SCEP0019")
    return server


def request_for(server, password=None, number=1, **more):
    return scep.Request(server.ra_cert, password, key=scep.shared_key(number),
                        **more)


def poll_of(request):
    poll = scep.Request(request.recipients[0], key=request.key,
                        transaction_id=request.transaction_id)
    poll.cert = request.cert
    poll.message_type = scep.CERTPOLL
    poll.csr = core.OctetString(b"whatever").dump()
    return poll


def post(server, request, path, host=1):
    endpoint = server.endpoint(path)
    endpoint.source = f"127.0.0.{host}"
    return endpoint.post(request.der())


def send(server, request, path, host=1):
    return server.reply(post(server, request, path, host), request)


def states(server):
    return [row[0] for row in server.query(
        "SELECT state FROM requests ORDER BY created, id")]


WAITING, REJECTED = 0, 4


# ---- the queue ----

def test_one_key(running):
    """Its newest request waits; who polls for an older one is told, and its
    password is good again."""
    passwords = [running.draw() for _ in range(5)]
    requests = [request_for(running, password, common_name=f"device {i}")
                for i, password in enumerate(passwords)]
    for request in requests:
        assert send(running, request, "/manual").status == scep.PENDING
    assert states(running) == [REJECTED] * 4 + [WAITING]
    assert send(running, poll_of(requests[-1]), "/manual").status == \
        scep.PENDING
    for again in (poll_of(requests[0]), requests[0]):
        reply = send(running, again, "/manual")
        assert (reply.status, reply.fail_text) == (
            scep.FAILURE, "The request was rejected.")
    assert "replaced by a newer request of the same key" in \
        running.error_log()
    assert running.count("SCEP0224") == 4
    # to another device
    assert running.enrol(passwords[0], "other", number=2).status == \
        scep.SUCCESS


def test_one_key_cannot_fill_anything(running):
    """Not the queue, not the table, not the audit trail."""
    for number in range(60):
        assert send(running, request_for(
            running, common_name=f"device {number}"),
            "/open").status == scep.PENDING
    found = states(running)
    assert found.count(WAITING) == 1 and len(found) <= 17
    assert running.query("SELECT COUNT(*) FROM messages")[0][0] <= 17
    assert running.query("SELECT COUNT(*) FROM audit")[0][0] <= 34


def test_one_address(running):
    """Without a password; the others behind it, who have one, have room."""
    for number in range(OF_ONE_ADDRESS):
        assert send(running, request_for(running, number=number),
                    "/open").status == scep.PENDING
    status, headers, body = post(running, request_for(running, number=4),
                                 "/open")
    assert status == 429 and headers["Retry-After"]
    assert body == b"Too many requests wait. Try again later.\n"
    assert running.count("SCEP0178") == 1
    assert send(running, request_for(running, number=5), "/open",
                host=2).status == scep.PENDING
    for number in range(4, 8):
        assert send(running, request_for(running, running.draw(), number),
                    "/manual").status == scep.PENDING


def test_one_certificate(running):
    """Whatever keys it asks for."""
    cert = running.enrol(running.draw(), "device", number=1).certs[0]
    renewals = []
    for number in range(2, 6):
        renewal = request_for(running, number=number)
        renewal.key, renewal.cert = scep.shared_key(1), cert
        renewal.message_type = scep.RENEWALREQ
        assert send(running, renewal, "/manual").status == scep.PENDING
        renewals.append(renewal)
    assert states(running) == [REJECTED] * 3 + [WAITING]
    assert send(running, poll_of(renewals[0]), "/manual").status == \
        scep.FAILURE
    assert send(running, poll_of(renewals[-1]), "/manual").status == \
        scep.PENDING


def test_strangers_leave_room(httpd):
    server = httpd(extra=CONF.replace("ScepApprovalMax 20",
                                      "ScepApprovalMax 3"))
    server.expect("SCEP0019", "SCEP0169")
    for number in range(3):
        assert send(server, request_for(server, number=number), "/open",
                    host=number + 1).status == scep.PENDING
    assert post(server, request_for(server, number=3), "/open", 4)[0] == 503
    assert send(server, request_for(server, server.draw(), 3), "/manual",
                4).status == scep.PENDING


# ---- ids ----

@pytest.mark.parametrize("taken,asked", [
    ("/open", "/cgi-bin/pkiclient.exe"), ("/both", "/both"),
    ("/issues", "/issues"), ("/issues", "/cgi-bin/pkiclient.exe"),
    ("/open", "/manual")])
def test_an_id_cannot_be_taken(running, taken, asked):
    """By a stranger, who sends it first, from who has a password."""
    waits = scep.PENDING if asked in ("/both", "/manual") else scep.SUCCESS
    stranger = request_for(running, number=2, transaction_id="0123")
    first = send(running, stranger, taken)
    assert first.status in (scep.PENDING, scep.SUCCESS)
    victim = request_for(running, running.draw(), transaction_id="0123")
    reply = send(running, victim, asked)
    assert reply.status == waits
    # each gets what is its own, whatever came last
    assert send(running, poll_of(victim), asked).status == waits
    assert send(running, victim, asked).certs == reply.certs
    again = send(running, poll_of(stranger), taken)
    assert (again.status, again.certs) == (first.status, first.certs)
    third = request_for(running, number=3, transaction_id="0123")
    reply = send(running, third, taken)
    assert (reply.status, reply.fail_text) == (
        scep.FAILURE, "The request was refused.")
    assert send(running, poll_of(third), taken).fail_info == scep.BAD_CERT_ID
    assert "SCEP0142" in running.error_log()


def test_an_id_is_held_at_its_endpoint(running):
    """By who had a password, against others who have; nowhere else."""
    first = request_for(running, running.draw(), transaction_id="0123")
    assert send(running, first, "/manual").status == scep.PENDING
    other = request_for(running, running.draw(), 2, transaction_id="0123")
    assert send(running, other, "/manual").fail_info == scep.BAD_REQUEST
    # the password is still good
    assert send(running, other, "/cgi-bin/pkiclient.exe").status == \
        scep.SUCCESS
    assert send(running, first, "/manual").status == scep.PENDING


def test_renewal_under_a_strangers_id(running):
    cert = running.enrol(running.draw(), "device", number=1).certs[0]
    stranger = request_for(running, number=2, transaction_id="0123")
    assert send(running, stranger, "/both").status == scep.PENDING
    renewal = request_for(running, number=1, transaction_id="0123")
    renewal.key, renewal.cert = scep.shared_key(1), cert
    renewal.message_type = scep.RENEWALREQ
    assert send(running, renewal, "/both").status == scep.PENDING
    assert send(running, renewal, "/issues").status == scep.PENDING


# ---- several machines ----

@pytest.fixture(name="nodes", scope="module")
def fixture_nodes():
    database = Postgres()
    servers = []
    for _ in range(2):
        server = node(database, like=servers[0] if servers else None,
                      extra=CONF)
        servers.append(server)
        server.expect("SCEP01", "SCEP0019")
        server.start()
    yield (*servers, database)
    finish(servers, True)
    database.close()


def waiting_in(database):
    return database.number("SELECT COUNT(*) FROM requests WHERE state = 0")


def test_one_address_at_two_machines_at_once(nodes):
    """64 at once are no more than one after another."""
    first, second, database = nodes
    keys = [scep.shared_key(number) for number in range(8)]
    statuses = []

    def work(server, number):
        request = scep.Request(server.ra_cert, None, f"d{number}",
                               key=keys[number % 8])
        statuses.append(post(server, request, "/open")[0])

    threads = [threading.Thread(target=work, args=((first, second)[i % 2], i))
               for i in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting_in(database) == OF_ONE_ADDRESS
    assert len(statuses) == 64 and set(statuses) <= {200, 429}
    assert statuses.count(429) >= 1


def test_ids_and_keys_at_two_machines(nodes):
    first, second, database = nodes
    database.sql("DELETE FROM messages; DELETE FROM requests")
    stranger = request_for(first, number=2, transaction_id="0123")
    assert send(first, stranger, "/open").status == scep.PENDING
    password = first.draw()
    victim = request_for(second, password, transaction_id="0123")
    assert send(second, victim, "/manual").status == scep.PENDING
    newer = request_for(first, second.draw(), common_name="newer")
    assert send(first, newer, "/manual").status == scep.PENDING
    assert waiting_in(database) == 2
    assert send(second, poll_of(victim), "/manual").status == scep.FAILURE
    assert send(second, poll_of(newer), "/manual").status == scep.PENDING
    assert second.enrol(password, "another", number=3).status == scep.SUCCESS
