# Licensed under the Apache License, Version 2.0; see LICENSE.
"""ScepMaxConcurrent: more clients than can be served at a time."""
import concurrent.futures
import os
import time

import pytest

from cryptography.hazmat.primitives.asymmetric import rsa

import scepclient as scep
from httpdserver import Pair, make_cert

# A provider that accepts anything as soon as the file `hold' is gone.
HOLD = """#!/bin/sh
echo x >>@DIR@/asked
while [ -e @DIR@/hold ]; do sleep 0.02; done
"""
SLOW = """ScepMaxConcurrent 4
<Location /slow>
    SetHandler scep
    ScepChallenge "exec:@DIR@/judge"
</Location>
"""
DEVICES = 150
WAITS = range(5, 301)  # seconds, of Retry-After


def renewal(server, number):
    """One of a device that has a certificate, with a name of its own."""
    key = scep.shared_key(number % 3)
    name = f"device-{number}"
    request = scep.Request(server.ra_cert, key=key, common_name=name)
    request.cert = make_cert(name, key, server.ca)
    request.message_type = scep.RENEWALREQ
    return request


def first(server):
    return scep.Request(server.ra_cert, "any", key=scep.shared_key(0))


def is_sent_away(answer):
    status, headers, _ = answer
    if status == 503:
        assert int(headers["Retry-After"]) in WAITS
        return True
    return False


def test_storm(httpd):
    """Devices that come again when they are told to: each gets its certificate,
    and only one."""
    server = httpd(extra="ScepMaxConcurrent 1\n")
    server.expect("SCEP0127")
    requests = [renewal(server, number) for number in range(DEVICES)]
    messages = [request.der() for request in requests]
    waits = []

    def come(number):
        while True:
            answer = server.endpoint().post(messages[number])
            if not is_sent_away(answer):
                return server.reply(answer, requests[number]).status
            waits.append(int(answer[1]["Retry-After"]))
            time.sleep(waits[-1] / 1000)

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert set(pool.map(come, range(DEVICES))) == {scep.SUCCESS}
    assert server.query("SELECT COUNT(*), COUNT(DISTINCT subject),"
                        " COUNT(DISTINCT serial) FROM certificates") == [
                            (DEVICES, DEVICES, DEVICES)]
    if len(waits) > 20:  # as many as the machine is slow
        assert len(set(waits)) > 5
    # A message that was answered is answered again.
    assert server.reply(server.endpoint().post(messages[0]),
                        requests[0]).status == scep.SUCCESS
    assert server.query("SELECT COUNT(*) FROM certificates") == [(DEVICES,)]


@pytest.fixture(name="full")
def fixture_full(httpd):
    """A server where first enrolments have all slots that they may have."""
    server = httpd(start=False, extra=SLOW)
    server.write("judge", HOLD.replace("@DIR@", server.dir), 0o755)
    server.write("hold", "")
    server.write("asked", "", 0o666)
    server.expect("SCEP0127")
    server.start()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(post_slowly, server) for _ in range(3)]
        server.wait_for(lambda: os.path.getsize(server.path("asked")) == 6)
        yield server, waiting
        if os.path.exists(server.path("hold")):
            os.unlink(server.path("hold"))


def post_slowly(server):
    request = first(server)
    try:
        return server.reply(server.endpoint("/slow").post(request.der()),
                            request).status
    except OSError:  # it was killed
        return None


def test_renewals_are_not_starved(full):
    server, waiting = full
    assert is_sent_away(server.endpoint("/slow").post(first(server).der()))
    request = renewal(server, 1)
    assert server.reply(server.endpoint().post(request.der()),
                        request).status == scep.SUCCESS
    # The name of the CA alone makes no renewal.
    pretended = renewal(server, 2)
    pretended.message_type = scep.PKCSREQ
    pretended.cert = make_cert("device-2", pretended.key,
                               Pair(server.ca.cert, rsa.generate_private_key(
                                   65537, 2048)))
    assert is_sent_away(server.endpoint().post(pretended.der()))
    # What needs no private key is answered.
    assert server.endpoint().http("GET", "operation=GetCACaps")[0] == 200
    os.unlink(server.path("hold"))
    assert [one.result() for one in waiting] == 3 * [scep.SUCCESS]
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_killed_children_give_their_slots_back(full):
    server, waiting = full
    server.expect("exit signal Killed", "AH00052", "SCEP0")
    assert is_sent_away(server.endpoint("/slow").post(first(server).der()))
    server.kill_children()
    os.unlink(server.path("hold"))
    assert [one.result() for one in waiting] == 3 * [None]
    end = time.monotonic() + 5
    while is_sent_away(answer := server.endpoint("/slow").post(
            (request := first(server)).der())):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert server.reply(answer, request).status == scep.SUCCESS


@pytest.mark.any_mpm(reason="decided from the configuration alone")
def test_no_limit(httpd):
    server = httpd(extra="ScepMaxConcurrent off\n")
    assert server.enrol(server.draw()).status == scep.SUCCESS
