# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Restarts of every kind: drawn passwords stay good, spent ones stay spent, and
changed settings take effect when the documentation says so."""
import contextlib
import datetime
import os
import re
import signal
import sqlite3
import time

import pytest

import scepclient as scep
from httpdserver import (CA_USAGE, ENCRYPT, ROOT, SIGN, Pair, key_pem, make_cert,
                         pem)

WAYS = {
    "graceful": lambda server: server.graceful(),
    "restart": lambda server: server.graceful(signal.SIGHUP),
    "stop and start": lambda server: server.restart(),
    "kill -9 and start": lambda server: (server.kill_all(), server.start()),
}


@pytest.fixture(name="again", params=sorted(WAYS))
def fixture_again(request):
    return WAYS[request.param]


def test_passwords_survive(httpd, again):
    server = httpd()
    kept, spent = server.draw(), server.draw()
    assert server.enrol(spent, "before").status == scep.SUCCESS
    again(server)
    server.expect("SCEP0155")
    assert server.enrol(spent, "thief", number=1).status == scep.FAILURE
    reply = server.enrol(kept, "after", number=2)
    assert reply.status == scep.SUCCESS
    again(server)
    assert server.enrol(kept, "thief", number=3).status == scep.FAILURE
    assert server.enrol(server.draw(), "new", number=4).status == scep.SUCCESS


def test_a_retry_is_answered(httpd, again):
    server = httpd()
    request = scep.Request(server.ra_cert, server.draw(), "retry",
                           key=scep.shared_key(0))
    message = request.der()
    first = server.reply(server.endpoint().post(message), request)
    again(server)
    second = server.reply(server.endpoint().post(message), request)
    assert first.certs == second.certs
    assert server.count_certificates() == 1


@pytest.mark.parametrize("mechanism", (
    "default", "pthread", "sysvsem", "flock:@DIR@", "fcntl:@DIR@",
    "file:@DIR@"))
def test_locks(httpd, mechanism):
    """Whatever the lock is made of, children and later generations have it."""
    server = httpd(extra=f"Mutex {mechanism} scep-challenge\n")
    kept = server.draw()
    assert server.enrol(server.draw(), "before").status == scep.SUCCESS
    server.graceful()
    assert server.enrol(kept, "after", number=1).status == scep.SUCCESS
    server.graceful()
    assert server.enrol(server.draw(), "new", number=2).status == scep.SUCCESS


def test_many_graceful_restarts(httpd):
    """Memory of the parent and open files do not grow with each."""
    server = httpd()

    def parent():
        pid = server.process.pid
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            size = [line for line in file if line.startswith("VmRSS")][0]
        return int(size.split()[1]), len(os.listdir(f"/proc/{pid}/fd"))

    for _ in range(5):
        server.graceful()
    before = parent()
    for _ in range(15):
        server.graceful()
    after = parent()
    assert after[1] <= before[1]
    if not server.sanitized:
        assert after[0] - before[0] < 3000, (before, after)
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_password_max_waits_for_a_full_start(httpd):
    server = httpd(extra="ScepPasswordMax 16\n")
    server.replace_conf("ScepPasswordMax 16", "ScepPasswordMax 17")
    server.graceful()
    assert server.count("SCEP0010") == 1
    assert "ScepPasswordMax stays at 16" in server.error_log()
    for _ in range(16):
        server.draw()
    server.expect("SCEP0181")
    with pytest.raises(ValueError):
        server.draw()
    server.restart()
    assert server.count("SCEP0010") == 1
    assert server.draw()


def test_fewer_than_are_outstanding(httpd):
    """What does not fit into the table is not lost: the store knows it."""
    server = httpd(extra="ScepPasswordMax 40\n")
    drawn = [server.draw() for _ in range(30)]
    server.replace_conf("ScepPasswordMax 40", "ScepPasswordMax 16")
    server.stop()
    server.expect("[scep:warn]")
    server.start()
    # the oldest make room by being spent, and the youngest then come in
    for number, password in enumerate(drawn[:20]):
        assert server.enrol(password, f"d{number}",
                            number=number % 8).status == scep.SUCCESS
    assert server.enrol(drawn[-1], "last").status == scep.SUCCESS


def test_engine_switched_on_by_graceful(httpd):
    server = httpd(start=False)
    server.replace_conf("ScepEngine On", "ScepEngine Off")
    server.start()
    assert server.http("GET", "/certsrv/mscep").status == 404
    server.replace_conf("ScepEngine Off", "ScepEngine On")
    renew(server)
    assert server.enrol(server.draw()).status == scep.SUCCESS
    server.replace_conf("ScepEngine On", "ScepEngine Off")
    renew(server)
    assert server.http("GET", "/certsrv/mscep").status == 404


def test_policy_changed_by_graceful(httpd):
    server = httpd(extra="ScepPasswordLength 8\n")
    assert len(server.draw()) == 16
    server.replace_conf("ScepPasswordLength 8", "ScepPasswordLength 20")
    renew(server)
    assert len(server.draw()) == 40


def test_old_generation_during_graceful(httpd):
    """A request that began before is finished by the old generation."""
    server = httpd()
    request = scep.Request(server.ra_cert, server.draw(), "slow",
                           key=scep.shared_key(0))
    message = request.der()

    def slowly():
        yield message[:100]
        server.graceful()
        yield message[100:]

    answer = server.http("POST", "/certsrv/mscep", slowly())
    assert server.reply(answer, request).status == scep.SUCCESS
    assert server.count_certificates() == 1


# ---- faults that a restart comes upon ----

def spoil_database(server):
    path = server.path("state", "scep.db")
    owner = os.stat(path)
    names = [path + end for end in ("", "-wal", "-shm")
             if os.path.exists(path + end)]
    for name in names:
        os.rename(name, name + ".away")
    server.write("state/scep.db", b"garbage" * 1000, 0o600)
    os.chown(path, owner.st_uid, owner.st_gid)
    return lambda: [os.rename(name + ".away", name) for name in names]


def give_database_away(server):
    path = server.path("state", "scep.db")
    owner = os.stat(path)
    os.chown(path, 12345, 12345)
    return lambda: os.chown(path, owner.st_uid, owner.st_gid)


def open_password_key(server):
    path = server.path("state", "challenge.key")
    os.chmod(path, 0o640)
    return lambda: os.chmod(path, 0o600)


def move(name):
    def away(server):
        path = server.path(name)
        os.rename(path, path + ".away")
        return lambda: os.rename(path + ".away", path)
    return away


FAULTS = {
    "garbage for a database": (spoil_database, "not a database"),
    "foreign database": (give_database_away, "belongs to uid 12345"),
    "open password key": (open_password_key, "chmod it to 600"),
    "no CA certificate": (move("ca.crt"), "ScepCACertificateFile"),
    "no CA key": (move("ca.key"), "ScepCAKey"),
    "no RA key": (move("ra.key"), "ScepRAKey"),
}
OTHER_SITE = """<VirtualHost *:*>
ServerName first
</VirtualHost>
<VirtualHost *:*>
ServerName alias
ScepPasswordLength 9
</VirtualHost>
<VirtualHost *:*>
ServerName other
ScepCACertificateFile other.crt
ScepCAKey other.key
ScepStateDir otherstate
</VirtualHost>
"""


def with_another_site(httpd):
    key = scep.shared_key("other-ca")
    server = httpd(start=False, vhosts=OTHER_SITE)
    server.write("other.crt", pem(make_cert(
        "Other CA", key, ca=True, usage=CA_USAGE + (SIGN, ENCRYPT))))
    server.write("other.key", key_pem(key), 0o600)
    return server.start()


def old_ca():
    key = scep.shared_key("other-ca")
    return Pair(make_cert("Old CA", key, ca=True, usage=CA_USAGE), key)


def status(server, host, path="/certsrv/mscep?operation=GetCACert"):
    return server.http("GET", path, headers={"Host": host}).status


def born(pid):
    """When a process was started, to some 10 ms; None if it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as file:
            ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    except OSError:
        return None
    return (time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) +
            ticks / os.sysconf("SC_CLK_TCK"))


