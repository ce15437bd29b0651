# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl audit while a server runs."""
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time

import pytest

import scepclient as scep
from httpdserver import ADMIN, module

pytestmark = pytest.mark.any_mpm(reason="scepctl reads the database")

SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")


def command(server, *options):
    return [SCEPCTL, "audit", "--database", server.path("state", "scep.db"),
            "--json", *options]


def audit(server, *options):
    done = subprocess.run(command(server, *options), check=False,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def owners(server):
    folder = server.path("state")
    return {os.lstat(os.path.join(folder, name)).st_uid
            for name in os.listdir(folder) if name.startswith("scep.db")}


def test_trail(httpd):
    server = httpd()
    password = server.draw()
    assert server.enrol(password).status == scep.SUCCESS
    drawn, issued = audit(server)
    assert (drawn["event"], drawn["user"]) == ("challenge-drawn", ADMIN)
    assert drawn["peer"] == "127.0.0.1"
    assert issued["event"] == "issued"
    assert [issued["serial"]] == [f"{int(text, 16):0{len(text)}X}"
                                  for text in server.serials()]
    assert drawn["challengeHash"] == issued["challengeHash"]
    assert password not in json.dumps([drawn, issued])
    assert audit(server, "--serial", issued["serial"]) == [issued]
    assert audit(server, "--transaction",
                 issued["transactionID"]) == [issued]


def test_the_server_is_not_locked_out(httpd):
    """scepctl comes first, while it runs, and last; whose journals?"""
    server = httpd(start=False)
    server.start()
    server.stop()
    before = owners(server)
    assert len(before) == 1
    assert audit(server) == []
    assert owners(server) == before
    with subprocess.Popen(command(server, "--follow"), text=True,
                          stdout=subprocess.PIPE) as run:
        server.start()
        for number in range(3):
            assert server.enrol(server.draw(),
                                f"d{number}").status == scep.SUCCESS
        events = [json.loads(run.stdout.readline())["event"]
                  for _ in range(6)]
        assert events == ["challenge-drawn", "issued"] * 3
        assert owners(server) == before
        server.restart()
        assert server.enrol(server.draw(), "e").status == scep.SUCCESS
        events = [json.loads(run.stdout.readline())["seq"] for _ in range(2)]
        assert events == [7, 8]
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 0
        assert run.stdout.read() == ""
    assert owners(server) == before
    assert server.enrol(server.draw(), "f").status == scep.SUCCESS
    assert len(audit(server)) == 10


def test_refusals(httpd):
    """What was tried and refused: why, by whom, with which password."""
    server = httpd(extra="ScepPasswordMax 16\n<Location /open>\n"
                   "SetHandler scep-admin\nRequire all granted\n</Location>\n")
    server.expect("SCEP0153", "SCEP0155", "SCEP0105", "SCEP0180", "SCEP0181",
                  "SCEP0047")
    password = server.draw()
    assert server.enrol(password, "owner").status == scep.SUCCESS
    assert server.enrol(password, "thief", number=1).status == scep.FAILURE
    assert server.enrol("0" * 16, "guess", number=2).status == scep.FAILURE
    assert server.http("GET", "/certsrv/mscep?operation=x").status == 400
    assert server.http("GET", "/open").status == 403
    for _ in range(16):
        server.draw()
    server.admin()
    drawn = audit(server)[0]
    # Rows come after their answers, and not always in that order.
    end = time.monotonic() + 30
    while len(audit(server, "--event", "refused")) < 5:
        assert time.monotonic() < end
        time.sleep(0.1)
    rows = sorted(audit(server, "--event", "refused"),
                  key=lambda row: row["reason"])
    assert [row["reason"] for row in rows] == [
        "SCEP0105", "SCEP0153", "SCEP0155", "SCEP0180", "SCEP0181"]
    _, unknown, spent, _, full = rows
    assert spent["subject"] == "CN=thief,O=Tests"
    assert "has been used already, for certificate" in spent["detail"]
    assert spent["transactionID"]
    assert spent["challengeHash"] == drawn["challengeHash"]
    assert unknown["challengeHash"] is None
    assert full["user"] == ADMIN
    assert {row["peer"] for row in rows} == {"127.0.0.1"}
    assert audit(server, "--reason", "SCEP0180") == [rows[3]]
    assert password not in json.dumps(rows)


def test_refusals_of_a_busy_guesser(httpd):
    """Twenty rows a minute at most, and no answer waits for them, not even
    while somebody else holds the database's lock. How many were left out is
    told by the next row that is written."""
    server = httpd(extra="ScepFailureLimit off\n")
    server.expect("SCEP0153")
    request = scep.Request(server.ra_cert, "0" * 16, "guess",
                           key=scep.shared_key(1))
    message = request.der()
    with contextlib.closing(sqlite3.connect(
            server.path("state", "scep.db"), isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        for _ in range(3):
            assert server.endpoint().post(message)[0] == 200
        assert time.monotonic() - began < 4
        lock.execute("ROLLBACK")
    for _ in range(40):
        assert server.endpoint().post(message)[0] == 200
    assert len(audit(server, "--event", "refused")) <= 25
    other = server.endpoint()
    other.source = "127.0.0.2"
    end = time.monotonic() + 30
    while not audit(server, "--peer", "127.0.0.2"):
        assert time.monotonic() < end
        assert other.post(message)[0] == 200
        time.sleep(0.5)
    rows = audit(server, "--event", "refused")
    assert len(rows) <= 45
    assert any("not recorded" in row["detail"] for row in rows)
    assert server.enrol(server.draw()).status == scep.SUCCESS
