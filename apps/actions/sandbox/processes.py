"""What /proc says about the processes of a run."""

import os
from dataclasses import dataclass
from pathlib import Path

from .command import Limits, Reason

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process: the memory that it holds now, and the time that it and its ended children took."""

    pid: int
    parent: int
    resident_bytes: int
    cpu_seconds: float


def descendants(ancestor: int) -> list[Process]:
    """Return all processes below `ancestor`, which is not among them."""
    children: dict[int, list[Process]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := _read(int(name))):
            children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = [ancestor]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += [process.pid for process in below]
    return found


class TreeMeter:
    """Counts what the processes below one use, where no control group does. It sees only what lasts until it looks."""

    def __init__(self, ancestor: int, limits: Limits) -> None:
        self._ancestor, self._limits = ancestor, limits
        self.peak_bytes = 0
        self.cpu_seconds = 0.0

    def breach(self) -> Reason:
        tree = descendants(self._ancestor)
        memory = sum(process.resident_bytes for process in tree)
        if memory > self._limits.memory_bytes:  # counts pages that processes share once for each of them
            memory = sum(_proportional_bytes(process) for process in tree)
        self.peak_bytes = max(self.peak_bytes, memory)
        self.cpu_seconds = max(self.cpu_seconds, sum(process.cpu_seconds for process in tree))
        if memory > self._limits.memory_bytes:
            return Reason.MEMORY
        return Reason.PROCESSES if len(tree) > self._limits.processes else Reason.NONE


def _proportional_bytes(process: Process) -> int:
    """Return the memory of a process with its part of what it shares, which is slower to read."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return process.resident_bytes
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _read(pid: int) -> Process | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return None
    ticks = sum(int(field) for field in fields[11:15])
    return Process(pid, int(fields[1]), int(fields[21]) * PAGE_BYTES, ticks / TICKS_PER_SECOND)
