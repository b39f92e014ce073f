"""Settings of the yardsticks in `stock.py`. Our server needs our apps to be there; requests meet none of them."""

import os

from pipelines_project.settings.product import *  # noqa: F403

MIDDLEWARE: list[str] = []
INSTALLED_APPS = [name for name in INSTALLED_APPS if not name.startswith("allauth")]  # noqa: F405  it wants middleware
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.bench.stock"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCH_DATABASE", ":memory:"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;"},
    }
}
