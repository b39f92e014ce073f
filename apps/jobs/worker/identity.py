"""Who holds a job: a process, named so that others on the same machine can tell that it is gone.

A worker that was killed leaves leases behind. Whoever shares its machine and its process ids need not wait for their
end: its jobs are given to others at once. Its child processes died with it.
"""

import os
import socket
from pathlib import Path


def machine() -> str:
    """Return a name for this run of this machine, as far as process ids reach."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    namespace = os.stat("/proc/self/ns/pid").st_ino
    return f"{socket.gethostname()}/{boot}/{namespace}"


def holder() -> str:
    """Return the name of this process."""
    return f"{machine()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(name: str) -> bool:
    """Tell whether the process is certainly gone. One of another machine is never known to be."""
    place, pid, started = name.rsplit("/", 2)
    return place == machine() and _started(int(pid)) != started


def _started(pid: int) -> str | None:
    """Return when a process started, in clock ticks after boot; None when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]
