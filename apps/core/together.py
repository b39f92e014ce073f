"""Changes of several threads in one transaction, where a commit takes as long as what it keeps.

On SQLite one writer at a time has its turn, and for half of it waits for the disk. Threads of one process that want to
write at the same moment leave their work to the first of them: when its turn comes it does all of it, each piece in
a savepoint of its own, and commits once. Nobody is told that something is kept before it is. PostgreSQL keeps several
transactions with one write by itself.
"""

import os
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction

Result = TypeVar("Result")
MOST = 16  # pieces of work in one transaction: others wait for the whole of it


def kept_together(work: Callable[[], Result], *, may_be_lost: bool = False) -> Result:
    """Return what `work` does. It may be done on another thread, and in a transaction with the work of others.

    It has to be whole in itself: a transaction of its own, or one statement. It may be done twice when nothing of the
    first time was kept. `may_be_lost`: in a power cut, if nothing that has to last was kept since; then nobody waits
    for the disk. Raises: what it raises; the database's errors when the transaction was not kept.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # what takes turns is more than Django knows of a connection
    if database.vendor != "sqlite" or database.in_atomic_block or database.is_in_memory_db():
        return work()
    done: Result = _queue.run(Piece(work, may_be_lost), database)
    return done


@dataclass(eq=False)
class Piece:
    """What one thread wants done. `woken` is set when it is done, or when its thread is to go ahead."""

    work: Callable[[], Any]
    may_be_lost: bool
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


class Together:
    """The work that threads of this process have for one database."""

    def __init__(self) -> None:
        self._lock = Lock()  # of both below
        self._waiting: deque[Piece] = deque()
        self._has_leader = False

    def run(self, own: Piece, database: Any) -> Any:
        with self._lock:
            self._waiting.append(own)
            leads, self._has_leader = not self._has_leader, True
        if not leads:
            own.woken.wait()
        if not own.is_done:
            self._lead(database)
        if own.error is not None:
            raise own.error
        return own.result

    def _lead(self, database: Any) -> None:
        """Do what waits, first of all one's own. Whoever came meanwhile goes ahead next."""
        taken: list[Piece] = []
        try:
            with database.turn():  # whoever comes while this one waits for it comes along
                taken = self._take(MOST)
                with database.unsynced() if all(piece.may_be_lost for piece in taken) else nullcontext():
                    _do(taken, database)
        except BaseException as error:  # nothing was kept
            taken = taken or self._take(1)
            for piece in taken:
                piece.error = error
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._has_leader = following is not None
        if following is not None:
            following.woken.set()
        for piece in taken:
            piece.is_done = True
            piece.woken.set()

    def _take(self, most: int) -> list[Piece]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]


def _do(pieces: list[Piece], database: Any) -> None:
    """Do some pieces of work in one transaction. Raises what kept it from being committed."""
    if len(pieces) == 1:
        pieces[0].do()
        return
    try:
        with transaction.atomic():
            for piece in pieces:
                piece.do(apart=True)
                if database.needs_rollback:  # its savepoint is lost, and with it what the others did
                    raise piece.error or AssertionError("A savepoint was lost without an error.")
    except IntegrityError:
        # What points nowhere is found at the end, and not whose it is. By itself each piece fails for itself.
        for piece in pieces:
            piece.do()


_queue = Together()


def _forget() -> None:
    """A forked child has none of the threads that wait."""
    global _queue
    _queue = Together()


os.register_at_fork(after_in_child=_forget)
