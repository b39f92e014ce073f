"""Who installs packages: uv where it can be had, otherwise pip, both from the same files locked by hash."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .mirrors import uv_environment
from .places import PYTHON, REQUIREMENTS, VENV, SetupError, run_quietly, say

NO_VENV = "This Python cannot make virtual environments. Install the package for it: apt-get install python3-venv"


def has_module(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None  # an empty folder of that name is no module


def find_uv() -> Path | None:
    """Return a uv that answers, from the search path or from our environment."""
    for candidate in (shutil.which("uv"), VENV / "bin" / "uv"):
        if candidate and Path(candidate).exists() and answers(Path(candidate)):
            return Path(candidate)
    return None


def answers(program: Path) -> bool:
    """Say whether `program --version` works: a version manager's shim may stand there for nothing."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def make_venv() -> None:
    """Make the virtual environment, with uv, with pip inside, or bare for the pip that this Python has.

    Raises: SetupError when none of the three can be had.
    """
    python = getattr(sys, "_base_executable", sys.executable)
    if uv := find_uv():
        run_quietly([uv, "venv", "--quiet", "--python", python, VENV], what="Making .venv", environ=uv_environment())
    elif has_module("venv") and has_module("ensurepip"):
        run_quietly([python, "-m", "venv", VENV], what="Making .venv")
    elif has_module("venv") and has_module("pip"):
        run_quietly([python, "-m", "venv", "--without-pip", VENV], what="Making .venv")
    else:
        raise SetupError(NO_VENV)


def pip_command() -> list[str | Path]:
    """Return how to call a pip that works on our environment. Raises: SetupError when there is none."""
    if any(VENV.glob("lib/python*/site-packages/pip/__init__.py")):
        return [PYTHON, "-m", "pip"]
    if has_module("pip"):
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    raise SetupError(NO_VENV)


def fetch_uv() -> Path | None:
    """Install uv with pip into our environment; None where the package index does not have it."""
    try:
        command = [*pip_command(), "install", "--quiet", "--require-hashes", "-r", REQUIREMENTS / "installer.txt"]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    except (subprocess.CalledProcessError, SetupError):
        return None
    return find_uv()


def install(arguments: list[str | Path], *, what: str) -> None:
    """Install with uv, and with pip where uv cannot.

    Shapes: `arguments` are those that `uv pip install` and `pip install` share.
    Raises: SetupError when both fail.
    """
    if uv := find_uv():
        command = [uv, "pip", "install", "--quiet", "--python", PYTHON, "--compile-bytecode", *arguments]
        try:
            run_quietly(command, what=what, environ=uv_environment())
            return
        except SetupError as error:
            say(f"{error}. Trying pip.")
    run_quietly([*pip_command(), "install", "--quiet", *arguments], what=what, environ=dict(os.environ))
