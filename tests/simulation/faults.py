"""Processes that end at a commit: the one before which everything is lost, or the one after which nobody is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.utils import OperationalError

BEFORE, AFTER = "before", "after"


class ProcessDied(OperationalError):
    """The process that worked ended here. It tells nobody; whoever waited for it does not know what became of it."""


@contextmanager
def dying_at(commit: int, when: str) -> Iterator[None]:
    """Let the process end at its `commit`-th commit (from 1), `when` that has not or has just happened. 0: never."""
    if not commit:
        yield
        return
    counted = 0
    real = connection.commit

    def commit_or_die() -> None:
        nonlocal counted
        counted += 1
        if counted == commit and when == BEFORE:
            raise ProcessDied
        if counted == commit:
            connection.run_on_commit.clear()  # what was to be told after the commit is not told
        real()
        if counted == commit:
            raise ProcessDied

    connection.commit = commit_or_die  # type: ignore[method-assign]
    try:
        yield
    finally:
        del connection.commit
