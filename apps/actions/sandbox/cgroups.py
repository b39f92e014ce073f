"""Control groups: every run gets its own, below a parent named "headrace". Source: kernel docs, cgroup-v1 and -v2."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .command import Limits, Reason
from .owner import owner_lives

PARENT = "headrace"
PERIOD_MICROSECONDS = 100_000
REMOVE_SECONDS = 3.0


class NoCgroups(Exception):
    """Limits over several processes cannot be had here. The text says why."""


@dataclass(frozen=True)
class Usage:
    """What the processes of a run used together."""

    peak_memory_bytes: int | None
    cpu_seconds: float | None


class Group(Protocol):
    """The control group of one run."""

    @property
    def folders(self) -> tuple[Path, ...]: ...

    def breach(self) -> Reason:
        """Return the limit that the kernel had to enforce, if any."""

    def usage(self) -> Usage: ...

    def kill(self) -> None:
        """Send SIGKILL to all processes that are in it now."""


@dataclass(frozen=True)
class Mounts:
    """Where the controllers are: version 1 by name, version 2 as one tree, each with the path of this process in it."""

    version_1: dict[str, tuple[Path, str]]
    version_2: tuple[Path, str] | None

    @classmethod
    def read(cls) -> "Mounts":
        own = dict(_own_paths(Path("/proc/self/cgroup").read_text()))
        first: dict[str, tuple[Path, str]] = {}
        second: tuple[Path, str] | None = None
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            left, _, right = line.partition(" - ")
            kind, _, options = right.split(" ", 2)
            where = Path(left.split(" ")[4])
            if kind == "cgroup2":
                second = (where, own.get("", "/"))
            elif kind == "cgroup":
                first |= {name: (where, own[name]) for name in options.split(",") if name in own}
        return cls(first, second)


def candidates(root: Path, own: str) -> list[Path]:
    """Return the groups in which ours may be made, the best first: the top, our own, the one above our own.

    The last is for services whose group was delegated to them while they themselves sit in a group below it.
    """
    here = root / own.lstrip("/")
    return list(dict.fromkeys([root, here, here.parent] if here != root else [root]))


def remove(folders: Iterable[Path]) -> None:
    """Kill what is left in the groups and remove them, waiting shortly for the kernel to let go of the dead."""
    deadline = time.monotonic() + REMOVE_SECONDS
    for folder in folders:
        while folder.is_dir():
            kill_members(folder)
            with suppress(OSError):
                folder.rmdir()
                break
            if time.monotonic() > deadline:
                break
            time.sleep(0.002)


def kill_members(folder: Path) -> None:
    for pid in read_words(folder / "cgroup.procs"):
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def sweep() -> int:
    """Remove the groups of runs whose process is gone, with whatever still lives in them. Returns how many."""
    mounts = Mounts.read()
    trees = [*mounts.version_1.values(), *([mounts.version_2] if mounts.version_2 else [])]
    parents = {base / PARENT for root, own in trees for base in candidates(root, own)}
    left = [group for parent in parents if parent.is_dir() for group in parent.iterdir() if _left_behind(group)]
    remove(left)
    return len({group.name for group in left})


def cpu_quota_microseconds(limits: Limits) -> int | None:
    return None if limits.cpu_share is None else limits.cpu_share * PERIOD_MICROSECONDS // 100


def write(path: Path, value: object) -> None:
    path.write_text(f"{value}\n")


def read_words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def read_counter(path: Path, name: str) -> int:
    """Return the number after `name` in a file of names and numbers; 0 without one."""
    words = read_words(path)
    return int(words[words.index(name) + 1]) if name in words else 0


def _left_behind(group: Path) -> bool:
    return group.is_dir() and not owner_lives(group.name)


def _own_paths(text: str) -> list[tuple[str, str]]:
    """Split /proc/self/cgroup into controller and path; the controller of version 2 is the empty name."""
    rows = [line.split(":", 2) for line in text.splitlines()]
    return [(name, path) for _, names, path in rows for name in names.split(",")]
