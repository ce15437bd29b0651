# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The conformance program: its own client against one server."""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
# of tests/httpd the server's process alone
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "httpd")]
# pylint: disable=wrong-import-position
import expect  # noqa: E402
import world as world_module  # noqa: E402

REFUSALS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs",
                        "refusals.md")
with open(REFUSALS, encoding="utf-8") as file:
    expect.TEXTS |= {line.split("|")[4].strip() for line in file
                     if line.startswith("| SCEP")}


@pytest.fixture(name="world", scope="session")
def fixture_world():
    made = world_module.World().start()
    yield made
    assert made.stop() == []
