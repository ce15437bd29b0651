# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The command line: all commands read it in the same way."""
import re

import pytest

COMMANDS = ("init", "decode", "master", "audit", "certs", "crl", "prune", "ra",
            "requests", "challenge", "backup", "restore", "begin-anew")
ACTIONS = {"master": "show, rotate, set or rekey",
           "certs": "list, show or revoke", "ra": "renew or list",
           "requests": "list, show, approve or reject",
           "challenge": "list or cancel"}


def refused(result, command, text):
    assert (result.status, result.out) == (1, ""), result
    assert result.err == (f"scepctl: {command}: {text}\n"
                          f"Try `scepctl {command} --help'.\n")


def test_the_list_of_commands(scepctl):
    listed = re.findall(r"^  ([\w-]+) +\w", scepctl("help").out, re.M)
    assert listed == [*COMMANDS, "version", "help"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(scepctl, command):
    """Wherever it stands; no line is wider than a terminal, and the texts of
    the options stand below each other."""
    result = scepctl(command, "--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"Usage: scepctl {command} ")
    lines = result.out.splitlines()
    assert max(map(len, lines)) < 80
    texts = [re.match(r"  --[\w-]+(?: \S+)?  +(?=\S)", line) for line in lines
             if line.startswith("  --")]
    assert len({text.end() for text in texts}) == 1
    assert scepctl(command, "x", "--help").out == result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_option(scepctl, command):
    refused(scepctl(command, "--no-such\n"), command,
            r"there is no option `--no-such\x0a'")
    option = "--ca-key" if command == "ra" else "--state-dir"
    refused(scepctl(command, option), command,
            f"option `{option}' needs a value")


@pytest.mark.parametrize("command, words", ACTIONS.items())
def test_actions(scepctl, command, words):
    refused(scepctl(command), command, f"say {words}")
    refused(scepctl(command, "LIST\n", "--state-dir", "x"), command,
            rf"`LIST\x0a' is none of {words.replace(' or ', ' and ')}")


@pytest.mark.parametrize("words", [
    ("init",), ("audit",), ("crl",), ("prune",), ("begin-anew",),
    ("certs", "list"), ("ra", "renew"), ("requests", "list"),
    ("challenge", "list"), ("decode", "file"), ("certs", "show", "A1"),
    ("requests", "show", "1"), ("backup", "d"), ("restore", "d")])
def test_more_than_it_takes(scepctl, words):
    refused(scepctl(*words, "--state-dir", "/no/where", "extra\n", "more"),
            words[0], r"unexpected argument `extra\x0a'")


def test_a_word_that_is_missing(scepctl):
    for word in (), ("",):
        refused(scepctl("backup", *word), "backup",
                "name the directory of the backup")
        refused(scepctl("certs", "show", *word), "certs",
                "name the certificate's serial number")
        refused(scepctl("requests", "reject", *word), "requests",
                "name the request's ID")


def test_options_of_other_actions(scepctl):
    refused(scepctl("certs", "show", "A1", "--limit", "1"), "certs",
            "--limit is for list alone")
    refused(scepctl("certs", "--unknown", "list"), "certs",
            "--unknown is for revoke alone")
    refused(scepctl("requests", "list", "--note", "x"), "requests",
            "--note is for approve and reject alone")
    refused(scepctl("ra", "list", "--force"), "ra",
            "--force is for renew alone")


def test_values(scepctl):
    refused(scepctl("certs", "list", "--limit", "1x"), "certs",
            "--limit takes a number from 1 to 2147483647")
    refused(scepctl("certs", "list", "--limit", "2147483648"), "certs",
            "--limit takes a number from 1 to 2147483647")
    refused(scepctl("ra", "renew", "--before", "36501"), "ra",
            "--before takes a number from 1 to 36500")
    refused(scepctl("certs", "list", "--expires-in", "0"), "certs",
            "--expires-in takes a time up to ten years, as in 90s, 30m, 12h "
            "or 7d")
    refused(scepctl("challenge", "cancel", "--user", ""), "challenge",
            "--user is empty")


def test_in_any_order(scepctl, tmp_path):
    """Options before the action, with = and shortened, as getopt_long() takes
    them."""
    for words in (("list", "--dir", tmp_path), ("--dir", tmp_path, "list"),
                  (f"--dir={tmp_path}", "list"), ("--di", tmp_path, "list")):
        result = scepctl("ra", *words)
        assert (result.status, result.out, result.err) == (0, "", "")
