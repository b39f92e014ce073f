"""A run's control group, in either version of the kernel's interface."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .cgroups import (
    PARENT,
    PERIOD_MICROSECONDS,
    Group,
    Mounts,
    NoCgroups,
    Usage,
    candidates,
    cpu_quota_microseconds,
    kill_members,
    read_counter,
    read_words,
    remove,
    write,
)
from .command import Limits, Reason

NEEDED = ("memory", "pids", "cpu")


def make_group(tag: str, limits: Limits) -> Group:
    """Make the control group of one run. Raises NoCgroups where controllers are missing or not writable."""
    mounts = Mounts.read()
    if mounts.version_2 and set(NEEDED) <= set(read_words(mounts.version_2[0] / "cgroup.controllers")):
        return make_version_2(candidates(*mounts.version_2), tag, limits)
    missing = [name for name in NEEDED if name not in mounts.version_1]
    if missing:
        raise NoCgroups(f"The kernel offers no control group for: {', '.join(missing)}.")
    return make_version_1(mounts, tag, limits)


@dataclass(frozen=True)
class GroupV1:
    """Version 1: one folder per controller. Without an accounting controller the CPU time comes from elsewhere."""

    memory: Path
    pids: Path
    cpu: Path
    accounting: Path | None

    @property
    def folders(self) -> tuple[Path, ...]:
        every = (self.memory, self.pids, self.cpu, self.accounting)
        return tuple(dict.fromkeys(folder for folder in every if folder))

    def limit(self, limits: Limits) -> None:
        write(self.memory / "memory.limit_in_bytes", limits.memory_bytes)
        if (self.memory / "memory.memsw.limit_in_bytes").exists():
            write(self.memory / "memory.memsw.limit_in_bytes", limits.memory_bytes)
        write(self.pids / "pids.max", limits.processes)
        write(self.cpu / "cpu.cfs_period_us", PERIOD_MICROSECONDS)
        write(self.cpu / "cpu.cfs_quota_us", cpu_quota_microseconds(limits) or -1)

    def breach(self) -> Reason:
        if read_counter(self.memory / "memory.oom_control", "oom_kill"):
            return Reason.MEMORY
        return Reason.PROCESSES if read_counter(self.pids / "pids.events", "max") else Reason.NONE

    def usage(self) -> Usage:
        peak = read_words(self.memory / "memory.max_usage_in_bytes")
        spent = read_words(self.accounting / "cpuacct.usage") if self.accounting else []
        return Usage(int(peak[0]) if peak else None, int(spent[0]) / 1e9 if spent else None)

    def kill(self) -> None:
        kill_members(self.pids)


@dataclass(frozen=True)
class GroupV2:
    """Version 2: one folder; the kernel ends all processes of a group that runs out of memory, or on request."""

    folder: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.folder,)

    def limit(self, limits: Limits) -> None:
        write(self.folder / "memory.max", limits.memory_bytes)
        if (self.folder / "memory.swap.max").exists():
            write(self.folder / "memory.swap.max", 0)
        write(self.folder / "memory.oom.group", 1)
        write(self.folder / "pids.max", limits.processes)
        write(self.folder / "cpu.max", f"{cpu_quota_microseconds(limits) or 'max'} {PERIOD_MICROSECONDS}")

    def breach(self) -> Reason:
        if read_counter(self.folder / "memory.events", "oom_kill"):
            return Reason.MEMORY
        return Reason.PROCESSES if read_counter(self.folder / "pids.events", "max") else Reason.NONE

    def usage(self) -> Usage:
        peak = read_words(self.folder / "memory.peak")
        return Usage(int(peak[0]) if peak else None, read_counter(self.folder / "cpu.stat", "usage_usec") / 1e6)

    def kill(self) -> None:
        with suppress(OSError):  # kernels before 5.14 have no cgroup.kill
            write(self.folder / "cgroup.kill", 1)
        kill_members(self.folder)


def make_version_1(mounts: Mounts, tag: str, limits: Limits) -> GroupV1:
    """Make a folder in each controller. Raises NoCgroups."""
    made: list[Path] = []
    try:
        for name in (*NEEDED, "cpuacct"):
            if name in mounts.version_1:
                made.append(_make_folder(candidates(*mounts.version_1[name]), tag))
        group = GroupV1(made[0], made[1], made[2], made[3] if len(made) > 3 else None)
        group.limit(limits)
    except OSError as error:
        remove(made)
        raise NoCgroups(f"The control groups of version 1 are not writable ({error.strerror}).") from None
    return group


def _make_folder(bases: list[Path], tag: str) -> Path:
    """Make the group below the first base that allows it; one mounted for two controllers may be there already."""
    for base in bases[:-1]:
        with suppress(OSError):
            (base / PARENT / tag).mkdir(parents=True, exist_ok=True)
            return base / PARENT / tag
    (bases[-1] / PARENT / tag).mkdir(parents=True, exist_ok=True)
    return bases[-1] / PARENT / tag


def make_version_2(bases: list[Path], tag: str, limits: Limits) -> GroupV2:
    """Make the group below the first of `bases` that allows it. Raises NoCgroups."""
    causes = []
    for base in bases:
        group = GroupV2(base / PARENT / tag)
        try:
            group.folder.parent.mkdir(exist_ok=True)
            for above in (base, group.folder.parent):
                write(above / "cgroup.subtree_control", " ".join(f"+{name}" for name in NEEDED))
            group.folder.mkdir()
            group.limit(limits)
        except OSError as error:
            remove(group.folders)
            causes.append(error.strerror or "unknown error")
            continue
        return group
    raise NoCgroups(f"The control groups are not writable ({'; '.join(causes)}).")
