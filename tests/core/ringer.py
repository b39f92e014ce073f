"""Rings once, as another process of the product: `python -m tests.core.ringer RUN_DIR DATABASE CHANNEL PAYLOAD END`."""

import sys
from pathlib import Path

import django
from django.conf import settings

if __name__ == "__main__":
    run_dir, database, channel, payload, end = sys.argv[1:]
    settings.RUN_DIR = Path(run_dir)
    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from django.db import transaction

    from apps.core import doorbell

    with transaction.atomic():
        doorbell.ring(channel, payload)
        transaction.set_rollback(end == "rollback")
