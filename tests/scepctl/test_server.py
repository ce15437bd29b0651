# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Options of all commands that work on a server, tried without a server."""
import os

import pytest

from test_audit import Trail


@pytest.fixture(name="trail")
def fixture_trail(tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    made = Trail(str(folder))
    made.add("issued", serial="7A01")
    return made


@pytest.mark.parametrize("words", [
    "{0}", "sqlite3 {0}", "sqlite3 \"{0}\"", "sqlite3   '{0}'  ",
    "ScepDatabase sqlite3 \"{0}\"", "scepdatabase SQLite3 {0}"])
def test_words_of_the_directive(scepctl, trail, words):
    result = scepctl("audit", "--database", words.format(trail.path))
    assert (result.status, result.err) == (0, "") and "7A01" in result.out


def test_relative_to_the_state_directory(scepctl, trail):
    folder = os.path.dirname(trail.path)
    for words in "sqlite3", "sqlite3 scep.db", "ScepDatabase sqlite3":
        result = scepctl("audit", "--state-dir", folder, "--database", words)
        assert result.status == 0 and "7A01" in result.out
    # a path alone is one as in a shell
    result = scepctl("audit", "--database", "scep.db", cwd=folder)
    assert result.status == 0 and "7A01" in result.out


@pytest.mark.parametrize("words", [
    "", "  ", "ScepDatabase", "sqlite3 \"/x", "pgsql 'host=db",
    "pgsql \"host=db\" more"])
def test_words_that_make_no_sense(scepctl, words):
    result = scepctl("audit", "--database", words)
    assert result.status == 1 and "--database" in result.err


def without_libpq(result):
    """Go no further where libpq was left out."""
    if "was built without PostgreSQL" in result.err:
        assert result.status == 2 and "use sqlite3" in result.err
        assert "hush" not in result.err
        pytest.skip("built without libpq")


@pytest.mark.parametrize("words", [
    "pgsql \"host=/no/where dbname='a b'\"", "pgsql host=/no/where dbname=a",
    "pgsql:host=/no/where dbname=a", "ScepDatabase pgsql 'host=/no/where'",
    "postgresql:///a?host=/no/where", "postgres://me:hush@/a?host=/no/where",
    "pgsql 'postgresql://me:hush@%2Fno%2Fwhere/a'"])
def test_postgresql(scepctl, words):
    """It is understood; nobody answers there."""
    result = scepctl("audit", "--database", words)
    without_libpq(result)
    assert result.status == 2 and "/no/where" in result.err
    assert "hush" not in result.err


@pytest.mark.parametrize("words", ["pgsql", "pgsql \"\"", "pgsql \"two words\"",
                                   "pgsql:", "postgresql://[h/db",
                                   "pgsql:password=two words"])
def test_postgresql_parameters_that_make_no_sense(scepctl, words):
    result = scepctl("audit", "--database", words)
    without_libpq(result)
    assert result.status == 2 and "not understood" in result.err
    assert "password=two" not in words or '"words"' not in result.err


@pytest.mark.parametrize("command", [
    ("audit",), ("certs", "list"), ("crl",), ("requests", "list"),
    ("master", "show"), ("ra", "renew")])
def test_a_ca_of_which_nothing_is_known(scepctl, tmp_path, command):
    for more in (), ("--ignore-httpd",):
        result = scepctl(*command, "--state-dir", tmp_path, "--ca", "vpn",
                         *more)
        assert result.status == 1 and "--ca" in result.err
