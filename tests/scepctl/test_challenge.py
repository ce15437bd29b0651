# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl challenge, on a database of rows made here."""
import json
import time

import pytest

from test_certs import Record

LATER = int(time.time() + 3600) * 1000000


@pytest.fixture(name="record")
def fixture_record(tmp_path):
    record = Record(tmp_path)
    for number, (user, label, scope) in enumerate((
            ("bob", "x", "ca01"), ("bob", None, "ca01"), ("alice", "x", "ca01"),
            ("alice", "t\tab", "ca02"))):
        record.run("INSERT INTO challenges (hash, scope, state, created, "
                   "expires, drawn_by, peer, label) VALUES (?, ?, 0, ?, ?, ?, "
                   "'192.0.2.1', ?)", number.to_bytes(32, "big"), scope, LATER - 1,
                   LATER + number, user, label)
    return record


@pytest.fixture(name="challenge")
def fixture_challenge(scepctl, record):
    def run(*arguments):
        return scepctl("challenge", *arguments, "--database", record.path)
    return run


def ids(result):
    assert result.status == 0, result
    return [int(line.split("\t")[0], 16) for line in result.out.splitlines()]


def test_list(challenge):
    assert ids(challenge("list")) == [0, 1, 2, 3]
    assert ids(challenge("list", "--user", "bob")) == [0, 1]
    assert ids(challenge("list", "--label", "x", "--user", "alice")) == [2]
    assert all(line.count("\t") == 6
               for line in challenge("list").out.splitlines())
    rows = [json.loads(line)
            for line in challenge("list", "--json").out.splitlines()]
    assert [row["label"] for row in rows] == ["x", None, "x", "t\tab"]
    assert rows[0]["drawnBy"] == "bob" and rows[0]["uses"] == 1


def test_list_has_pages(record, challenge):
    record.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
               "WHERE i < 500) INSERT INTO challenges (hash, scope, state, "
               "created, expires) SELECT CAST(printf('%032d', i + 100) AS "
               "BLOB), 'ca01', 0, 1, ? FROM n", LATER)
    assert len(set(ids(challenge("list")))) == 504


@pytest.mark.parametrize("options, count, left", (
    (("--user", "bob"), 2, [2, 3]), (("--label", "x"), 2, [1, 3]),
    (("--user", "bob", "--label", "x"), 1, [1, 2, 3]),
    (("--user", "BOB"), 0, [0, 1, 2, 3]), (("--all",), 4, [])))
def test_cancel(record, challenge, options, count, left):
    result = challenge("cancel", *options)
    assert (result.status, result.out) == (
        0, f"cancelled {count} passwords\n"), result
    assert ids(challenge("list")) == left
    assert record.run("SELECT COUNT(*) FROM audit WHERE event = "
                      "'challenge-cancelled' AND actor IS NOT NULL") == [
                          (count,)]


@pytest.mark.parametrize("words", (
    (), ("remove",), ("cancel",), ("cancel", "--user", ""),
    ("cancel", "--label", ""), ("cancel", "--all", "--user", "bob"),
    ("cancel", "bob"), ("cancel", "--user"), ("cancel", "--user", "bob", "x"),
    ("list", "x"), ("cancel", "--everything")))
def test_wrong_words(record, scepctl, words):
    result = scepctl("challenge", "--database", record.path, *words)
    assert result.status == 1 and not result.out, result
    assert result.err.startswith("scepctl: challenge: ")
    assert record.run("SELECT COUNT(*) FROM challenges WHERE state = 0") == [
        (4,)]


def test_help(challenge):
    result = challenge("--help")
    assert result.status == 0 and "--label" in result.out
