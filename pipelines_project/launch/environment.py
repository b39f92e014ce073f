"""Makes the virtual environment and fills it; a stamp lets the next start skip all of it without starting a process."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .installers import fetch_uv, find_uv, install, make_venv
from .places import PYTHON, REQUIREMENTS, ROOT, VENV, fingerprint, is_current, say

SETS = ("runtime", "dev")  # each holds all of those before it
OURS = (ROOT / "plugins" / "sdk", ROOT)


def stamp_of(name: str) -> Path:
    return VENV / f".headrace-{name}"


def wanted(name: str) -> str:
    """Return what the stamp of package set `name` must hold: lock file, our distributions, Python, place, scripts."""
    files = [REQUIREMENTS / f"{name}.txt", *(folder / "pyproject.toml" for folder in OURS)]
    files += [Path(__file__), Path(__file__).with_name("installers.py")]
    return fingerprint(files, sys.version_info[:3], str(ROOT))


def is_ready(name: str) -> bool:
    """Say whether the environment holds package set `name`, or a larger one."""
    larger = SETS[SETS.index(name) :]
    return PYTHON.exists() and any(is_current(stamp_of(each), wanted(each)) for each in larger)


def ensure(name: str) -> None:
    """Bring the environment to package set `name`. Raises: SetupError."""
    if is_ready(name):
        return
    with one_at_a_time():
        if not is_ready(name):
            fill(name)


def fill(name: str) -> None:
    if not made_by_this_python():
        say("Making the virtual environment .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        make_venv()
    if find_uv() is None and fetch_uv() is None:
        say("uv cannot be had here; pip does the same, more slowly.")
    say(f"Installing packages ({name})")
    install(["--require-hashes", "-r", REQUIREMENTS / f"{name}.txt"], what="Installing packages")
    editable: list[str | Path] = [word for folder in OURS for word in ("-e", folder)]
    install(["--no-deps", "--no-build-isolation", *editable], what="Installing Headrace and its SDK")
    for each in SETS[: SETS.index(name) + 1]:
        stamp_of(each).write_text(wanted(each))


def made_by_this_python() -> bool:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return PYTHON.exists() and (VENV / "lib" / f"python{version}").is_dir()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process at a time change the environment. A directory can be locked too, and needs no file of ours."""
    handle = os.open(REQUIREMENTS, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
