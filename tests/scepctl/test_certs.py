# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl certs and scepctl crl, on a database of rows made here."""
import base64
import hashlib
import json
import os
import pwd
import re
import sqlite3
import subprocess
import time

import pytest

DAY, HOUR = 86400, 3600
NOW = int(time.time())
STORE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                     "mod_scep", "store")
WORDS = {"@octets": "BLOB", "@key": "INTEGER", "@compact": " WITHOUT ROWID"}


def arrays():
    """The migrations, and the steps of the last one."""
    for name in ("scep_schema.c", "scep_schema_6.c"):
        with open(os.path.join(STORE, name), encoding="ascii") as file:
            text = file.read()
        for word, meant in WORDS.items():
            text = text.replace(word, meant)
        yield from re.findall(r"const char \*const \w+\[\] = \{(.*?)NULL\};",
                              text, re.S)


def statements():
    """The SQL of the migrations, as the server runs it."""
    for array in arrays():
        array = re.sub(r"/\*.*?\*/", "", array, flags=re.S)
        # a comma outside of strings ends a statement
        for one in re.split(r'"\s*,\s*(?=")', array):
            parts = re.findall(r'"?([^"]*)"?', one)
            yield "".join(p for p in parts if p.strip() not in ("", ","))


class Record:
    """A database with certificates."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "scep.db")
        self.count = 0
        with sqlite3.connect(self.path) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.create_function("decode", 2, None)  # no row needs it
            for sql in statements():
                database.execute(sql)
        database.close()
        os.chmod(self.path, 0o600)

    def run(self, sql, *values):
        with sqlite3.connect(self.path, timeout=10) as database:
            rows = database.execute(sql, values).fetchall()
        database.close()
        return rows

    def add(self, serial, subject="CN=device", scope="ca01", days=30,
            age=1, renews=None):
        self.count += 1
        self.run("INSERT INTO certificates (id, scope, serial, subject, "
                 "not_before, not_after, profile, der, created) VALUES "
                 "(?, ?, ?, ?, ?, ?, 'device', ?, ?)", self.count,
                 scope, serial, subject, (NOW - DAY) * 1000000,
                 (NOW + days * DAY) * 1000000,
                 b"certificate " + serial.encode(), (NOW - age) * 1000000)
        self.run("INSERT INTO transactions (certificate_id, scope, "
                 "transaction_id, key_hash, csr_hash, created, renewal_of, "
                 "proved) VALUES (?, ?, ?, x'', x'', ?, ?, 1)",
                 self.count, scope, f"{self.count:x}",
                 (NOW - age) * 1000000, renews)


@pytest.fixture(name="record")
def fixture_record(tmp_path):
    return Record(tmp_path)


@pytest.fixture(name="certs")
def fixture_certs(scepctl, record):
    def run(*arguments):
        return scepctl("certs", *arguments, "--database", record.path)
    return run


@pytest.fixture(name="ca", scope="module")
def fixture_ca(tmp_path_factory):
    """A CA certificate; its scope does not matter here."""

    path = tmp_path_factory.mktemp("ca") / "ca.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    os.devnull, "-subj", "/CN=CA", "-out", path], check=True,
                   stderr=subprocess.DEVNULL)
    return path


def serials(result):
    assert result.status == 0, result
    return [line.split("\t")[1] for line in result.out.splitlines()]


def test_list(record, certs):
    record.add("1", "CN=one", age=30 * HOUR)
    record.add("2", "CN=t\tab", age=20 * HOUR, days=-1)
    record.add("3", "CN=three", age=10 * HOUR)
    assert certs("revoke", "3").status == 0
    result = certs("list")
    assert serials(result) == ["3", "2", "1"]
    lines = [line.split("\t") for line in result.out.splitlines()]
    assert [line[2] for line in lines] == ["revoked", "expired", "valid"]
    assert {tuple(line[6:]) for line in lines} == {("-", "-")}
    assert lines[1][5] == "CN=t\\x09ab"
    assert serials(certs("list", "--state", "valid")) == ["1"]
    assert serials(certs("list", "--state", "expired")) == ["2"]
    assert serials(certs("list", "--state", "revoked")) == ["3"]
    assert serials(certs("list", "--subject", "THREE")) == ["3"]
    assert serials(certs("list", "--since", "25h")) == ["3", "2"]
    assert serials(certs("list", "--limit", "1")) == ["3"]
    assert serials(certs("list", "--expires-in", "29d")) == []
    assert serials(certs("list", "--expires-in", "31d")) == ["1"]


def test_list_has_pages(record, certs):
    for i in range(450):
        record.add(f"{i + 1:X}", age=i)
    assert len(set(serials(certs("list")))) == 450
    assert len(serials(certs("list", "--limit", "201"))) == 201


def test_list_as_json(record, certs):
    record.add("AB", 'CN="x"')
    (line,) = certs("list", "--json").out.splitlines()
    row = json.loads(line)
    assert row["serial"] == "AB" and row["subject"] == 'CN="x"'
    assert row["state"] == "valid" and row["revoked"] is None


def test_show(record, certs):
    record.add("AB01")
    for spelling in "ab01", "0xAB01", "AB:01", "00ab 01":
        result = certs("show", spelling)
        assert result.status == 0, result
        assert "serial      AB01" in result.out
        assert "-----BEGIN CERTIFICATE-----" in result.out
    der = base64.b64encode(b"certificate AB01").decode()
    assert certs("show", "AB01", "--pem").out == (
        f"-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
    assert json.loads(certs("show", "AB01", "--json").out)[
        "certificate"] == der
    assert certs("show", "AB02").status == 2
    record.add("AB01", scope="other")
    result = certs("show", "AB01")
    assert result.status == 2 and "SCEP0593" in result.err


def test_revoke(record, certs):
    record.add("AB01")
    result = certs("revoke", "ab:01", "--reason", "KeyCompromise", "--comment",
                   "lost")
    assert result.status == 0 and "is revoked" in result.out
    assert record.run("SELECT scope, serial, reason, seq FROM revocations") == [
        ("ca01", "AB01", 1, 1)]
    assert record.run("SELECT event, serial, detail FROM audit") == [
        ("revoked", "AB01", "keyCompromise: lost")]
    assert "revoked     " in certs("show", "AB01").out
    result = certs("revoke", "AB01", "--reason", "superseded", "--json")
    assert json.loads(result.out) == {"serial": "AB01", "revoked": False}
    assert record.run("SELECT reason FROM revocations") == [(1,)]


@pytest.fixture(name="renewed")
def fixture_renewed(record):
    """A1 was renewed by B1 and B2, B1 by C1; B2 has expired."""
    record.add("A1", age=40)
    record.add("B1", age=30, renews="A1")
    record.add("B2", age=20, renews="A1", days=-1)
    record.add("C1", age=10, renews="B1")


@pytest.mark.usefixtures("renewed")
def test_predecessors_and_successors(certs):
    lines = [line.split("\t") for line in certs("list").out.splitlines()]
    assert [[line[1]] + line[6:] for line in lines] == [
        ["C1", "B1", "-"], ["B2", "A1", "-"], ["B1", "A1", "C1"],
        ["A1", "-", "B2"]]
    rows = [json.loads(line) for line in
            certs("list", "--json").out.splitlines()]
    assert [(row["predecessor"], row["successor"]) for row in rows] == [
        ("B1", None), ("A1", None), ("A1", "C1"), (None, "B2")]
    out = certs("show", "C1").out
    assert ("predecessor B1, valid\npredecessor A1, valid\n" in out
            and "successor" not in out)
    out = certs("show", "A1").out
    assert ("successor   B1, valid\nsuccessor   B2, expired\n"
            "successor   C1, valid\n" in out and "predecessor" not in out)
    row = json.loads(certs("show", "B1", "--json").out)
    assert row["predecessors"] == [{"serial": "A1", "state": "valid"}]
    assert row["successors"] == [{"serial": "C1", "state": "valid"}]
    assert (row["predecessor"], row["successor"]) == ("A1", "C1")


@pytest.mark.usefixtures("renewed")
def test_revoke_what_was_renewed(record, certs):
    """Without --with-successors it is said what is valid still."""
    out = certs("revoke", "A1").out
    assert out == (
        "A1 is revoked.\n"
        "A1 was renewed, and 2 of its successors are still valid: B1, C1.\n"
        "To revoke all its successors too, run the same command again with "
        "--with-successors.\n")
    assert record.run("SELECT serial FROM revocations") == [("A1",)]
    assert "still valid: B1, C1." in certs("revoke", "A1").out
    assert json.loads(certs("revoke", "B1", "--json").out) == {
        "serial": "B1", "revoked": True,
        "successors": [{"serial": "C1", "state": "valid"}]}
    assert "1 of its successors is still valid: C1." in certs(
        "revoke", "A1").out
    assert certs("revoke", "C1").out == "C1 is revoked.\n"
    assert certs("revoke", "A1").out == (
        "A1 was revoked before; nothing was changed.\n")


@pytest.mark.usefixtures("renewed")
def test_revoke_with_successors(record, certs):
    certs("revoke", "A1")
    result = certs("revoke", "A1", "--with-successors", "--reason",
                   "keyCompromise", "--comment", "stolen")
    assert (result.status, result.out) == (0, (
        "A1 is revoked.\nIts successor B1 is revoked.\n"
        "Its successor B2 is revoked.\nIts successor C1 is revoked.\n"))
    assert set(record.run("SELECT serial, reason FROM revocations")) == {
        (serial, 1) for serial in ("A1", "B1", "B2", "C1")}
    assert record.run(
        "SELECT COUNT(*) FROM audit WHERE event = 'revoked' AND detail = "
        "'keyCompromise: stolen'") == [(4,)]
    result = certs("revoke", "A1", "--with-successors", "--json")
    assert json.loads(result.out) == {
        "serial": "A1", "revoked": False, "successors": [
            {"serial": serial, "state": "revoked"}
            for serial in ("B1", "B2", "C1")]}
    result = certs("revoke", "A2", "--with-successors")
    assert result.status == 2 and "SCEP0594" in result.err


def test_revoke_successors_of_what_is_unknown(record, scepctl, ca):
    """The CA issued it before there was a database."""
    record.add("B1", scope=scope_of(ca), renews="A1")
    options = "--database", record.path, "--ca-cert", ca
    assert "predecessor A1, unknown\n" in scepctl(
        "certs", "show", "B1", *options).out
    result = scepctl("certs", "revoke", "A1", "--unknown",
                     "--with-successors", *options)
    assert result.out == "A1 is revoked.\nIts successor B1 is revoked.\n"


def test_who_revokes(scepctl, record):
    """sudo names the user to root; others could name anybody."""
    record.add("AB01")
    me = pwd.getpwuid(os.getuid()).pw_name
    result = scepctl("certs", "revoke", "AB01", "--database", record.path,
                     env={**os.environ, "SUDO_USER": "mallory"})
    assert result.status == 0
    assert record.run("SELECT actor FROM revocations") == [
        ("mallory" if os.getuid() == 0 else me,)]


def test_revoke_what_is_unknown(record, certs, ca):
    result = certs("revoke", "AB01")
    assert result.status == 2 and "SCEP0594" in result.err
    assert "--unknown" in result.err
    assert certs("revoke", "AB01", "--unknown").status == 1
    assert certs("revoke", "AB01", "--unknown", "--ca-cert", ca).status == 0
    ((scope, not_after),) = record.run(
        "SELECT scope, not_after FROM revocations")
    assert len(scope) == 32 and not_after is None


@pytest.mark.parametrize("arguments", [
    (), ("rename",), ("list", "x"), ("show",), ("show", "xyz"),
    ("show", "1", "2"), ("revoke",), ("revoke", "1", "--reason", "hold"),
    ("revoke", "1", "--reason", "certificateHold"), ("list", "--pem"),
    ("list", "--limit", "0"), ("list", "--state", "good"),
    ("list", "--since", "x"), ("list", "--expires-in", "x"),
    ("show", "1", "--limit", "1"), ("show", "1", "--with-successors"),
    ("list", "--with-successors"), ("list", "--what"), ("list", "--limit"),
])
def test_command_line_that_makes_no_sense(scepctl, record, arguments):
    record.add("1")
    options = ("--database", record.path) if len(arguments) > 1 else ()
    if arguments[-1:] == ("--limit",):
        options = ()
    result = scepctl("certs", *arguments, *options)
    assert result.status == 1 and "scepctl: certs:" in result.err, result


# --- crl ---------------------------------------------------------------------


def scope_of(path):

    with open(path, encoding="ascii") as file:
        text = "".join(line for line in file if "---" not in line)
    return hashlib.sha256(base64.b64decode(text)).hexdigest()[:32]


def test_crl(scepctl, record, ca):
    options = "crl", "--database", record.path, "--ca-cert", ca
    result = scepctl(*options)
    assert result.status == 2 and "SCEP0595" in result.err
    record.run("INSERT INTO crls (scope, number, this_update, next_update, "
               "covers, der) VALUES (?, 42, ?, ?, 0, ?)", scope_of(ca),
               NOW * 1000000, (NOW + DAY) * 1000000,
               b"a CRL")
    assert scepctl(*options).out == (
        "-----BEGIN X509 CRL-----\nYSBDUkw=\n-----END X509 CRL-----\n")
    assert scepctl(*options, "--der").out == "a CRL"
    info = scepctl(*options, "--info").out
    assert "number       42\n" in info and "has all revocations" in info
    scepctl("certs", "revoke", "1", "--unknown", "--ca-cert", ca,
            "--database", record.path)
    assert "something was revoked since" in scepctl(*options, "--info").out
    assert scepctl("crl", "--what").status == 1
    assert scepctl("crl", "what").status == 1
    assert scepctl("crl", "--database").status == 1


def test_crl_that_cannot_be_written(record, ca):
    """As large as is written at once: the last flush then succeeds."""
    record.run("INSERT INTO crls (scope, number, this_update, next_update, "
               "covers, der) VALUES (?, 42, ?, ?, 0, ?)", scope_of(ca),
               NOW * 1000000, (NOW + DAY) * 1000000,
               bytes(8192))
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [os.environ["SCEPCTL"], "crl", "--database", record.path,
             "--ca-cert", ca, "--der"], stdout=full, stderr=subprocess.PIPE,
            check=False)
    assert done.returncode == 2
    assert b"cannot write the output" in done.stderr


def test_lists_that_cannot_be_written(record):
    """More than the buffer holds: a write fails among the rows."""
    record.add("1")
    record.run(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 500) INSERT INTO certificates (id, scope, serial, subject, "
        "not_before, not_after, profile, der, created) SELECT i, 'ca01', "
        "printf('%X', i), 'CN=device', 0, ?, 'device', x'00', i FROM n",
        (NOW + DAY) * 1000000)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [os.environ["SCEPCTL"], "certs", "list", "--database", record.path],
            stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert b"SCEP0543: cannot write the output" in done.stderr


def test_older_schema(scepctl, tmp_path):
    """After an upgrade, before httpd was stopped and started."""
    path = os.path.join(tmp_path, "old.db")
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE schema_version (name TEXT, version)")
        database.execute("INSERT INTO schema_version VALUES ('mod_scep', 4)")
    database.close()
    os.chmod(path, 0o600)
    for command in (("certs", "list"), ("requests", "list"), ("audit",)):
        done = scepctl(*command, "--database", path)
        assert done.status != 0
        assert "schema 4 of an older mod_scep" in done.err, command
        assert "stop and start httpd" in done.err
