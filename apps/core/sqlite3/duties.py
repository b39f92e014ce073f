"""What SQLite needs done from time to time."""

from datetime import timedelta

from django.db import connection
from django_q.models import OrmQ

from apps.core.sqlite3.timeline import counted, follow_the_host


def cut_log() -> None:
    """Cut the write-ahead log, on SQLite. While somebody reads for long it grows, and SQLite never shortens it."""
    if connection.vendor == "sqlite":
        connection.cut_log()  # type: ignore[attr-defined]


def follow_the_hosts_clock() -> None:
    """Notice that the host's clock was set, on SQLite, and move what is counted along."""
    if connection.vendor == "sqlite":
        follow_the_host()


counted(OrmQ.objects.all, "lock", most=timedelta(hours=2))  # as long as a task waits for its next try