def signalled(server):
    """When httpd last noticed that it is to restart."""
    stamp = re.findall(r"(?m)^\[(.*?)\].*(?:SIG\w+ received|"
                       "Graceful restart requested)",
                       server.error_log())[-1]
    return datetime.datetime.strptime(
        stamp, "%a %b %d %H:%M:%S.%f %Y").timestamp()


def renew(server, way=WAYS["graceful"]):
    """Restart; comes back when no old child is left to answer. A graceful
    one leaves some for a while, be it one that httpd was just starting when
    the signal came; the other waits for all of them."""
    old = set(server.children())
    way(server)
    limit = signalled(server) if way is WAYS["graceful"] else 0
    tick = 1 / os.sysconf("SC_CLK_TCK")  # as exactly as it is known

    def is_old(pid):
        birth = born(pid) or limit + 1
        return (pid in old or birth < limit - tick or
                # either; an old one that is idle has a second to end
                (birth < limit + tick and time.time() < limit + 1))

    server.wait_for(lambda: not any(map(is_old, server.children())))


@pytest.mark.parametrize("way", ("graceful", "restart"))
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_fault_at_a_restart(httpd, fault, way):
    """One site's trouble is not httpd's: the site refuses, all else goes on,
    and the next restart after the cure brings it back."""
    if fault == "foreign database" and not ROOT:
        pytest.skip("needs users to choose from")
    spoil, text = FAULTS[fault]
    server = with_another_site(httpd)
    password = server.draw()
    cure = spoil(server)
    server.expect("SCEP0014", "SCEP0199")
    renew(server, WAYS[way])
    lines = [line for line in server.error_log().splitlines()
             if "SCEP0014" in line]
    assert len(lines) == 1 and "[scep:emerg]" in lines[0], lines
    assert text in lines[0] and "main server" in lines[0], lines
    for host in ("first", "alias"):
        for method, path in (("GET", "/certsrv/mscep?operation=GetCACert"),
                             ("POST", "/cgi-bin/pkiclient.exe"),
                             ("GET", "/certsrv/mscep_admin/")):
            answer = server.admin(path, method, headers={"Host": host})
            assert answer.status == 503, (host, method, path)
            assert int(answer.headers["Retry-After"]) > 0
    assert status(server, "first", "/certsrv/mscep_admin/") == 401
    assert status(server, "first", "/index.html") == 200
    assert status(server, "other") == 200
    cure()
    renew(server, WAYS[way])
    assert server.count("SCEP0014") == 1
    assert server.enrol(password, "after").status == scep.SUCCESS
    assert status(server, "alias") == 200


