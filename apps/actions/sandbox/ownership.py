"""Hands a work folder to the user of one run, and takes it back."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def owned_by(folder: Path, uid: int) -> Iterator[None]:
    """Give everything in `folder` to `uid` meanwhile; whatever that user left comes back to us afterwards.

    Only what belongs to that user is taken back, so that a hard link made meanwhile gains nobody anything. Links are
    not followed. The kernel drops set-user-ID bits on the way.
    """
    _chown(folder, f"{uid}:{uid}")
    try:
        yield
    finally:
        _chown(folder, f"{os.geteuid()}:{os.getegid()}", f"--from={uid}")


def _chown(folder: Path, owner: str, *options: str) -> None:
    subprocess.run(["chown", "--no-dereference", "--recursive", *options, owner, "--", folder], check=False)
