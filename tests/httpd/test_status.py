# Licensed under the Apache License, Version 2.0; see LICENSE.
"""mod_status's page, and what the watchdog does while the server runs."""
import os
import re
import time

import pytest

import scepclient as scep
from httpdserver import (ENCRYPT, SIGN, Pair, make_cert, programs, sanitizer,
                         test_ca as make_ca)
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
