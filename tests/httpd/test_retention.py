# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What is over goes with time, and is refused ever after (ScepRetention)."""
import contextlib
import os
import sqlite3
import subprocess
import time

import httpdserver
import scepclient as scep

SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(
    httpdserver.module())), "scepctl")
CONF = """
<Location /both>
    SetHandler scep
    ScepChallenge one-time none
</Location>
"""


def sql(server, *statements):
    with contextlib.closing(sqlite3.connect(
            server.path("state/scep.db"), timeout=10)) as database:
        with database:
            return [database.execute(one).fetchall() for one in statements][-1]


def enrol(server, number):
    request = scep.Request(server.ra_cert, server.draw(), f"device {number}",
                           key=scep.shared_key(number))
    message = request.der()
    reply = server.reply(server.endpoint("/both").post(message), request)
    assert reply.status == scep.SUCCESS
    return request, message


def grow_old(server):
    """As if all that there is had been over for 100 days."""
    then = int((time.time() - 100 * 86400) * 1e6)
    sql(server, f"UPDATE challenges SET expires = {then}",
        f"UPDATE certificates SET not_after = {then}",
        f"UPDATE transactions SET created = {then}")


def prune(server, *arguments):
    run = subprocess.run(
        [SCEPCTL, "prune", "--state-dir", server.path("state"), *arguments],
        check=False, capture_output=True, text=True)
    return run.returncode, run.stdout, run.stderr


def counts(server):
    return [sql(server, f"SELECT COUNT(*) FROM {table}")[0][0]
            for table in ("challenges", "messages", "transactions",
                          "certificates")]


def test_by_hand(httpd):
    server = httpd(extra=CONF + "ScepRetention passwords off\n")
    server.expect("SCEP0164", "SCEP0019")
    request, message = enrol(server, 0)
    assert prune(server, "--dry-run") == (
        0, "passwords: 0 would be deleted\n", "")
    grow_old(server)
    enrol(server, 1)
    assert prune(server, "--dry-run")[1] == "passwords: 1 would be deleted\n"
    assert counts(server) == [2, 2, 2, 2]
    assert prune(server, "--passwords", "101d")[1] == "passwords: 0 deleted\n"
    assert prune(server) == (0, "passwords: 1 deleted\n", "")
    assert counts(server) == [1, 1, 2, 2]
    # whatever source comes next, it is not asked about what was spent
    reply = server.reply(server.endpoint("/both").post(message), request)
    assert reply.status == scep.FAILURE
    assert counts(server) == [1, 1, 2, 2]
    assert server.count("SCEP0164: ") == 1
    for wrong in (("--passwords", "5m"), ("--audit", "x"), ("--certs", "1d"),
                  ("now",)):
        status, out, error = prune(server, *wrong)
        assert (status, out) == (1, "")
        assert "prune: " in error


def test_in_the_background(httpd):
    server = httpd(start=False, extra=CONF + "ScepRetention audit 30d\n")
    server.expect("SCEP0019")
    server.start()
    enrol(server, 0)
    grow_old(server)
    sql(server, "UPDATE audit SET created = 0")
    server.graceful()  # it looks soon after each start
    until = time.time() + 40
    while counts(server)[0] > 0 and time.time() < until:
        time.sleep(0.5)
    assert counts(server) == [0, 0, 1, 1]
    while len(sql(server, "SELECT * FROM audit WHERE event <> 'pruned'")) > 0:
        assert time.time() < until
        time.sleep(0.5)
    details = [row[0] for row in sql(
        server, "SELECT detail FROM audit WHERE event = 'pruned'")]
    assert "passwords deleted: 1" in details
