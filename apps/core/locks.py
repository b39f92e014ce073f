"""Telling a lock that did not come in time from other troubles of a database."""

from django.db import OperationalError

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code, after its lock_timeout
LOCKED = "database is locked"  # SQLite's words, and those of our queue of its writers


def came_too_late(error: BaseException) -> bool:
    """Tell whether somebody else held a lock for longer than we wait. Nothing was changed."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE or str(error) == LOCKED
