# Licensed under the Apache License, Version 2.0; see LICENSE.
"""An installed mod_scep, with modules that were built only against its headers.
The servers are those of tests/httpd."""
import copy
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "httpd")]
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
from fixtures import *  # noqa: E402,F401,F403
from httpdserver import TOP  # noqa: E402


class Installation:
    """What `make install` put below ROOT, and what was built against it."""

    def __init__(self, root):
        self.root = root
        build = os.environ.get("SCEP_BUILD_DIR", os.path.join(TOP, "build"))
        status, said = self.make("-C", build, "install", f"DESTDIR={root}")
        assert status == 0, said
        self.module = self.find("mod_scep.so")
        self.scepctl = self.find("scepctl")
        self.headers = os.path.dirname(self.find("scep_ca.h"))
        self.build_samples(os.path.join(root, "samples"))

    def build_samples(self, folder):
        os.mkdir(folder)
        self.samples = folder
        status, said = self.build()
        assert status == 0, said

    def another(self, folder, headers):
        """The same, with samples in FOLDER that were built with HEADERS."""
        made = copy.copy(self)
        made.headers = headers
        made.build_samples(folder)
        return made

    def build(self, *targets, headers=None):
        """make with tests/outside/Makefile: (exit status, what it said)."""
        return self.make("-C", self.samples, "-f",
                         os.path.join(HERE, "Makefile"),
                         f"INCLUDEDIR={headers or self.headers}", *targets)

    @staticmethod
    def make(*arguments):
        env = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        done = subprocess.run(["make", *arguments], text=True, check=False,
                              stdout=subprocess.PIPE, timeout=120, env=env,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def find(self, name):
        (path,) = [os.path.join(folder, name)
                   for folder, _, names in os.walk(self.root)
                   if name in names]
        return path

    def sample(self, name):
        return os.path.join(self.samples, name + ".so")


@pytest.fixture(name="installed", scope="session")
def fixture_installed(tmp_path_factory):
    made = Installation(str(tmp_path_factory.mktemp("installed")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCEP_MODULE", made.module)
        yield made
