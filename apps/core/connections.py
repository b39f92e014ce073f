"""Database connections of threads that last: kept while they work, replaced when they are lost."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, connections

from apps.core.locks import came_too_late, was_undone

Result = TypeVar("Result")
TRIES = 5
# PostgreSQL's codes for lost connections, for a server that ends or starts, and for one that takes no more.
AWAY = ("08", "57P", "53300")
AWAY_SECONDS = 0.5  # between two tries to reach a database that is away
TRY_SECONDS = 5.0
PAUSE_SECONDS = 0.02  # at most, before the second try; each further one may wait twice as long


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


def until_back(work: Callable[[], Result], *, is_given_up: Callable[[], bool] = lambda: False) -> Result:
    """Do `work`, which changes nothing unless it succeeds, again on a fresh connection when the first was lost.

    As long as the database is away, until it is back or `is_given_up()`; after any other trouble once.
    """
    is_last, pause = False, 0.0
    while True:
        try:
            with lasting_connection():
                return settled(work)
        except (OperationalError, InterfaceError) as error:
            if is_last or connection.in_atomic_block or is_given_up():
                raise
            is_last = not is_away(error)
        if not is_last:
            time.sleep(pause)
            pause = AWAY_SECONDS


def is_away(error: BaseException) -> bool:
    """Tell whether PostgreSQL could not be reached, or was lost, rather than refused something."""
    if connection.vendor != "postgresql" or came_too_late(error):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, InterfaceError) or sqlstate is None or sqlstate.startswith(AWAY)


def settled(work: Callable[[], Result]) -> Result:
    """Do `work`, and do it again when the database undid it to end a deadlock or a conflict, five times in all.

    Only while nothing of it was committed: then nothing is done twice, whatever it is. Whoever stands inside a
    transaction has to leave that to whoever began it.
    """
    ends, committed = time.monotonic() + TRY_SECONDS, _commits()
    for number in range(1, TRIES):
        try:
            return work()
        except OperationalError as error:
            is_lost = connection.in_atomic_block or _commits() != committed or time.monotonic() > ends
            if is_lost or not was_undone(error):
                raise
            time.sleep(random.uniform(0, PAUSE_SECONDS * 2**number))
    return work()


def _commits() -> int:
    """Return how many transactions were committed for this thread, by whichever thread."""
    number: int = connection.commits  # type: ignore[attr-defined]
    return number
