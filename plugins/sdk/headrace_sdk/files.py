"""Reads small files from a folder that somebody else could write to."""

import os
import stat
from pathlib import Path

DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_beneath(root: Path, relative: str, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a regular file below `root`, following no link; None if it is no such file."""
    *folders, name = relative.split("/")
    held = os.open(root, DIRECTORY_FLAGS)
    try:
        for folder in folders:
            inner = os.open(folder, DIRECTORY_FLAGS, dir_fd=held)
            os.close(held)
            held = inner
        descriptor = os.open(name, READ_FLAGS, dir_fd=held)
    except OSError:
        return None
    finally:
        os.close(held)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(limit) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
