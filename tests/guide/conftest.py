# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests that follow docs/guide.md, section by section."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import machine as machines  # noqa: E402


@pytest.fixture(name="machine")
def fixture_machine():
    """A machine without a configuration of mod_scep."""
    if not machines.possible():
        pytest.skip("needs root, Debian's apache2 and namespaces")
    made = machines.Machine()
    yield made
    made.close()
