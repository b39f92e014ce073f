"""Ends the processes that somebody started and left behind."""

import contextlib
import os
import signal
from collections.abc import Collection
from pathlib import Path

MOST_ROUNDS = 20  # each may bring to light the children of those it ended


def kill_children_but(kept: Collection[int]) -> None:
    """Kill and reap this process's children except `kept`; for a subreaper that includes everybody's orphans."""
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    for _ in range(MOST_ROUNDS):
        try:
            found = {int(pid) for pid in own.read_text().split()} - set(kept)
        except OSError:
            return  # a kernel without that file
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
