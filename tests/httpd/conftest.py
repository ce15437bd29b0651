# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests against a real httpd."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
from fixtures import *  # noqa: E402,F401,F403
