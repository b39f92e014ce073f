"""Runs commands in a sandbox for tests, and looks for what they leave."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps.actions.sandbox import Command, Ended, Limits, Options, Sandbox, Tier
from apps.actions.sandbox.choose import missing
from apps.actions.sandbox.runner import never

MIB = 1024**2


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    ended: Ended
    output: str


def bubblewrap() -> Sandbox:
    """Return the sandbox of tier B, or skip the test with what the machine lacks."""
    if lacking := missing(Tier.BUBBLEWRAP, Options()):
        pytest.skip(lacking)
    return Sandbox(Tier.BUBBLEWRAP)


def run(
    sandbox: Sandbox,
    *argv: str,
    work_dir: Path,
    limits: Limits | None = None,
    cancelled: Callable[[], bool] = never,
    **fields,
) -> Ran:
    printed: list[bytes] = []
    command = Command(argv, work_dir, limits=limits or Limits(wall_seconds=60), **fields)
    ended = sandbox.run(command, printed.append, cancelled)
    return Ran(ended, b"".join(printed).decode(errors="replace"))


def shell(sandbox: Sandbox, script: str, *, work_dir: Path, **fields) -> Ran:
    return run(sandbox, "/bin/sh", "-c", script, work_dir=work_dir, **fields)


def python(sandbox: Sandbox, program: str, *arguments: str, work_dir: Path, **fields) -> Ran:
    return run(sandbox, "/usr/bin/python3", "-c", program, *arguments, work_dir=work_dir, **fields)


def soon(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Tell whether `condition` becomes true within a short time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
