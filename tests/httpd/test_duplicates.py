# Licensed under the Apache License, Version 2.0; see LICENSE.
"""First enrolments whose subject already has a valid certificate (R42)."""
import os
import subprocess

import pytest

import scepclient as scep
from httpdserver import module
from test_concurrency import at_once

CONF = """
<Location /unique>
    SetHandler scep
    ScepDuplicateSubject refuse
</Location>
<Location /unique/not>
    SetHandler scep
    ScepDuplicateSubject allow
</Location>
<Location /latest>
    SetHandler scep
    ScepDuplicateSubject revoke
</Location>
"""
CLIENTS = 12
SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
TEXT = "The subject has a valid certificate already."


@pytest.fixture(name="running", scope="module")
def fixture_running(make_server):
    return make_server(extra=CONF)


def serial(cert):
    return f"{cert.serial_number:X}"


def ask(server, common_name, path, number=0, password=None):
    request = scep.Request(server.ra_cert, password or server.draw(),
                           common_name, key=scep.shared_key(number))
    return server.reply(server.endpoint(path).post(request.der()), request)


def certificate(server, *args, **more):
    reply = ask(server, *args, **more)
    assert reply.status == scep.SUCCESS, reply.fail_text
    return reply.certs[0]


def assert_refused(reply):
    assert (reply.status, reply.fail_info, reply.fail_text) == (
        scep.FAILURE, scep.BAD_REQUEST, TEXT)


def revocations(server):
    """serial -> reason"""
    return dict(server.query("SELECT serial, reason FROM revocations"))


def count_of(server, cert):
    """How many certificates its subject has."""
    return server.query(
        "SELECT COUNT(*) FROM certificates WHERE subject_hash = (SELECT "
        "subject_hash FROM certificates WHERE "
        f"serial = '{serial(cert)}')")[0][0]


def test_refused_until_it_is_revoked(running):
    old, password = certificate(running, "one", "/unique"), running.draw()
    for name in ("one", "ONE ", "  One"):
        assert_refused(ask(running, name, "/unique", 1, password))
    line = [line for line in running.error_log().splitlines()
            if "SCEP0165" in line][-1]
    assert serial(old) in line and password not in line
    assert count_of(running, old) == 1
    subprocess.run([SCEPCTL, "certs", "revoke", serial(old), "--state-dir",
                    running.path("state")], check=True,
                   stdout=subprocess.DEVNULL)
    # with the same password, which was given back
    certificate(running, "one", "/unique", 1, password)


def test_the_same_key_is_the_same_device(running):
    first = certificate(running, "two", "/unique")
    again = certificate(running, "two", "/unique")
    assert first.serial_number != again.serial_number
    assert_refused(ask(running, "two", "/unique", 1))
    certificate(running, "two", "/unique/not", 1)
    # now there is one of another key
    assert_refused(ask(running, "two", "/unique"))


def test_a_retry_is_no_duplicate(running):
    request = scep.Request(running.ra_cert, running.draw(), "three",
                           key=scep.shared_key(0))
    endpoint = running.endpoint("/unique")
    replies = [running.reply(endpoint.post(request.der()), request)
               for _ in range(2)]
    assert replies[0].certs == replies[1].certs != []


def test_renewals_are_no_duplicates(running):
    old = certificate(running, "four", "/unique")
    for path in ("/unique", "/latest"):
        request = scep.Request(running.ra_cert, None, "four",
                               key=scep.shared_key(0))
        request.csr = scep.new_csr(scep.shared_key(1), "four")
        request.cert, request.message_type = old, scep.RENEWALREQ
        reply = running.reply(running.endpoint(path).post(request.der()),
                              request)
        assert reply.status == scep.SUCCESS
    assert serial(old) not in revocations(running)


def test_of_before_hashes_were_recorded(running):
    certificate(running, "Five", "/unique")
    running.change("UPDATE certificates SET subject_hash = NULL")
    assert_refused(ask(running, "fIVE", "/unique", 1))
    certificate(running, "Fiv", "/unique", 1)


def test_of_many_at_once_one(running):
    passwords = [running.draw() for _ in range(CLIENTS)]
    replies = at_once([
        lambda n=number: ask(running, "six", "/unique", n, passwords[n])
        for number in range(CLIENTS)])
    good = [reply for reply in replies if reply.status == scep.SUCCESS]
    assert len(good) == 1
    for reply in replies:
        if reply is not good[0]:
            assert_refused(reply)
    assert count_of(running, good[0].certs[0]) == 1
    for number, reply in enumerate(replies):
        if reply is not good[0]:
            certificate(running, f"six-{number}", "/unique", number,
                        passwords[number])


def test_old_ones_are_revoked(running):
    old = [certificate(running, "seven", "/cgi-bin/pkiclient.exe", number)
           for number in range(2)]
    other = certificate(running, "eight", "/latest")
    new = certificate(running, "SEVEN", "/latest", 1)
    found = revocations(running)
    assert [found.get(serial(cert)) for cert in old] == [4, 4]  # superseded
    assert serial(new) not in found and serial(other) not in found
    assert running.query(
        "SELECT COUNT(*) FROM audit WHERE event = 'revoked' AND detail = "
        "'superseded: enrolled anew'")[0][0] == 2
    line = [line for line in running.error_log().splitlines()
            if "SCEP0200" in line][-1]
    assert "its earlier ones are revoked" in line


def test_of_many_at_once_one_is_left(running):
    passwords = [running.draw() for _ in range(CLIENTS)]
    found = at_once([
        lambda n=number: certificate(running, "nine", "/latest", n,
                                     passwords[n])
        for number in range(CLIENTS)])
    gone = revocations(running)
    assert len([cert for cert in found if serial(cert) not in gone]) == 1