@pytest.mark.parametrize("way", ("graceful", "restart"))
def test_no_trusted_ca_at_a_restart(httpd, way):
    """Only where it is named nothing is served; a certificate that it has
    revoked might be taken for one that nobody has."""
    server = httpd(extra="<Location /trust>\nSetHandler scep\n"
                   "ScepRenewalTrust old-ca.crt\n</Location>\n",
                   files={"old-ca.crt": (pem(old_ca().cert), 0o644)})
    path = "/trust?operation=GetCACert"
    assert server.http("GET", path).status == 200
    cure = move("old-ca.crt")(server)
    server.expect("SCEP0014", "SCEP0199")
    renew(server, WAYS[way])
    (line,) = [line for line in server.error_log().splitlines()
               if "SCEP0014" in line]
    assert "[scep:emerg]" in line and "ScepRenewalTrust: " in line
    assert server.path("old-ca.crt") in line
    assert server.http("GET", path).status == 503
    assert server.enrol(server.draw()).status == scep.SUCCESS
    cure()
    renew(server, WAYS[way])
    assert server.http("GET", path).status == 200


def test_locked_database_at_a_restart(httpd):
    """Somebody who writes, if ever so long, keeps no site from starting."""
    server = httpd()
    password = server.draw()
    with contextlib.closing(sqlite3.connect(
            server.path("state", "scep.db"), isolation_level=None)) as link:
        link.execute("BEGIN IMMEDIATE")
        renew(server)
        assert server.http(
            "GET", "/certsrv/mscep?operation=GetCACaps").status == 200
    assert server.enrol(password).status == scep.SUCCESS


def test_fault_when_switched_on_by_graceful(httpd):
    server = httpd(start=False)
    server.replace_conf("ScepEngine On", "ScepEngine Off")
    server.start()
    server.replace_conf("ScepEngine Off", "ScepEngine On")
    os.unlink(server.path("ca.key"))
    server.expect("SCEP0014", "SCEP0199")
    renew(server)
    assert server.http("GET", "/certsrv/mscep").status == 503
    assert server.http("GET", "/index.html").status == 200


