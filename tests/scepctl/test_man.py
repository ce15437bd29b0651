# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The manual page: it is well formed, and has every option."""
import os
import re
import shutil
import subprocess

import pytest

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "docs", "scepctl.1")


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="needs mandoc")
def test_lint():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", PAGE],
                          capture_output=True, check=False)
    lines = [line for line in done.stdout.decode().splitlines()
             if "referenced manual not found" not in line]
    assert lines == []


@pytest.mark.parametrize("command", ["init", "decode", "master",
                                     "audit", "certs", "ra", "crl",
                                     "requests", "backup", "restore",
                                     "begin-anew", "prune", "challenge"])
def test_the_same_options_as_the_program(scepctl, command):
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    section = page[page.index(f".Ss {command}"):]
    section = section[:re.search(r"\n\.S[sh] ", section).start()]
    documented = set(re.findall(r"^\.It Fl -([\w-]+)", section, re.M))
    offered = set(re.findall(r"^  --([\w-]+)",
                             scepctl(command, "--help").out, re.M))
    assert offered and documented == offered | {"help"}


def test_every_event():
    """What the store records is what --event can be given."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    section = page[page.index(".It Fl -event Ar event\n"):]
    documented = set(re.findall(r'^\.Qq ([a-z-]+) ?[.,]?$',
                                section[:section.index(".It Fl -user")], re.M))
    store = os.path.join(os.path.dirname(PAGE), "..", "mod_scep", "store")
    recorded = set()
    for name in os.listdir(store):
        if name.endswith(".h"):
            with open(os.path.join(store, name), encoding="utf-8") as file:
                recorded |= set(re.findall(
                    r'#define SCEP_AUDIT_\w+ "([a-z-]+)"', file.read()))
    assert recorded and documented == recorded
