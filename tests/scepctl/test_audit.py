# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl audit, on a database of rows made here."""
import json
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest

AS_ROOT = os.geteuid() == 0
START = 1763800000  # 2025-11-22T08:26:40Z
COLUMNS = ("seq", "created", "event", "scope", "actor", "peer",
           "challenge_hash", "transaction_id", "serial", "reason", "subject",
           "detail")
HASH = "0f" * 32


class Trail:
    """A database with an audit table."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "scep.db")
        with sqlite3.connect(self.path) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(
                "CREATE TABLE audit (seq INTEGER NOT NULL PRIMARY KEY, created "
                "BIGINT NOT NULL, event TEXT NOT NULL, scope TEXT NOT NULL, "
                "actor TEXT, peer TEXT, challenge_hash BLOB, transaction_id "
                "TEXT, serial TEXT, reason BIGINT, subject TEXT, "
                "detail TEXT)")
        database.close()
        os.chmod(self.path, 0o600)
        self.seq = 0

    def add(self, event, at=START, **more):
        self.seq += 1
        row = {"seq": self.seq, "scope": "ca01",
               "created": at * 1000000, "event": event, **more}
        with sqlite3.connect(self.path, timeout=10) as database:
            database.execute(
                f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES "
                f"({', '.join('?' * len(COLUMNS))})",
                [row.get(name) for name in COLUMNS])
        database.close()

    def add_some(self):
        self.add("challenge-drawn", actor="CORP\\alice", peer="192.0.2.1",
                 challenge_hash=bytes.fromhex(HASH))
        self.add("master-shown", START + 60, actor="bob", peer="192.0.2.2")
        self.add("issued", START + 120, peer="192.0.2.3",
                 challenge_hash=bytes.fromhex(HASH), transaction_id="t-1", serial="7A01", subject="CN=router")
        self.add("refused", START + 180, peer="192.0.2.4",
                 transaction_id="t-2", reason=153, subject="CN=printer",
                 detail="the password is not known")


@pytest.fixture(name="trail")
def fixture_trail(tmp_path):
    return Trail(tmp_path)


@pytest.fixture(name="audit")
def fixture_audit(scepctl, trail):
    def run(*options):
        return scepctl("audit", "--database", trail.path, *options)
    return run


def test_lines(audit, trail):
    trail.add_some()
    run = audit()
    assert (run.status, run.err) == (0, "")
    assert run.out == (
        "2025-11-22T08:26:40Z\tchallenge-drawn\tCORP\\x5calice\t192.0.2.1\t-"
        "\t-\t-\t-\t-\n"
        "2025-11-22T08:27:40Z\tmaster-shown\tbob\t192.0.2.2\t-\t-\t-\t-\t-\n"
        "2025-11-22T08:28:40Z\tissued\t-\t192.0.2.3\tt-1\t7A01\t-\tCN=router"
        "\t-\n"
        "2025-11-22T08:29:40Z\trefused\t-\t192.0.2.4\tt-2\t-\tSCEP0153"
        "\tCN=printer\tthe password is not known\n")


def test_json(audit, trail):
    trail.add_some()
    rows = [json.loads(line) for line in audit("--json").out.splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["user"] == "CORP\\alice"
    assert rows[2] == {
        "seq": 3, "time": "2025-11-22T08:28:40Z", "event": "issued",
        "scope": "ca01", "user": None, "peer": "192.0.2.3",
        "transactionID": "t-1", "serial": "7A01", "challengeHash": HASH,
        "reason": None, "subject": "CN=router", "detail": None}
    assert rows[3] == {
        "seq": 4, "time": "2025-11-22T08:29:40Z", "event": "refused",
        "scope": "ca01", "user": None, "peer": "192.0.2.4",
        "transactionID": "t-2", "serial": None, "challengeHash": None,
        "reason": "SCEP0153", "subject": "CN=printer",
        "detail": "the password is not known"}


def test_hostile_fields(audit, trail):
    nasty = 'a\tb\n"\\\x1b[2J\u00fc\U0001f600'
    trail.add("issued", transaction_id=nasty, subject=nasty, detail=nasty)
    out = audit().out
    assert out.count("\n") == 1 and out.count("\t") == 8
    assert all(" " <= c < "\x7f" or c in "\t\n\u00fc\U0001f600"
               for c in out)
    out = audit("--json").out
    assert out.count("\n") == 1 and out.isascii() and "\x1b" not in out
    assert json.loads(out)["transactionID"] == nasty
    assert json.loads(out)["subject"] == json.loads(out)["detail"] == nasty
    assert len(audit("--transaction", nasty).out.splitlines()) == 1


@pytest.mark.parametrize("options, rows", [
    (("--event", "master-shown"), [2]),
    (("--user", "CORP\\alice"), [1]),
    (("--user", "nobody"), []),
    (("--transaction", "t-1"), [3]),
    (("--serial", "7a01"), [3]),
    (("--serial", "7A01", "--event", "master-shown"), []),
    (("--peer", "192.0.2.2"), [2]),
    (("--event", "refused"), [4]),
    (("--reason", "SCEP0153"), [4]),
    (("--reason", "scep0153", "--event", "refused"), [4]),
    (("--reason", "153"), [4]),
    (("--reason", "154"), []),
    (("--since", "2025-11-22T08:27:40Z"), [2, 3, 4]),
    (("--since", "2025-11-22T08:27:41"), [3, 4]),
    (("--since", "2025-11-22"), [1, 2, 3, 4]),
    (("--since", "2025-11-23"), []),
    (("--since", "3650d"), [1, 2, 3, 4]),
    (("--since", "1h"), []),
])
def test_filters(audit, trail, options, rows):
    trail.add_some()
    run = audit("--json", *options)
    assert run.status == 0
    assert [json.loads(line)["seq"] for line in run.out.splitlines()] == rows


@pytest.mark.parametrize("options", [
    ("--since", ""), ("--since", "yesterday"), ("--since", "2025-02-30"),
    ("--since", "2025-13-01"), ("--since", "2025-11-22T25:00:00Z"),
    ("--since", "2025-11-22T08:27:40+01"), ("--since",), ("--nothing",),
    ("--reason", ""), ("--reason", "SCEP"), ("--reason", "0"),
    ("--reason", "-153"), ("--reason", "SCEP01530"), ("--reason", "full"),
    ("more",)])
def test_wrong_options(audit, options):
    run = audit(*options)
    assert (run.status, run.out) == (1, "")
    assert run.err.startswith("scepctl: audit: ")


def test_state_dir(scepctl, trail):
    trail.add_some()
    run = scepctl("audit", "--state-dir", os.path.dirname(trail.path))
    assert len(run.out.splitlines()) == 4


def test_no_database(scepctl, tmp_path):
    run = scepctl("audit", "--state-dir", tmp_path)
    assert run.status == 2 and "SCEP0540" in run.err
    assert os.listdir(tmp_path) == []
    run = scepctl("audit", "--database", tmp_path)
    assert run.status == 2 and "SCEP0541" in run.err
    (tmp_path / "other").write_text("no database, but long enough for one\n")
    run = scepctl("audit", "--database", tmp_path / "other")
    assert run.status == 2 and run.out == ""


def test_full_output(trail):
    trail.add_some()
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [os.environ["SCEPCTL"], "audit", "--database", trail.path],
            stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2 and b"SCEP0543" in done.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_follow(trail, tmp_path, end):
    """Rows that come while it reads, with the clock set back at that."""
    trail.add_some()
    with open(tmp_path / "out", "wb") as out:
        with subprocess.Popen(
                [os.environ["SCEPCTL"], "audit", "--database", trail.path,
                 "--json", "--follow"], stdout=out) as run:
            for number in range(300):
                trail.add("issued", START - number)
                time.sleep(0.01)
            limit = time.time() + 30
            while (tmp_path / "out").read_bytes().count(b"\n") < 304:
                assert time.time() < limit and run.poll() is None
                time.sleep(0.1)
            time.sleep(1.2)  # nothing comes twice
            run.send_signal(end)
            assert run.wait(30) == 0
    lines = (tmp_path / "out").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, 305))


@pytest.mark.skipif(not AS_ROOT, reason="needs root")
def test_root_works_as_the_owner():
    """Nothing beside the database is root's."""
    folder = tempfile.mkdtemp(prefix="scep-audit-")
    try:
        owner = pwd.getpwnam("nobody")
        trail = Trail(folder)
        trail.add_some()
        for path in (folder, trail.path):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        with subprocess.Popen(
                [os.environ["SCEPCTL"], "audit", "--database", trail.path,
                 "--follow"], stdout=subprocess.PIPE) as run:
            assert run.stdout.readline()
            with open(f"/proc/{run.pid}/status", encoding="ascii") as file:
                status = dict(line.split(":", 1) for line in file)
            assert status["Uid"].split() == [str(owner.pw_uid)] * 4
            assert status["Gid"].split() == [str(owner.pw_gid)] * 4
            assert status["Groups"].split() == [str(owner.pw_gid)]
            names = os.listdir(folder)
            assert "scep.db-wal" in names
            for name in names:
                found = os.lstat(os.path.join(folder, name))
                assert found.st_uid == owner.pw_uid, name
            run.send_signal(signal.SIGINT)
            assert run.wait(30) == 0
    finally:
        shutil.rmtree(folder)
