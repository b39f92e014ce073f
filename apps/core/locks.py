"""Telling troubles of locks from other troubles of a database."""

from django.db import OperationalError

from apps.core.sqlite3.timeline import ClockWasSet

UNDONE = frozenset({"40001", "40P01"})  # PostgreSQL's codes for a conflict of transactions, and for a deadlock
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code, after its lock_timeout
LOCKED = "database is locked"  # SQLite's words, and those of our queue of its writers


def came_too_late(error: BaseException) -> bool:
    """Tell whether somebody else held a lock for longer than we wait. Nothing was changed."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE or str(error) == LOCKED


def was_undone(error: BaseException) -> bool:
    """Tell whether a transaction was undone, or not begun, for what happened elsewhere. Done again it can succeed."""
    if isinstance(error, ClockWasSet):
        return True
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) in UNDONE
