"""Changes of several threads in one transaction, where it takes as long as what it keeps.

On SQLite one writer at a time has its turn, and for half of it waits for the disk. On PostgreSQL decisions about one
pipeline follow one another. Threads of one process that want to write at the same moment leave their work to the first
of them: when its turn comes it does all of it and commits once. Nobody is told that something is kept before it is.
"""

import os
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction

from apps.core.sqlite3.timeline import ClockWasSet
from apps.core.sqlite3.turns import NotInPlace

Result = TypeVar("Result")
Transaction = Callable[[], AbstractContextManager[Any]]
MOST = 16  # pieces of work in one transaction: others wait for the whole of it


def kept_together(
    work: Callable[[], Result],
    *,
    may_be_lost: bool = False,
    about: Hashable = None,
    within: Transaction = transaction.atomic,
) -> Result:
    """Return what `work` does. It may be done on another thread, and in a transaction with the work of others.

    It has to be whole in itself: a transaction of its own, or one statement. It may be done twice when nothing of the
    first time was kept. `may_be_lost`: in a power cut, if nothing that has to last was kept since; then nobody waits
    for the disk. `about`: on PostgreSQL only work about the same is done together, `within` what its own transaction
    would be. Raises: what it raises; the database's errors when the transaction was not kept; NotInPlace where it would
    wait for others and this thread must not.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # what takes turns is more than Django knows of a connection
    if database.in_atomic_block:
        return work()
    if database.vendor == "sqlite" and not database.is_in_memory_db():
        about, counted_from, database.counted_from = None, database.counted_from, None
        how: OnSqlite | OnPostgresql = OnSqlite(database)
    elif database.vendor == "postgresql" and about is not None:
        how, counted_from = OnPostgresql(within), None
    else:
        return work()
    done: Result = _together.run(Piece(work, may_be_lost, counted_from), about, how)
    database.commits += 1  # perhaps by another thread: not to be done again, whatever becomes of what follows it
    return done


@dataclass(eq=False)
class Piece:
    """What one thread wants done. `woken` is set when it is done, or when its thread is to go ahead."""

    work: Callable[[], Any]
    may_be_lost: bool
    counted_from: float | None = None  # as `counted_from` of SQLite's connection
    woken: Event = field(default_factory=Event)
    is_done: bool = False
    result: Any = None
    error: BaseException | None = None

    def do(self, *, apart: bool = False) -> None:
        """Do it; `apart`: so that it leaves nothing of itself in the transaction of others when it fails."""
        self.result = self.error = None
        try:
            with transaction.atomic() if apart else nullcontext():
                self.result = self.work()
        except BaseException as error:  # whatever it is, it is for the thread whose work this is
            self.error = error


class OnSqlite:
    """Takes the turn to write, and keeps each piece apart by a savepoint."""

    def __init__(self, database: Any) -> None:
        self.database = database

    def waits_for_nobody(self) -> bool:
        return bool(self.database.waits_for_nobody())

    def turn(self) -> AbstractContextManager[None]:
        turn: AbstractContextManager[None] = self.database.turn()
        return turn

    def do(self, pieces: list[Piece]) -> None:
        """Do some pieces of work in one transaction. Raises what kept it from being committed."""
        with self.database.unsynced() if all(piece.may_be_lost for piece in pieces) else nullcontext():
            if len(pieces) == 1:
                self._do(pieces[0])
                return
            try:
                with transaction.atomic():
                    for piece in pieces:
                        self._do(piece, apart=True)
                        if self.database.needs_rollback:  # its savepoint is lost, and with it what the others did
                            raise piece.error or AssertionError("A savepoint was lost without an error.")
            except IntegrityError:
                # What points nowhere is found at the end, and not whose it is. By itself each piece fails for itself.
                for piece in pieces:
                    self._do(piece)

    def _do(self, piece: Piece, *, apart: bool = False) -> None:
        """Do a piece, unless its moments were counted before the host's clock was set: then its thread counts again."""
        try:
            self.database.refuse_outdated(piece.counted_from)
        except ClockWasSet as error:
            piece.error = error
        else:
            piece.do(apart=apart)


class OnPostgresql:
    """Waits for nobody: the lock that pieces follow one another for is taken by the first. A savepoint for each would
    take longer than it saves, so that where one fails, all are done again by themselves.
    """

    def __init__(self, within: Transaction) -> None:
        self.within = within

    def waits_for_nobody(self) -> bool:
        return False

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()

    def do(self, pieces: list[Piece]) -> None:
        """Do some pieces of work in one transaction. Raises what kept it from being committed."""
        if len(pieces) > 1:
            try:
                with self.within():
                    for piece in pieces:
                        piece.do()
                        if piece.error is not None:
                            raise _Apart
                return
            except (_Apart, IntegrityError):
                pass  # each fails, or not, for itself
        for piece in pieces:
            piece.do()


class _Apart(Exception):
    """A piece of work failed in a transaction with others."""


class Together:
    """The work that threads of this process have, by what it is about. Where somebody has work, somebody leads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[Hashable, deque[Piece]] = {}

    def run(self, own: Piece, about: Hashable, how: OnSqlite | OnPostgresql) -> Any:
        with self._lock:
            leads = about not in self._waiting
            if not leads and how.waits_for_nobody():
                raise NotInPlace
            self._waiting.setdefault(about, deque()).append(own)
        if not leads:
            own.woken.wait()
        if not own.is_done:
            self._lead(about, how)
        if own.error is not None:
            raise own.error
        return own.result

    def _lead(self, about: Hashable, how: OnSqlite | OnPostgresql) -> None:
        """Do what waits, first of all one's own. Whoever came meanwhile goes ahead next."""
        taken: list[Piece] = []
        try:
            with how.turn():  # whoever comes while this one waits for it comes along
                # In place one's own alone: what failed to be kept with it would be left to a thread that waits for it.
                taken = self._take(about, 1 if how.waits_for_nobody() else MOST)
                how.do(taken)
        except BaseException as error:  # nothing was kept
            taken = taken or self._take(about, 1)
            for piece in taken:
                piece.error = error
        with self._lock:
            waiting = self._waiting[about]
            following = waiting[0] if waiting else None
            if following is None:
                del self._waiting[about]
        if following is not None:
            following.woken.set()
        for piece in taken:
            piece.is_done = True
            piece.woken.set()

    def _take(self, about: Hashable, most: int) -> list[Piece]:
        with self._lock:
            waiting = self._waiting[about]
            return [waiting.popleft() for _ in range(min(most, len(waiting)))]


_together = Together()


def _forget() -> None:
    """A forked child has none of the threads that wait."""
    global _together
    _together = Together()


os.register_at_fork(after_in_child=_forget)
