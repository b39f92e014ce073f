"""Keeping the background queue alive.

A django-q2 cluster can stall for ever when an idle worker of it is killed, and its children go on when its main
process is. So a canary task is sent through it every 15 seconds; when none came back for 60, the cluster's main process
is asked to end, its group is killed after a deadline, and it is started anew. Tasks are safe to run twice.
"""

import contextlib
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import Error as DatabaseError
from django.db import connections
from django_q.tasks import async_task

logger = logging.getLogger(__name__)
CANARY_SECONDS = 15.0
SILENCE_SECONDS = 60.0
END_SECONDS = 8.0
PR_SET_PDEATHSIG = 1


def canary_file() -> Path:
    return Path(settings.RUN_DIR) / "queue-canary"


def sing() -> None:
    """The canary task: leave a sign that tasks are done."""
    canary_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    canary_file().touch()


class QueueKeeper:
    """Runs the cluster as a child in a group of its own, and watches over it.

    The child is forked: the cluster forks too, and so its processes and this one share what they all have imported.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.cluster: multiprocessing.process.BaseProcess | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            self.cluster = self._start()
            self._watch()
            self._end()

    def _start(self) -> multiprocessing.process.BaseProcess:
        connections.close_all()  # a connection must not be used on both sides of a fork
        gc.collect()
        gc.freeze()  # or the first collection of each process would touch, and so copy, all that they share
        cluster = multiprocessing.get_context("fork").Process(target=_run_cluster, args=(os.getpid(),), name="cluster")
        cluster.start()
        return cluster

    def _watch(self) -> None:
        """Return when the cluster has to be ended: we are asked to, it is gone, or it is silent."""
        next_canary, sung_at, heard_at = 0.0, self._sung_at(), time.monotonic()
        while not self.stopping.wait(1.0):
            if self.cluster is None or not self.cluster.is_alive():
                logger.error("The background queue ended by itself; starting it anew.")
                return
            if time.monotonic() >= next_canary:
                next_canary = time.monotonic() + CANARY_SECONDS
                with contextlib.suppress(DatabaseError):  # a database that is away is no fault of the queue
                    async_task("apps.core.queue.sing")
            if self._sung_at() != sung_at:
                sung_at, heard_at = self._sung_at(), time.monotonic()
            if time.monotonic() - heard_at > SILENCE_SECONDS:
                logger.error("The background queue did no task for %s seconds; starting it anew.", SILENCE_SECONDS)
                return

    def _sung_at(self) -> float:
        """Return when the canary sang last, by a clock that may jump: it tells two songs apart, and nothing more."""
        try:
            return canary_file().stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _end(self) -> None:
        """Signal the main process only: a cluster whose whole group is signalled can hang."""
        if self.cluster is None:
            return
        assert self.cluster.pid is not None
        self.cluster.terminate()
        self.cluster.join(END_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.cluster.pid, signal.SIGKILL)
        self.cluster.join()


def _run_cluster(keeper: int) -> None:
    """Be the cluster's main process, in a group of its own, for as long as its keeper is there."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == keeper:  # else it died before the kernel was asked
        call_command("qcluster")
