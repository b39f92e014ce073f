"""Watches one command from start to end: passes on its output, and ends it at a limit or when asked to."""

import os
import select
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .cgroups import Usage
from .command import MIB, Ended, Limits, Reason
from .disk import DiskWatch
from .output import CappedOutput

TICK_SECONDS = 0.1
CHUNK_BYTES = 1 * MIB
FILE_TOO_LARGE = 128 + 25  # SIGXFSZ
SOFT = (Reason.TIME, Reason.CANCELLED, Reason.OUTPUT)


class Box(Protocol):
    """A command that has been started, in whatever kind of isolation."""

    process: "subprocess.Popen[bytes]"
    output: int
    work_dir: Path

    def ask(self) -> None:
        """Send SIGTERM to the command itself."""

    def kill(self) -> None:
        """End everything that belongs to the command."""

    def breach(self) -> Reason:
        """Return the limit that was broken, as far as the kernel or a count of processes tells."""

    def usage(self) -> Usage: ...


@dataclass(frozen=True)
class Exit:
    """What the kernel says about the process that ended. Its own peak is that of the largest single process."""

    code: int
    peak_memory_bytes: int
    cpu_seconds: float


def supervise(box: Box, limits: Limits, on_output: Callable[[bytes], None], cancelled: Callable[[], bool]) -> Ended:
    """Return how the command in `box` ended. It is over then: nothing of it runs any more."""
    started = time.monotonic()
    output = CappedOutput(limits.output_bytes, on_output)
    with DiskWatch(box.work_dir, limits) as disk:
        reason = _Watch(box, limits, output, disk, cancelled).until_the_end()
        left = _wait(box.process)
    ended_by_us = reason != Reason.NONE
    reason = reason or box.breach() or _disk_reason(disk, left)
    used = box.usage()
    code = None if ended_by_us else left.code
    return Ended(
        exit_code=code,
        reason=reason.value,
        message=sentence(reason, code, limits),
        peak_memory_bytes=used.peak_memory_bytes or left.peak_memory_bytes,
        cpu_seconds=left.cpu_seconds if used.cpu_seconds is None else used.cpu_seconds,
        wall_seconds=time.monotonic() - started,
        output_cut=output.cut,
    )


class _Watch:
    """The loop over output, end of the process, and every tick the limits."""

    def __init__(
        self, box: Box, limits: Limits, output: CappedOutput, disk: DiskWatch, cancelled: Callable[[], bool]
    ) -> None:
        self.box, self.limits, self.output, self.disk, self.cancelled = box, limits, output, disk, cancelled
        self.started = self.next_tick = time.monotonic()
        self.kill_at: float | None = None
        self.reason = Reason.NONE

    def until_the_end(self) -> Reason:
        end = os.pidfd_open(self.box.process.pid)
        os.set_blocking(self.box.output, False)
        try:
            poll = select.poll()
            poll.register(end, select.POLLIN)
            poll.register(self.box.output, select.POLLIN)
            while not self._turn(poll, end):
                pass
            while self._read():  # what is still in the pipe; nobody writes any more
                pass
        finally:
            os.close(end)
        return self.reason

    def _turn(self, poll: select.poll, end: int) -> bool:
        ready = {fd for fd, _ in poll.poll(TICK_SECONDS * 1000)}
        if self.box.output in ready and self._read() == 0:
            poll.unregister(self.box.output)
        if time.monotonic() >= self.next_tick:
            self._tick(time.monotonic())
        return end in ready

    def _read(self) -> int | None:
        """Pass on one chunk. Returns its size, 0 at the end, None if there is nothing yet."""
        try:
            chunk = os.read(self.box.output, CHUNK_BYTES)
        except BlockingIOError:
            return None
        self.output.feed(chunk)
        return len(chunk)

    def _tick(self, now: float) -> None:
        self.next_tick = now + TICK_SECONDS
        if self.kill_at is None and (reason := self._why_end(now)):
            self.reason = reason
            self.kill_at = now + self.limits.grace_seconds if reason in SOFT else now
            if reason in SOFT:
                self.box.ask()
        if self.kill_at is not None and now >= self.kill_at:
            self.box.kill()

    def _why_end(self, now: float) -> Reason:
        if breach := self.box.breach():
            return breach
        if self.disk.found:
            return Reason.DISK
        if self.output.cut and self.limits.output_ends:
            return Reason.OUTPUT
        if now - self.started > self.limits.wall_seconds:
            return Reason.TIME
        return Reason.CANCELLED if self.cancelled() else Reason.NONE


def sentence(reason: Reason, code: int | None, limits: Limits) -> str:
    """Say how a command ended, and what to do about it."""
    words = {
        Reason.NONE: f"The command ended with exit code {code}.",
        Reason.MEMORY: f"The command needed more than its {_size(limits.memory_bytes)} of memory and was ended.",
        Reason.PROCESSES: f"The command started more than its {limits.processes} processes and was ended.",
        Reason.TIME: f"The command took longer than its {limits.wall_seconds:g} seconds and was ended.",
        Reason.OUTPUT: f"The command printed more than its {_size(limits.output_bytes)} and was ended.",
        Reason.DISK: f"The command needed more than its {_size(limits.disk_bytes)} or {limits.inodes} files of disk.",
        Reason.CANCELLED: "The command was cancelled.",
    }
    return words[reason]


def _size(number: int) -> str:
    return f"{number // MIB} MiB" if number >= MIB else f"{number} bytes"


def _disk_reason(disk: DiskWatch, left: Exit) -> Reason:
    found = left.code == FILE_TOO_LARGE or disk.at_the_end(failed=left.code != 0)
    return Reason.DISK if found else Reason.NONE


def _wait(process: "subprocess.Popen[bytes]") -> Exit:
    _, status, used = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code  # so that Popen does not wait for it again
    return Exit(code if code >= 0 else 128 - code, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
