# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests against a real httpd."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
import httpdserver  # noqa: E402
if httpdserver.ON_POSTGRES:
    from on_postgres import OnPostgres  # noqa: E402
    httpdserver.Server = OnPostgres
from fixtures import *  # noqa: E402,F401,F403


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "any_mpm(reason): what is tested is the same in every MPM; "
        "where SCEP_TEST_MPM says worker or prefork it is left out, since the "
        "run with event has it; so it is where SCEP_TEST_SANITIZED_TOO is set")


# What the record decides: these run on PostgreSQL, too.
BY_THE_RECORD = ("approval", "duplicates", "limits", "no_is_no", "peers",
                 "renewal", "revocation", "transactions")


def is_left_out(item):
    if httpdserver.ON_POSTGRES:
        return (item.path.stem.removeprefix("test_") not in BY_THE_RECORD
                or item.name == "test_scepctl_lists_all")  # takes its time
    if item.get_closest_marker("any_mpm") is None:
        return False
    if os.environ.get("SCEP_TEST_MPM", "event") != "event":
        return True
    # scripts/check runs them with sanitizers, where they are not skipped
    return ("SCEP_TEST_SANITIZED_TOO" in os.environ
            and item.get_closest_marker("skipif") is None)


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