def test_no_legacy_provider_at_a_restart(httpd, monkeypatch):
    """That level is not to be had; all others are."""
    server = httpd(start=False)
    environment = server.environment()
    monkeypatch.setattr(server, "environment", lambda: {
        **environment, "OPENSSL_MODULES": server.dir})
    server.replace_conf("ScepAlgorithms legacy", "ScepAlgorithms modern")
    server.start()
    server.replace_conf("ScepAlgorithms modern", "ScepAlgorithms legacy")
    server.expect("SCEP0014", "SCEP0170")
    renew(server)
    assert server.count("SCEP0014") == 1
    path = "/legacy?operation=GetCACert"
    assert server.http("GET", path).status == 503
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_no_legacy_provider_for_one_host(httpd, monkeypatch):
    """Who did not ask for that level is not concerned; who did is told where,
    once."""
    server = httpd(start=False, vhosts="".join(
        f"<VirtualHost *:*>\nServerName {name}\n{line}\n</VirtualHost>\n"
        for name, line in (("new.example", "ScepRetryWindow 21m"),
                           ("old.example", "ScepAlgorithms modern"))))
    server.replace_conf("SetHandler scep\nScepAlgorithms legacy",
                        "SetHandler scep")
    environment = server.environment()
    monkeypatch.setattr(server, "environment", lambda: {
        **environment, "OPENSSL_MODULES": server.dir})
    server.start()
    server.replace_conf("ScepAlgorithms modern", "ScepAlgorithms legacy")
    server.expect("SCEP0014")
    renew(server)
    told = [line for line in server.error_log().splitlines()
            if "SCEP0014" in line]
    assert len(told) == 1 and "virtual host old.example" in told[0], told
    assert "ScepAlgorithms legacy: " in told[0], told
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_fault_at_the_first_start(httpd):
    """There httpd still refuses to start."""
    server = httpd()
    server.stop()
    open_password_key(server)
    server.expect("SCEP0001", "AH00014")
    assert "chmod it to 600" in server.start_fails()


# ---- passphrases ----

ASK = """#!/bin/sh
echo "$1" >>@DIR@/asked
cat @DIR@/passphrase
"""


def encrypted(httpd):
    server = httpd(start=False,
                   extra="ScepPassPhraseDialog exec:ask\n")
    server.write("ask", ASK.replace("@DIR@", server.dir), 0o755)
    server.write("passphrase", "secret words\n", 0o600)
    for name, pair in (("ca.key", server.ca), ("ra.key", server.ra)):
        server.write(name, key_pem(pair.key, "secret words"), 0o600)
    return server


def asked(server):
    with open(server.path("asked"), encoding="ascii") as file:
        return file.read().split()


def test_passphrase_from_a_program(httpd):
    server = encrypted(httpd)
    server.start()
    assert sorted(asked(server)) == [server.path("ca.key"),
                                     server.path("ra.key")]
    assert server.enrol(server.draw()).status == scep.SUCCESS
    # a graceful restart asks nobody
    os.unlink(server.path("passphrase"))
    server.graceful()
    assert len(asked(server)) == 2
    assert server.enrol(server.draw(), "b", number=1).status == scep.SUCCESS


def test_changed_key_has_a_passphrase_of_its_own(httpd):
    server = encrypted(httpd)
    server.start()
    time.sleep(0.02)
    server.write("ra.key", key_pem(server.ra.key, "other words"), 0o600)
    server.write("passphrase", "other words\n", 0o600)
    server.graceful()
    assert asked(server).count(server.path("ra.key")) == 2
    assert asked(server).count(server.path("ca.key")) == 1
    assert server.enrol(server.draw()).status == scep.SUCCESS


@pytest.mark.parametrize("how, text", (
    ("wrong", "wrong passphrase"), ("none", "printed no passphrase")))
def test_bad_passphrase(httpd, how, text):
    server = encrypted(httpd)
    server.write("passphrase", "wrong\n" if how == "wrong" else "", 0o600)
    server.expect("SCEP0003", "AH00020")
    said = server.start_fails()
    assert text in said and "ScepCAKey" in said
    assert "secret words" not in said


def test_builtin_dialog_without_terminal(httpd):
    server = encrypted(httpd)
    server.replace_conf("ScepPassPhraseDialog exec:ask\n", "")
    server.expect("SCEP0003", "AH00020")
    assert "ScepPassPhraseDialog builtin" in server.start_fails()


def test_builtin_dialog_on_a_terminal(httpd):
    """Asked for before httpd leaves its terminal, once for each key, and not
    again at a restart."""
    server = encrypted(httpd)
    server.replace_conf("ScepPassPhraseDialog exec:ask\n", "")
    said = server.start(answers=("secret words", "secret words"))
    assert said.count("passphrase of") == 2
    assert server.path("ca.key") in said and server.path("ra.key") in said
    assert "secret words" not in said
    assert server.enrol(server.draw()).status == scep.SUCCESS
    server.graceful()
    assert server.enrol(server.draw(), "b", number=1).status == scep.SUCCESS


def test_builtin_dialog_with_a_wrong_answer(httpd):
    server = encrypted(httpd)
    server.replace_conf("ScepPassPhraseDialog exec:ask\n", "")
    server.expect("SCEP0003", "AH00020")
    with pytest.raises(RuntimeError, match="wrong passphrase"):
        server.start(answers=("no idea",))
