"""Who owns what a run leaves on the machine, so that whatever a killed process left can be told from what is in use."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import SandboxBroken

TRIES = 64


def new_tag() -> str:
    """Return a name for one run that also tells which process runs it."""
    return f"{os.getpid()}-{_start_time(os.getpid())}-{os.urandom(6).hex()}"


def owner_lives(tag: str) -> bool:
    """Tell whether the process that made `tag` still runs. What is no tag counts as somebody else's, hence alive."""
    pid, _, rest = tag.partition("-")
    started, _, unique = rest.partition("-")
    if not (pid.isdigit() and started.isdigit() and unique):
        return True
    return _start_time(int(pid)) == int(started)


@contextmanager
def leased_uid(uids: range) -> Iterator[int]:
    """Hold a user id of the range that no other run on this machine holds. Raises SandboxBroken if none is free."""
    with socket.socket(socket.AF_UNIX) as lease:
        yield _bind_one(lease, uids)


def _bind_one(lease: socket.socket, uids: range) -> int:
    """Take a name in the abstract namespace: the kernel gives it once, and takes it back however the process ends."""
    for _ in range(TRIES):
        uid = random.SystemRandom().choice(uids)
        try:
            lease.bind(f"\0headrace/uid/{uid}")
        except OSError:
            continue
        return uid
    raise SandboxBroken(f"No user id between {uids.start} and {uids.stop - 1} is free for another command.")


def _start_time(pid: int) -> int:
    """Return when `pid` started, in clock ticks since boot; 0 if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[19])
