"""Holds a data directory for one supervisor at a time."""

import fcntl
import os
import time
from pathlib import Path

from .places import SetupError

# After a supervisor was killed outright its guardian keeps the claim until the processes it left behind are gone.
PATIENCE_SECONDS = 12.0
PAUSE_SECONDS = 0.1


def claim(data: Path) -> int:
    """Return the open handle of the data directory's lock; it holds while any process has it open.

    Raises: SetupError when another supervisor lives there.
    """
    file = data / "supervisor.lock"
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not taken(handle):
        holder = file.read_text().strip()
        if is_alive(holder) or time.monotonic() > give_up:
            os.close(handle)
            raise SetupError(
                f"Headrace already runs on {data} (process {holder or 'unknown'}). "
                "Stop it, or set HEADRACE_DATA_DIR to another directory."
            )
        time.sleep(PAUSE_SECONDS)
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(holder: str) -> bool:
    """Say whether process `holder` runs; one that ended and was not yet collected has no program any more."""
    try:
        return holder.isdigit() and bool(os.readlink(f"/proc/{holder}/exe"))
    except OSError:
        return False
