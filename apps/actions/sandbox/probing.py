"""What the probes of the self-test share: how they run something in a sandbox, and look for what is left of it."""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from . import disk
from .command import Command, Ended, Limits, Tier
from .runner import Sandbox

SYSTEM_PYTHON = "/usr/bin/python3"
BOUND_PYTHON = "/opt/probe/python"
PROGRAM = Path(__file__).with_name("probe_program.py")
BOUND_PROGRAM = "/opt/probe/program.py"
GONE_SECONDS = 2.0


@dataclass(frozen=True)
class Probe:
    """One attempt: `passed` if the sandbox held, `detail` says what was seen."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Seen:
    """What a run came to; `sized` if its work folder was a file system of its own."""

    ended: Ended
    output: str
    sized: bool


def run_python(sandbox: Sandbox, arguments: tuple[str, ...], limits: Limits) -> Seen:
    """Run Python in `sandbox`: the system's, or else our own, bound into it. Raises SandboxBroken, NoIsolation."""
    binds = [(PROGRAM, BOUND_PROGRAM)]
    python = SYSTEM_PYTHON
    if sandbox.tier is not Tier.CONTAINER and not Path(SYSTEM_PYTHON).exists():
        binds.append((Path(sys.base_prefix), BOUND_PYTHON))
        python = f"{BOUND_PYTHON}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    return run(sandbox, (python, "-I", "-S", *arguments), limits, tuple(binds))


def run(
    sandbox: Sandbox,
    argv: tuple[str, ...],
    limits: Limits,
    read_only: tuple[tuple[Path, str], ...] = (),
) -> Seen:
    output: list[bytes] = []
    with reachable_folder() as above, disk.work_folder(above, limits) as work_dir:
        ended = sandbox.run(Command(argv, work_dir, read_only=read_only, limits=limits), output.append)
        return Seen(ended, b"".join(output).decode(errors="replace"), disk.is_sized(work_dir))


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Give a temporary folder that every user may go through."""
    with tempfile.TemporaryDirectory(prefix="headrace-probe-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@contextmanager
def bait() -> Iterator[tuple[int, str]]:
    """Give what a command should not reach: the port of a listener, a readable file, and an open descriptor."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        tempfile.NamedTemporaryFile(prefix="headrace-bait-") as file,
    ):
        os.chmod(file.name, 0o644)
        os.set_inheritable(listener.fileno(), True)
        yield listener.getsockname()[1], file.name


def gone(name: str, marker: str) -> Probe:
    """Tell whether every process with `marker` in its command line is gone soon; end those that are not."""
    started = time.monotonic()
    while left := processes_with(marker):
        if time.monotonic() - started > GONE_SECONDS:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return Probe(name, False, f"{len(left)} processes left")
        time.sleep(0.005)
    return Probe(name, True, f"after {(time.monotonic() - started) * 1000:.0f} ms")


def processes_with(marker: str) -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        with suppress(OSError):
            if entry.isdigit() and marker.encode() in Path("/proc", entry, "cmdline").read_bytes():
                found.append(int(entry))
    return [pid for pid in found if pid != os.getpid()]
