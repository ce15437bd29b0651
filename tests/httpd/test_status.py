# Licensed under the Apache License, Version 2.0; see LICENSE.
"""mod_status's page, and what the watchdog does while the server runs."""
import os
import re
import time

import pytest

import scepclient as scep
from httpdserver import (ENCRYPT, SIGN, Pair, make_cert, programs, sanitizer,
                         test_ca as make_ca)
from postgres import Postgres, node
from test_revocation import scepctl

STATUS = "<Location /status>\nSetHandler server-status\n</Location>\n"
HERE = os.environ.get("SCEP_TEST_MPM", "event")


def watchdog():
    """mod_watchdog where it is a module of its own."""
    return [name for name in ("watchdog",) if os.path.exists(
        os.path.join(programs()[1], f"mod_{name}.so"))]


def expiring_ra(days):
    ca, _ = make_ca()
    key = scep.shared_key(50)
    return ca, Pair(make_cert("Old <RA>", key, ca, usage=(SIGN, ENCRYPT),
                              days=days), key)


def status(server, query=""):
    answer = server.http("GET", "/status" + query)
    assert answer.status == 200
    return answer.body.decode()


def test_short_form(httpd):
    server = httpd(extra=STATUS, modules=["status"])
    server.draw()
    lines = dict(line.split(": ", 1) for line in
                 status(server, "?auto").splitlines() if ": " in line)
    assert lines["Scep1Ready"] == "1"
    assert lines["Scep1CADays"] in ("89", "90")
    assert lines["Scep1RADays"] in ("89", "90")
    assert lines["ScepPasswords"] == "1"
    assert lines["ScepPasswordMax"] == "10000"


def test_passwords_of_a_shared_database():
    """They are in the database and not in the table of this machine."""
    database = Postgres()
    server = node(database, extra=STATUS, modules=["status"])
    try:
        server.start()
        server.draw()
        server.draw()
        assert "ScepPasswords: 2\nScepPasswordMax: 10000\n" in status(
            server, "?auto")
        assert "<p>2 of 10000 passwords outstanding</p>" in status(server)
        database.stop()
        assert "ScepPasswords: -1\n" in status(server, "?auto")
        assert "the database cannot be asked" in status(server)
    finally:
        server.stop()
        server.close()
        database.close()


COUNTS = ("Issued", "Renewed", "Pending", "Refused", "Unavailable")


def counts(server):
    """As the short form has them, and the page."""
    lines = dict(line.split(": ", 1) for line in
                 status(server, "?auto").splitlines() if ": " in line)
    numbers = [int(lines["Scep" + name]) for name in COUNTS]
    issued, renewed, pending, refused, away = numbers
    assert (f"<p>Since httpd was started: {issued} certificates issued, "
            f"{renewed} renewed; {pending} requests made to wait, {refused} "
            f"refused, {away} that could not be served</p>"
            ) in status(server)
    return numbers


def test_counts(httpd):
    """Of all children; a reply that is given again counts for nothing."""
    server = httpd(extra=STATUS + "<Location /manual>\nSetHandler scep\n"
                   "ScepApproval manual\n</Location>\n", modules=["status"])
    server.expect("SCEP01", "SCEP0256")
    assert counts(server) == [0, 0, 0, 0, 0]
    for number in range(3):
        request = scep.Request(server.ra_cert, server.draw(), f"d{number}",
                               key=scep.shared_key(number))
        for _ in range(2):
            cert = server.reply(server.endpoint().post(request.der()),
                                request).certs[0]
    renewal = scep.Request(server.ra_cert, None, "d2",
                           key=scep.shared_key(3))
    renewal.key, renewal.cert = scep.shared_key(2), cert
    renewal.message_type = scep.RENEWALREQ
    assert server.reply(server.endpoint().post(renewal.der()),
                        renewal).status == scep.SUCCESS
    request = scep.Request(server.ra_cert, server.draw(), "waits",
                           key=scep.shared_key(4))
    for _ in range(2):
        assert server.reply(server.endpoint("/manual").post(request.der()),
                            request).status == scep.PENDING
    assert server.enrol("0" * 16, "nobody").status == scep.FAILURE
    assert server.http("GET", "/certsrv/mscep?operation=x").status == 400
    assert counts(server) == [3, 1, 1, 2, 0]
    request = scep.Request(server.ra_cert, server.draw(), "later")
    path = server.path("state", "scep.db")
    os.rename(path, path + ".away")
    assert server.endpoint().post(request.der())[0] == 503
    os.rename(path + ".away", path)
    assert counts(server) == [3, 1, 1, 2, 1]
    server.graceful()
    assert server.enrol(server.draw(), "after").status == scep.SUCCESS
    assert counts(server) == [4, 1, 1, 2, 1]
    server.restart()
    assert counts(server) == [0, 0, 0, 0, 0]


def test_counts_of_a_site_that_failed(httpd):
    server = httpd(extra=STATUS, modules=["status"])
    server.expect("SCEP0014", "SCEP0199")
    os.unlink(server.path("ca.key"))
    server.graceful()
    server.wait_for(lambda: server.http(
        "GET", "/certsrv/mscep?operation=GetCACaps").status == 503)
    assert counts(server)[4] >= 1


def test_page(httpd):
    server = httpd(extra=STATUS, modules=["status"], pairs=expiring_ra(3))
    server.expect("SCEP0353")
    text = status(server)
    assert "<h2>SCEP</h2>" in text
    assert "&lt;RA" in text and "<RA" not in text
    assert re.search("<td>[23] days</td>", text)
    assert "0 of 10000 passwords outstanding" in text


def test_page_of_a_server_without_scep(httpd):
    server = httpd(modules=["status"], vhosts=(
        "<VirtualHost *:*>\nServerName pages\nScepEngine Off\n" + STATUS
        + "</VirtualHost>\n"))
    assert "Scep1Ready: 1\n" in status(server, "?auto")


def test_without_status_and_watchdog(httpd):
    server = httpd()
    assert server.draw()


@pytest.mark.skipif(HERE != "event" or sanitizer() is not None,
                    reason="takes long: in one configuration only")
def test_watchdog(httpd):
    """An RA that expires while the server runs, and a CRL that nobody asks
    for."""
    server = httpd(start=False, modules=watchdog(),
                   pairs=expiring_ra(18 / 86400))
    server.expect("SCEP0353", "SCEP0351")
    server.start()
    assert server.count("SCEP0351") == 0
    scepctl(server, "certs", "revoke", "7A", "--unknown", "--ca-cert",
            server.path("ca.crt"))
    end = time.monotonic() + 60
    while time.monotonic() < end and not (
            server.count("SCEP0351") and server.count("SCEP0235")):
        time.sleep(0.2)
    assert server.count("SCEP0351") == 1
    assert 'RA "CN=Old' in server.error_log()
    assert server.query("SELECT covers FROM crls") == [(1,)]
