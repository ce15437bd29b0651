# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Tests with real browsers use the httpd of tests/httpd."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "httpd")]
