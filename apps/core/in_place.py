"""Short work on the event loop's own thread, where the database is a file of this host.

To hand a piece of work to a thread and to get its answer back takes longer than such a read: two threads are woken,
and take the interpreter's lock from each other. docs/decisions/0030 says what may be read here, and why no more, and
docs/decisions/0035 what may be changed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import local
from time import monotonic
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

from apps.core.sqlite3.turns import NotInPlace

__all__ = ["NotInPlace", "ShortWork", "can_work_in_place", "carrying", "in_place", "may_be_left", "unchanged"]

Result = TypeVar("Result")
LONG_SECONDS = 0.005  # of a read; a change, which waits for the disk, may take twice as long
REST_SECONDS = 10.0
MOST_KEPT = 1_000


def _always(_: Any) -> bool:
    return True


def can_work_in_place() -> bool:
    """Tell whether a query is a matter of this host alone: over a network it would wait, and the loop with it."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    return database.vendor == "sqlite" and not database.is_in_memory_db()


def may_be_left(error: BaseException) -> bool:
    """Tell whether `error` came of doing in place what is to be done on a thread, and nothing was changed."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    return bool(database.vendor == "sqlite" and database.may_be_left(error))


def in_place(work: Callable[[], Result], *, changes: bool = False) -> Result:
    """Do `work` on this thread, which runs an event loop, by a connection that waits for nobody.

    Unless it `changes` something it only reads. What changes something is left to a thread rather than wait, until it
    has committed something: a thread would do that again. Raises: NotInPlace when it would write or wait (nothing was
    changed then), and whatever `work` raises.
    """
    loop = asyncio.get_running_loop()
    # Django refuses to query where a loop runs, for a query may take long. What is done here is kept short.
    asyncio._set_running_loop(None)
    try:
        reading: Any = connections[DEFAULT_DB_ALIAS]  # only now: beside a loop Django would find another one
        reading.only_read()
        if not changes:
            return work()
        connections[DEFAULT_DB_ALIAS] = reading.changing()
        try:
            return work()
        finally:
            connections[DEFAULT_DB_ALIAS] = reading
    finally:
        asyncio._set_running_loop(loop)


class ShortWork:
    """Does work in place while it is short. What took long twice running is not done so for ten seconds."""

    def __init__(self, *, long_seconds: float = LONG_SECONDS, clock: Callable[[], float] = monotonic) -> None:
        self.long_seconds, self.clock = long_seconds, clock
        self._long: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()  # how often running, and until when

    def run(self, key: Hashable, work: Callable[[], Result], *, changes: bool = False) -> Result:
        """Do `work`, known by `key`. Raises: NotInPlace when it is left to a thread, and what `in_place` raises."""
        began = self.clock()
        times, until = self._long.get(key, (0, began))
        if times > 1 and began < until:
            raise NotInPlace
        result = in_place(work, changes=changes)
        ended = self.clock()
        if ended - began > self.long_seconds * (2 if changes else 1):
            self._long[key] = (times + 1, ended + REST_SECONDS)
            self._long.move_to_end(key)
            if len(self._long) > MOST_KEPT:
                self._long.popitem(last=False)
        elif times:
            del self._long[key]
        return result


def unchanged(key: Hashable, read: Callable[[], Result], *, is_kept: Callable[[Result], bool] = _always) -> Result:
    """Return what `read` returns, which rows alone decide. In place it is kept until something is written.

    `key` names what is read, with the account. Whoever gets something kept must not change it. `is_kept` says whether
    it may be: nothing large. On a thread, or over a network, it is read, but for what the same request has read in
    place just before (`carrying`).
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    carried = _carried.values
    if not getattr(database, "only_reads", False):
        if carried and key in carried:
            known: Result = carried.pop(key)  # once: what is asked again is asked because of what was done since
            return known
        return read()
    version = database.version()  # before it is read: what is committed meanwhile makes it old
    found: Result = database.unchanged.find(key, read, is_kept, version)
    if carried is not None:
        carried[key] = found
    return found


class _Carried(local):
    values: dict[Hashable, Any] | None = None


_carried = _Carried()


@contextmanager
def carrying(values: dict[Hashable, Any]) -> Iterator[None]:
    """Note in `values` what `unchanged` finds in place, and take it from there on a thread.

    For one request, which is begun in place and goes on on a thread: it is as new there as what the thread read first.
    """
    _carried.values = values
    try:
        yield
    finally:
        _carried.values = None
