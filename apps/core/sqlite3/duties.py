"""What SQLite needs done from time to time."""

from django.db import connection

from apps.core.sqlite3.timeline import follow_the_host


def cut_log() -> None:
    """Cut the write-ahead log, on SQLite. While somebody reads for long it grows, and SQLite never shortens it."""
    if connection.vendor == "sqlite":
        connection.cut_log()  # type: ignore[attr-defined]


def follow_the_hosts_clock() -> None:
    """Notice that the host's clock was set, on SQLite, and move what is counted along."""
    if connection.vendor == "sqlite":
        follow_the_host()
