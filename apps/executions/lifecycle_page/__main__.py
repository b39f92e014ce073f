"""Writes docs/engine.md to the standard output."""

import sys

from apps.executions.lifecycle_page import page

sys.stdout.write(page())
