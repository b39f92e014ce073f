"""Tiers B and C: a command in bubblewrap, with control groups or without."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .bubblewrap_launch import launch
from .cgroup_kinds import make_group
from .cgroups import Group, NoCgroups, Usage, remove
from .command import Command, Limits, Reason
from .errors import NoIsolation, SandboxBroken
from .options import Options
from .owner import leased_uid, new_tag
from .ownership import owned_by
from .processes import TreeMeter, descendants

END_SECONDS = 5


@dataclass
class BubblewrapBox:
    """A command that runs in bubblewrap, below `first`."""

    process: "subprocess.Popen[bytes]"
    output: int
    work_dir: Path
    first: int
    group: Group | None
    meter: TreeMeter

    def ask(self) -> None:
        for process in descendants(self.first):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, signal.SIGTERM)

    def kill(self) -> None:
        if self.group:
            self.group.kill()
        if self.process.returncode is None:
            os.kill(self.process.pid, signal.SIGKILL)  # Popen.kill() may reap it, and with it what it used

    def breach(self) -> Reason:
        return self.group.breach() if self.group else self.meter.breach()

    def usage(self) -> Usage:
        return self.group.usage() if self.group else Usage(self.meter.peak_bytes or None, self.meter.cpu_seconds)


@contextmanager
def opened(command: Command, options: Options, *, capped: bool) -> Iterator[BubblewrapBox]:
    """Start `command`; it ends with this process at the latest, and nothing of it is left afterwards.

    Raises: NoIsolation, SandboxBroken.
    """
    if options.bubblewrap is None:
        raise NoIsolation("bubblewrap is not installed. Install the Debian package bubblewrap.")
    with ExitStack() as stack:
        group = _group(stack, command.limits) if capped else None
        uid = _uid(stack, command.work_dir, options.uids) if os.geteuid() == 0 else None
        folders = group.folders if group else ()
        started = launch(stack, command, options.bubblewrap, group_folders=folders, uid=uid, capped=capped)
        with suppress(ProcessLookupError):
            stack.callback(_await_end, os.pidfd_open(started.first))
        started.go()
        meter = TreeMeter(started.first, command.limits)
        yield BubblewrapBox(started.process, started.output, command.work_dir, started.first, group, meter)


def _group(stack: ExitStack, limits: Limits) -> Group:
    try:
        group = make_group(new_tag(), limits)
    except NoCgroups as error:
        raise SandboxBroken(str(error)) from None
    stack.callback(remove, group.folders)
    return group


def _uid(stack: ExitStack, work_dir: Path, uids: range) -> int:
    uid = stack.enter_context(leased_uid(uids))
    stack.enter_context(owned_by(work_dir, uid))
    return uid


def _await_end(first: int) -> None:
    """Wait until process 1 inside is gone: the kernel lets it go only after all the others in there."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(first, signal.SIGKILL)
    select.select([first], [], [], END_SECONDS)
    os.close(first)
