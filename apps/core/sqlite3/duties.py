"""What SQLite needs done from time to time."""

from django.db import connection


def cut_log() -> None:
    """Cut the write-ahead log, on SQLite. While somebody reads for long it grows, and SQLite never shortens it."""
    if connection.vendor == "sqlite":
        connection.cut_log()  # type: ignore[attr-defined]
