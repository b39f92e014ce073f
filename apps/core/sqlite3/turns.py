"""Whose turn it is to write to a file, among the threads of this process and other processes of this machine.

SQLite lets writers that find the file locked sleep for longer and longer, up to 100 ms, and try again: with a handful
of them the file lies idle most of the time. Here one thread of each process looks every tenth of a millisecond, and
the others of its process wait for that thread to be done. SQLite's own lock still holds for whoever does not queue.
"""

import fcntl
import os
import time
from threading import Lock

LOOK_SECONDS = 0.0001


class NotInPlace(Exception):
    """What is done in place would wait for others, or write where it only reads. Nothing was changed."""


class Turns:
    """The queue of writers of `path`, kept in the file `lock` beside it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._here = Lock()
        self._file: int | None = None

    def take(self, timeout_seconds: float) -> bool:
        """Wait for the turn; False when it did not come in time."""
        ends = time.monotonic() + timeout_seconds
        if not self._here.acquire(timeout=timeout_seconds):
            return False
        try:
            is_taken = self._take_from_other_processes(ends)
        except BaseException:
            self._here.release()
            raise
        if not is_taken:
            self._here.release()
        return is_taken

    def give_back(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._here.release()

    def _take_from_other_processes(self, ends: float) -> bool:
        if self._file is None:
            self._file = os.open(f"{self.path}-turn", os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() > ends:
                    return False
                time.sleep(LOOK_SECONDS)


_turns: dict[str, Turns] = {}


def turns_for(path: str) -> Turns:
    """Return the one queue that this process has for a file."""
    return _turns.get(path) or _turns.setdefault(path, Turns(path))


def _forget() -> None:
    """A forked child queues for itself: what it inherited is its parent's place."""
    for turns in _turns.values():
        if turns._file is not None:
            os.close(turns._file)
    _turns.clear()


os.register_at_fork(after_in_child=_forget)
