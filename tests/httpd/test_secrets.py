# Licensed under the Apache License, Version 2.0; see LICENSE.
"""No password stays in clear where somebody could find it later: in the shared
memory, the database, its journal, the state directory or a log, at the most
detailed log level, whatever became of the password."""
import base64
import contextlib
import os
import re
import subprocess
import time

import pytest

import scepclient as scep
from httpdserver import ROOT, module

SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
WRONG = "5AFE5AFE0BADC0DE"
EXTRA = """LogLevel notice scep:trace8
ScepChallenge one-time single
<Location /short>
    SetHandler scep-admin
    ScepPasswordValidity 1s
    AuthType Basic
    AuthName admin
    AuthUserFile htpasswd
    Require valid-user
</Location>
<Location /single>
    SetHandler scep-admin
    ScepUseSinglePassword On
    ScepAdminPageEncoding utf-8
    AuthType Basic
    AuthName admin
    AuthUserFile htpasswd
    Require valid-user
</Location>
"""


def shared_memory(pid):
    """The shared mappings of a process that are no files of anybody: pieces
    that are read as a file (what was never touched reads as zeros)."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as file:
        maps = file.read().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw-s \S+ \S+ \S+\s*(.*)",
                             line)
            if match:
                start, end = (int(match[i], 16) for i in (1, 2))
                memory.seek(start)
                with contextlib.suppress(OSError):
                    yield f"{pid} {match[3]}", memory.read(end - start)


def places(server):
    """(name, octets) of all that is searched."""
    for folder, _, names in os.walk(server.dir):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and name != "httpd.conf":
                with open(path, "rb") as file:
                    yield path, file.read()
    for pid in server.children():
        yield from shared_memory(pid)


def shapes(password):
    """What a password could look like."""
    text = password.encode()
    found = {text, text.lower(), password.encode("utf-16-le"),
             password.encode("utf-16-be"),
             password.lower().encode("utf-16-le"),
             base64.b64encode(text)[:-4], text.hex().encode(),
             text.hex().upper().encode()}
    with contextlib.suppress(ValueError):
        found.add(bytes.fromhex(password))
    return found


def use(server, password, common_name, number=1):
    request = scep.Request(server.ra_cert, password, common_name,
                           key=scep.shared_key(number))
    der = request.der()
    for answer in (server.endpoint().get(der), server.endpoint().post(der)):
        assert answer[0] in (200, 429)
    return request.transaction_id


def every_fate(server):
    """Passwords that were spent, tried by others, expired, left alone, never
    drawn, rotated away; and the id of a transaction."""
    spent, left, short = (server.draw(), server.draw(), server.draw("/short"))
    transaction = use(server, spent, "spent")
    use(server, spent, "thief", 2)
    use(server, WRONG, "guess", 3)
    first = server.draw("/single")
    use(server, first, "single", 4)
    done = subprocess.run(
        [SCEPCTL, "master", "rotate", "--file",
         server.path("state", "master-password.cms"), "--ra-cert",
         server.path("ra.crt"), "--ra-key", server.path("ra.key"),
         "--overlap", "1h"], check=True, capture_output=True, text=True)
    second = server.draw("/single")
    assert second != first and WRONG not in done.stderr
    use(server, first, "overlap", 5)
    use(server, second, "rotated", 6)
    time.sleep(1.1)
    use(server, short, "late", 7)
    server.graceful()
    use(server, left + "0", "mistyped", 8)
    return [spent, left, short, first, second, WRONG], transaction


@pytest.mark.skipif(not ROOT, reason="needs root to read a process's memory")
@pytest.mark.skipif(os.environ.get("SCEP_TEST_MPM", "event") != "event",
                    reason="shared memory is the same with each MPM")
def test_no_password_in_clear(httpd):
    server = httpd(extra=EXTRA)
    server.expect("SCEP0153", "SCEP0154", "SCEP0155")
    passwords, transaction = every_fate(server)
    wanted = {shape: password for password in passwords
              for shape in shapes(password)}
    pattern = re.compile(b"|".join(re.escape(shape) for shape in wanted))
    searched, found = set(), set()
    for name, octets in places(server):
        match = pattern.search(octets)
        assert match is None, (name, wanted[match[0]])
        for mark in (transaction.encode(), b"SCEPCHAL", b"SCEPRATE"):
            if mark in octets:
                found.add(mark)
                searched.add(re.sub("-wal$", "", name.rpartition("/")[2]))
    # it does find what is there
    assert found == {transaction.encode(), b"SCEPCHAL", b"SCEPRATE"}
    assert {"error.log", "scep.db", "zero (deleted)"} <= searched, searched


@pytest.mark.parametrize("database", (
    "host=/nowhere user=scep password=s3cretword",
    "postgresql://scep:s3cretword@/scep?host=/nowhere",
    "postgresql://scep@/scep?host=/nowhere&sslpassword=s3cretword"))
def test_server_info_shows_no_password(httpd, database):
    """mod_info prints httpd's copy of the configuration, in sections as
    well."""
    server = httpd(modules=["info"], start=False, extra=(
        "<Location /info>\nSetHandler server-info\n</Location>\n"
        "<IfModule scep_module>\n<VirtualHost 127.0.0.1:1>\n"
        f'ScepEngine Off\nScepDatabase pgsql "{database}"\n'
        'ScepCAKey "pkcs11:object=ca;type=private?pin-value=s3cretpin"\n'
        "ScepRADirectory ra.d\n</VirtualHost>\n</IfModule>\n"))
    os.chmod(server.path("httpd.conf"), 0o600)
    server.start()
    for _ in range(2):
        page = server.http("GET", "/info?config").body.decode()
        assert "s3cret" not in page
        assert "pgsql" in page and "(hidden: it holds a password)" in page
        assert "ScepRADirectory" in page and "ra.d" in page
        server.graceful()
