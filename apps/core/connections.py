"""Database connections of threads that last: kept while they work, replaced when they are lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

Result = TypeVar("Result")


@contextmanager
def lasting_connection() -> Iterator[None]:
    """Close this thread's connections if the database went away under them, so that the next use opens new ones."""
    try:
        yield
    except (OperationalError, InterfaceError):
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
            if connection.errors_occurred or not connection.is_usable():
                connection.close()
        raise


def once_more(work: Callable[[], Result]) -> Result:
    """Do `work`, which changes nothing unless it succeeds, again on a fresh connection if the first was lost."""
    try:
        with lasting_connection():
            return work()
    except (OperationalError, InterfaceError):
        with lasting_connection():
            return work()
