# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests with real clients use the httpd and the fixtures of tests/httpd."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "httpd")]
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
from fixtures import *  # noqa: E402,F401,F403
