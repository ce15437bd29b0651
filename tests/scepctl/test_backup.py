# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl backup, restore and begin-anew."""
import contextlib
import os
import pwd
import shutil
import sqlite3

import pytest

from httpdserver import ROOT, Server

QUICK = ("--key", "ec:p256", "--ra-key", "rsa:2048")
MINE = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture(name="server", scope="module")
def fixture_server():
    """A stopped httpd that has issued something; its state and CA."""
    server = Server(extra="ScepChallenge one-time single\n")
    server.start()
    server.enrol(server.draw(), "before")
    server.stop()
    yield server
    server.close()


@pytest.fixture(name="places")
def fixture_places(server, tmp_path):
    """(options, state, backup) of a copy of that state."""
    conf, state = tmp_path / "conf", tmp_path / "state"
    conf.mkdir()
    for name in ("ca.crt", "ca.key", "ra.crt", "ra.key"):
        shutil.copy(server.path(name), conf)
    (conf / "ra.d").mkdir()
    shutil.copy(server.path("ra.crt"), conf / "ra.d/2026.crt")
    shutil.copytree(server.path("state"), state,  # which tells of no copy
                    ignore=shutil.ignore_patterns("in-use.json"))
    return (("--state-dir", state, "--conf-dir", conf), state,
            tmp_path / "backup")


def files(top):
    return sorted(os.path.relpath(os.path.join(folder, name), top)
                  for folder, _, names in os.walk(top) for name in names)


