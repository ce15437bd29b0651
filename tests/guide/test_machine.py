# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests of the machine and the reader that the other tests here use."""
import os

import pytest

import guide

TEXT = """# Guide

## 1. One

Type

    first
    second \\
        third

    fourth

### Below

    fifth

## 2. Two

    sixth
"""


def test_blocks():
    assert guide.blocks("One", TEXT) == [
        "first\nsecond \\\n    third", "fourth", "fifth"]
    assert guide.blocks("Below", TEXT) == ["fifth"]
    assert guide.block("Two", "six", TEXT) == "sixth"
    with pytest.raises(KeyError):
        guide.blocks("Three", TEXT)


def test_what_httpd_serves(machine):
    """A whole server, at the paths of the guide, apart from the real one."""
    machine.set_up()
    assert os.path.exists(machine.path("/var/lib/mod_scep/challenge.key"))
    assert "POSTPKIOperation" in machine.run(
        "curl -s 'http://localhost/cgi-bin/pkiclient.exe"
        "?operation=GetCACaps'")
    assert len(machine.draw()) == 16
    machine.run("systemctl restart apache2")
    assert len(machine.draw()) == 16
    assert "no such" in machine.fails("cat /etc/mod_scep/no-such-file").lower()
