# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Old rows are deleted with time, and their messages are still refused
(ScepRetention)."""
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


KINDS = ("passwords", "refusals", "audit", "messages", "requests",
         "transactions", "certificates")


def enrol(server, number, endpoint="/both", password=None):
    request = scep.Request(server.ra_cert, password or server.draw(),
                           f"device {number}", key=scep.shared_key(number))
    message = request.der()
    reply = server.reply(server.endpoint(endpoint).post(message), request)
    assert reply.status == scep.SUCCESS
    return request, message, reply


def grow_old(server, days=100):
    """As if all that there is had been over for so many days."""
    then = int((time.time() - days * 86400) * 1e6)
    sql(server, f"UPDATE challenges SET expires = {then}",
        f"UPDATE certificates SET not_after = {then}, created = {then}",
        f"UPDATE messages SET expires = {then}",
        f"UPDATE transactions SET created = {then}")


def scepctl(server, *arguments):
    return subprocess.run(
        [SCEPCTL, *arguments, "--state-dir", server.path("state")],
        check=False, capture_output=True, text=True)


def prune(server, *arguments):
    """What it prints of each kind."""
    run = scepctl(server, "prune", *arguments)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    found = dict(line.split(": ") for line in run.stdout.splitlines())
    assert tuple(found) == KINDS
    return found


def counts(server):
    return [sql(server, f"SELECT COUNT(*) FROM {table}")[0][0]
            for table in ("challenges", "messages", "transactions",
                          "certificates")]


def refused(server, message, request, endpoint="/both"):
    return server.reply(server.endpoint(endpoint).post(message),
                        request).status == scep.FAILURE


def test_by_hand(httpd):
    server = httpd(extra=CONF + "ScepRetention passwords off\n"
                                "ScepRetention messages 80d\n")
    server.expect("SCEP0164", "SCEP0019")
    request, message, _ = enrol(server, 0)
    assert prune(server, "--dry-run", "--passwords", "90d") == {
        "passwords": "0 would be deleted",
        "refusals": "kept for ever",
        "audit": "kept for ever",
        "messages": "0 would be deleted",
        "requests": "0 would be deleted",
        "transactions": "kept for ever",
        "certificates": "kept for ever"}
    grow_old(server, 85)
    enrol(server, 1)
    # what httpd has counts, unless an option says something else
    assert prune(server, "--dry-run")["passwords"] == "kept for ever"
    assert prune(server, "--dry-run")["messages"] == "1 would be deleted"
    assert prune(server, "--dry-run", "--messages", "off")[
        "messages"] == "kept for ever"
    assert counts(server) == [2, 2, 2, 2]
    assert prune(server, "--passwords", "86d", "--messages", "86d")[
        "passwords"] == "0 deleted"
    assert prune(server, "--passwords", "84d", "--messages", "off")[
        "passwords"] == "1 deleted"
    assert counts(server) == [1, 2, 2, 2]
    # whatever source comes next, it is not asked about what was spent
    assert refused(server, message, request)
    assert prune(server)["messages"] == "1 deleted"
    assert counts(server) == [1, 1, 2, 2]
    assert refused(server, message, request)
    assert counts(server) == [1, 1, 2, 2]
    assert server.count("SCEP0164: ") == 2
    for wrong in (("--passwords", "5m"), ("--audit", "x"), ("--certs", "1d"),
                  ("--certificates", "6d"), ("--messages", ""), ("now",)):
        run = scepctl(server, "prune", *wrong)
        assert (run.returncode, run.stdout) == (1, "")
        assert "prune: " in run.stderr


def test_without_httpd(httpd):
    """Where httpd never ran with it, its defaults count."""
    server = httpd(extra=CONF + "ScepRetention passwords off\n")
    server.expect("SCEP0019")
    enrol(server, 0)
    grow_old(server)
    found = prune(server, "--dry-run", "--ignore-httpd")
    assert found["passwords"] == "1 would be deleted"
    assert found["messages"] == "1 would be deleted"
    assert found["certificates"] == "kept for ever"


def renewal_of(server, cert, number):
    """A renewal of device 0, whose key is number 0."""
    request = scep.Request(server.ra_cert, None, "device 0",
                           key=scep.shared_key(number))
    request.key, request.cert = scep.shared_key(0), cert
    request.message_type = scep.RENEWALREQ
    return request


def test_nothing_comes_again(httpd):
    """Whatever accepted a message would accept it still; but it is known, when
    its certificate, its transaction and its password are not any more."""
    server = httpd(extra=CONF + """
<Location /single>
    SetHandler scep
    ScepChallenge single
</Location>
<Location /master>
    SetHandler scep-admin
    AuthType Basic
    AuthName admin
    AuthUserFile htpasswd
    Require valid-user
    ScepUseSinglePassword On
</Location>
ScepRetention certificates 10d
""")
    server.expect("SCEP0164", "SCEP0019", "SCEP0153")
    master = server.draw("/master")
    by_master = enrol(server, 0, "/single", master)
    by_none = enrol(server, 1, "/both", "no password of ours")
    by_password = enrol(server, 2)
    old = by_master[2].certs[0]
    renewal = renewal_of(server, old, 3)
    renewed = renewal.der()
    assert server.reply(server.endpoint("/single").post(renewed),
                        renewal).status == scep.SUCCESS
    grow_old(server, 95)
    assert prune(server)["certificates"] == "4 deleted"
    assert counts(server) == [0, 0, 0, 0]
    for (request, message), endpoint in (
            (by_master[:2], "/single"), (by_none[:2], "/both"),
            (by_password[:2], "/both"), ((renewal, renewed), "/single")):
        assert refused(server, message, request, endpoint)
    assert counts(server) == [0, 0, 0, 0]
    assert server.count("SCEP0164: ") == 4
    # the same device with a new message is served as ever
    enrol(server, 0, "/single", master)
    # and so is the renewal of a certificate that is not on record any more
    again = renewal_of(server, old, 4)
    assert server.reply(server.endpoint("/single").post(again.der()),
                        again).status == scep.SUCCESS
    # unless it is revoked, of which its serial number is enough
    serial = f"{old.serial_number:X}"
    run = scepctl(server, "certs", "revoke", serial, "--unknown", "--reason",
                  "keyCompromise")
    assert run.returncode == 0, run.stderr
    server.expect("SCEP0145")
    third = renewal_of(server, old, 5)
    assert refused(server, third.der(), third, "/single")


def test_in_the_background(httpd):
    server = httpd(start=False, extra=CONF + "ScepRetention audit 30d\n"
                                             "ScepRetention transactions 30d\n")
    server.expect("SCEP0019")
    server.start()
    enrol(server, 0)
    grow_old(server)
    sql(server, "UPDATE audit SET created = 0")
    server.graceful()  # it looks soon after each start
    until = time.time() + 40
    while counts(server) != [0, 0, 0, 1] and time.time() < until:
        time.sleep(0.5)
    assert counts(server) == [0, 0, 0, 1]
    while len(sql(server, "SELECT * FROM audit WHERE event <> 'pruned'")) > 0:
        assert time.time() < until
        time.sleep(0.5)
    details = [row[0] for row in sql(
        server, "SELECT detail FROM audit WHERE event = 'pruned'")]
    assert "passwords deleted: 1" in details
    assert "messages deleted: 1" in details
    assert "transactions deleted: 1" in details
