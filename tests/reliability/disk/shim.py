"""Builds the shim (shim.c) with gcc, and tells it what shall happen at which change of a folder."""

import mmap
import os
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("shim.c")
FIRST = struct.Struct("=III")  # mode, at which call, how many there were
OFF, KILL, FAIL_ONE_SYNC, FAIL_EVERY_SYNC = range(4)
NEVER = 2**32 - 1


@cache
def built() -> Path:
    """Return the shim, built once for a test run."""
    if shutil.which("gcc") is None and not os.environ.get("CI"):
        pytest.skip("gcc is not installed")
    target = Path(os.environ["HEADRACE_DATA_DIR"]) / f"shim-{os.getpid()}.so"
    options = ["-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC"]
    subprocess.run(["gcc", *options, "-o", target, SOURCE, "-ldl", "-lpthread"], check=True)
    return target


class Shim:
    """The shim for one folder. Processes that start in `environment` have it; it lets all pass until it is told else.

    Shapes: `scratch` is a folder for the shim's own files. With `is_recording` every change goes to `record`.
    """

    def __init__(self, folder: Path, scratch: Path, *, is_recording: bool = False) -> None:
        self.folder, self.record = folder, scratch / "record"
        page = scratch / "control"
        page.write_bytes(bytes(mmap.PAGESIZE))
        with page.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.environment = {
            "LD_PRELOAD": str(built()),
            "DISK_FOLDER": str(folder),
            "DISK_CONTROL": str(page),
        }
        if is_recording:
            self.record.touch()
            self.environment["DISK_RECORD"] = str(self.record)

    def arm(self, mode: int, at: int = NEVER) -> None:
        """Have something happen at a change, counted from 1, or at a sync where the mode speaks of syncs."""
        FIRST.pack_into(self._page, 0, mode, at, 0)

    def disarm(self) -> int:
        """Let all pass again, and return how many changes or syncs were counted."""
        count = self.count
        self.arm(OFF)
        return count

    @property
    def count(self) -> int:
        return int(FIRST.unpack_from(self._page)[2])
