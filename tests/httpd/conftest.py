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
