# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests of the scepctl program; $SCEPCTL names it."""
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "httpd"))


class Result:
    """How a run ended."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    def __repr__(self):
        return f"status {self.status}\n{self.out}\n{self.err}"

    def value(self, label):
        """The text of the first line `label: text'."""
        for line in self.out.splitlines():
            if line.strip().startswith(label + ":"):
                return line.split(":", 1)[1].strip()
        return None


@pytest.fixture(name="scepctl")
def fixture_scepctl():
    """scepctl(*arguments, stdin=b"") runs it."""
    def run(*arguments, stdin=b"", **options):
        done = subprocess.run(
            [os.environ["SCEPCTL"], *map(str, arguments)], input=stdin,
            capture_output=True, check=False, timeout=120, **options)
        # a sanitizer's report is a failure whatever the test expects
        assert b"Sanitizer" not in done.stderr, done.stderr.decode()
        assert done.returncode in (0, 1, 2), done
        return Result(done)
    return run


@pytest.fixture(name="data", scope="session")
def fixture_data():
    """Path of a file of the test data."""
    def path(*names):
        return os.path.join(os.path.dirname(HERE), "data", *names)
    return path
