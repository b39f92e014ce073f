"""Who installs packages: uv where it can be had, otherwise pip, both from the same files locked by hash."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .mirrors import uv_environment
from .places import REQUIREMENTS, VENV, SetupError, run_quietly, say

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


def make_venv(venv: Path = VENV) -> None:
    """Make a virtual environment, with uv, with pip inside, or bare for the pip that this Python has.

    Raises: SetupError when none of the three can be had.
    """
    python = getattr(sys, "_base_executable", sys.executable)
    what = f"Making {venv.name}"
    if uv := find_uv():
        run_quietly([uv, "venv", "--quiet", "--python", python, venv], what=what, environ=uv_environment())
    elif has_module("venv") and has_module("ensurepip"):
        run_quietly([python, "-m", "venv", venv], what=what)
    elif has_module("venv") and has_module("pip"):
        run_quietly([python, "-m", "venv", "--without-pip", venv], what=what)
    else:
        raise SetupError(NO_VENV)


def pip_command(venv: Path = VENV) -> list[str | Path]:
    """Return how to call a pip that works on an environment. Raises: SetupError when there is none."""
    python = venv / "bin" / "python"
    if any(venv.glob("lib/python*/site-packages/pip/__init__.py")):
        return [python, "-m", "pip"]
    if has_module("pip"):
        return [sys.executable, "-m", "pip", "--python", python]
    raise SetupError(NO_VENV)


def fetch_uv() -> Path | None:
    """Install uv with pip into our environment; None where the package index does not have it."""
    try:
        command = [*pip_command(), "install", "--quiet", "--require-hashes", "-r", REQUIREMENTS / "installer.txt"]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    except (subprocess.CalledProcessError, SetupError):
        return None
    return find_uv()


def install(arguments: list[str | Path], *, what: str, venv: Path = VENV) -> None:
    """Install into an environment with uv, and with pip where uv cannot.

    Shapes: `arguments` are those that `uv pip install` and `pip install` share.
    Raises: SetupError when both fail.
    """
    if uv := find_uv():
        python = venv / "bin" / "python"
        command = [uv, "pip", "install", "--quiet", "--python", python, "--compile-bytecode", *arguments]
        try:
            run_quietly(command, what=what, environ=uv_environment())
            return
        except SetupError as error:
            say(f"{error}. Trying pip.")
    run_quietly([*pip_command(venv), "install", "--quiet", *arguments], what=what, environ=dict(os.environ))
