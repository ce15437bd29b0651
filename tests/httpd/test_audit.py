# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl audit beside a server that runs."""
import json
import os
import signal
import subprocess

import scepclient as scep
from httpdserver import ADMIN, module

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