def rows(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [
            ("ok",)]
        return database.execute("SELECT serial FROM certificates").fetchall()


def test_there_and_back(scepctl, places, tmp_path):
    options, state, backup = places
    run = scepctl("backup", *options, backup)
    assert run.status == 0, run
    assert "Without the private keys" in run.out
    assert files(backup) == [
        "MANIFEST", "conf/ca.crt", "conf/ra.crt", "conf/ra.d/2026.crt",
        "state/challenge.key", "state/master-password.cms", "state/scep.db"]
    for folder, _, names in os.walk(backup):
        assert os.stat(folder).st_mode & 0o777 == 0o700
        for name in names:
            assert os.stat(os.path.join(folder, name)).st_mode & 0o777 == 0o600
    new, conf = tmp_path / "new", tmp_path / "newconf"
    run = scepctl("restore", "--state-dir", new, "--conf-dir", conf, backup)
    assert run.status == 0, run
    assert files(new) == ["challenge.key", "master-password.cms", "scep.db"]
    assert files(conf) == ["ca.crt", "ra.crt", "ra.d/2026.crt",
                           "state-directory"]
    assert rows(new / "scep.db") == rows(state / "scep.db")
    for name in ("challenge.key", "master-password.cms"):
        assert (new / name).read_bytes() == (state / name).read_bytes()
    assert os.stat(new).st_mode & 0o777 == 0o700
    assert os.stat(conf / "ca.crt").st_mode & 0o777 == 0o644


def test_a_relative_state_directory(scepctl, places, tmp_path, monkeypatch):
    """httpd, which reads it, runs elsewhere."""
    options, _, backup = places
    assert scepctl("backup", *options, backup).status == 0
    monkeypatch.chdir(tmp_path)
    for name, given in (("one", "./one"), ("two", "one/../two")):
        conf = tmp_path / f"conf-{name}"
        run = scepctl("restore", "--state-dir", given, "--conf-dir", conf,
                      backup)
        assert run.status == 0, run
        assert (conf / "state-directory").read_text() == (
            f"{tmp_path}/{name}\n")
        assert (tmp_path / name / "scep.db").exists()


def test_keys_by_an_option(scepctl, places, tmp_path):
    options, _, backup = places
    assert scepctl("backup", "--with-keys", *options, backup).status == 0
    assert {"conf/ca.key", "conf/ra.key"} <= set(files(backup))
    conf = tmp_path / "newconf"
    assert scepctl("restore", "--state-dir", tmp_path / "new", "--conf-dir",
                   conf, backup).status == 0
    assert os.stat(conf / "ca.key").st_mode & 0o777 == 0o600


@pytest.mark.skipif(not ROOT, reason="gives files away")
@pytest.mark.parametrize("user", ("nobody", "12345"))
def test_owners(scepctl, places, tmp_path, user):
    options, state, backup = places
    assert scepctl("backup", *options, backup).status == 0
    before = {name: os.stat(state / name).st_uid for name in os.listdir(state)}
    new = tmp_path / "new"
    assert scepctl("restore", "--state-dir", new, "--conf-dir",
                   tmp_path / "c", "--user", user, backup).status == 0
    uid = 12345 if user == "12345" else pwd.getpwnam(user).pw_uid
    assert os.stat(new).st_uid == uid
    assert os.stat(new / "scep.db").st_uid == uid
    assert os.stat(new / "master-password.cms").st_uid == uid
    assert os.stat(new / "challenge.key").st_uid == 0
    assert before == {name: os.stat(state / name).st_uid
                      for name in os.listdir(state)}


def harm(name, action):
    return lambda backup: action(backup / name)


DAMAGE = {
    "no list": (harm("MANIFEST", os.unlink), "MANIFEST"),
    "cut-off list": (harm("MANIFEST", lambda path: path.write_text(
        path.read_text()[:-20])), "MANIFEST cannot be understood"),
    "no database": (harm("state/scep.db", os.unlink), "has no state/scep.db"),
    "changed database": (harm("state/scep.db", lambda path: path.write_bytes(
        path.read_bytes()[:-1] + b"x")), "state/scep.db was changed"),
    "empty key": (harm("state/challenge.key",
                       lambda path: path.write_bytes(b"")), "was changed"),
    "name that leads out": (harm("MANIFEST", lambda path: path.write_text(
        path.read_text().replace("state/scep.db", "state/../../x"))),
                            "MANIFEST cannot be understood"),
    "no backup": (shutil.rmtree, "is damaged or not complete"),
}


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_a_damaged_backup(scepctl, places, tmp_path, damage):
    options, _, backup = places
    assert scepctl("backup", *options, backup).status == 0
    spoil, text = DAMAGE[damage]
    spoil(backup)
    run = scepctl("restore", "--state-dir", tmp_path / "new", "--conf-dir",
                  tmp_path / "c", backup)
    assert run.status == 2 and "SCEP0516" in run.err and text in run.err, run
    assert not (tmp_path / "new").exists() and not (tmp_path / "c").exists()


def test_nothing_is_overwritten(scepctl, places, tmp_path):
    options, state, backup = places
    assert scepctl("backup", *options, backup).status == 0
    before = files(backup)
    run = scepctl("backup", *options, backup)
    assert run.status == 2 and "SCEP0519" in run.err
    assert files(backup) == before
    run = scepctl("restore", *options, backup)
    assert run.status == 2 and "SCEP0552" in run.err
    conf = tmp_path / "c"
    conf.mkdir()
    (conf / "ca.crt").write_text("another")
    run = scepctl("restore", "--state-dir", tmp_path / "new", "--conf-dir",
                  conf, backup)
    assert run.status == 2 and "SCEP0551" in run.err
    assert (conf / "ca.crt").read_text() == "another"
    assert not (tmp_path / "new").exists()


def test_a_restore_that_was_interrupted(scepctl, places, tmp_path):
    options, state, backup = places
    assert scepctl("backup", *options, backup).status == 0
    new = tmp_path / "new"
    new.mkdir()
    (new / "unfinished-restore").touch()
    (new / "scep.db").write_bytes(b"half of it")
    run = scepctl("restore", "--state-dir", new, "--conf-dir", tmp_path / "c",
                  backup)
    assert run.status == 0, run
    assert files(new) == ["challenge.key", "master-password.cms", "scep.db"]
    assert rows(new / "scep.db") == rows(state / "scep.db")


def test_while_others_write(scepctl, places):
    options, state, backup = places
    with contextlib.closing(sqlite3.connect(
            state / "scep.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM certificates WHERE 0")
        assert scepctl("backup", *options, backup).status == 0
        writer.execute("ROLLBACK")
    assert rows(backup / "state/scep.db") == rows(state / "scep.db")


def test_what_is_not_there(scepctl, places, tmp_path):
    options, state, backup = places
    run = scepctl("backup", "--state-dir", tmp_path / "nowhere", backup)
    assert run.status == 2 and "SCEP0517" in run.err
    os.unlink(state / "challenge.key")
    run = scepctl("backup", *options, tmp_path / "other")
    assert run.status == 2 and "challenge.key" in run.err
    assert not (tmp_path / "other/MANIFEST").exists()


@pytest.mark.parametrize("words", (
    "pgsql:dbname=scep", "ScepDatabase pgsql 'dbname=scep'",
    "postgresql://db.example.com/scep"))
def test_pgsql_is_saved_by_pg_dump(scepctl, places, tmp_path, words):
    options, _, backup = places
    run = scepctl("backup", *options, "--database", words, backup)
    assert run.status == 0 and "pg_dump" in run.out
    assert "state/scep.db" not in files(backup)
    run = scepctl("restore", "--state-dir", tmp_path / "new", "--conf-dir",
                  tmp_path / "c", backup)
    assert run.status == 0 and "pg_restore" in run.out


def test_a_database_in_the_words_of_the_directive(scepctl, places):
    options, state, backup = places
    run = scepctl("backup", *options, "--database", f"sqlite3 '{state}/scep.db'",
                  backup)
    assert run.status == 0, run
    assert "state/scep.db" in files(backup)


def test_a_given_database_keeps_its_name(scepctl, places):
    options, state, backup = places
    os.rename(state / "scep.db", state / "other.db")
    run = scepctl("backup", *options, "--database", "sqlite3 other.db", backup)
    assert run.status == 0, run
    assert rows(backup / "state/other.db") == rows(state / "other.db")
    assert "state/scep.db" not in files(backup)


def test_begin_anew(scepctl, places, tmp_path):
    _, state, _ = places
    os.unlink(state / "scep.db")
    run = scepctl("begin-anew", "--state-dir", state)
    assert run.status == 0, run
    assert f"{state}/scep.db is missing" in run.out
    assert f"{state}/challenge.key is kept" in run.out
    assert (state / "first-start").exists()
    assert scepctl("begin-anew", "--state-dir", tmp_path / "new").status == 0
    assert os.stat(tmp_path / "new").st_mode & 0o777 == 0o700


@pytest.mark.parametrize("words, text", (
    (("backup",), "name the directory"),
    (("backup", "a", "b"), "unexpected argument"),
    (("backup", "--user", "x", "a"), "no option"),
    (("restore", "--with-keys", "a"), "no option"),
    (("restore", "--user", "no-such-user-here", "a"), "user"),
    (("begin-anew", "x"), "unexpected argument"),
    (("begin-anew", "--state-dir"), "needs a value")))
def test_what_makes_no_sense(scepctl, words, text):
    run = scepctl(*words)
    assert run.status == 1 and text in run.err, run


@pytest.mark.parametrize("command", ("backup", "restore", "begin-anew"))
def test_help(scepctl, command):
    run = scepctl(command, "--help")
    assert run.status == 0 and "--state-dir" in run.out
