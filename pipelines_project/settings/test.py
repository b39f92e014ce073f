"""Settings of the tests: a throw-away data directory, fast passwords, and the database that the environment names."""

import os
import tempfile

os.environ.setdefault("HEADRACE_DATA_DIR", tempfile.mkdtemp(prefix="headrace-test-"))
os.environ.setdefault("HEADRACE_SECRET_KEY", "only-for-tests")
os.environ.setdefault("HEADRACE_MASTER_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
os.environ.setdefault("HEADRACE_API_READS_PER_SECOND", "0")
os.environ.setdefault("HEADRACE_API_CHANGES_PER_SECOND", "0")

from .product import *  # noqa: F403

if ON_SQLITE:  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405  Django's default for its own backend only

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
