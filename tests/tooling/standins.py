"""Stand-ins for the product's processes, and a way to run the supervisor over them in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipelines_project.launch.guardian import TOKEN_VARIABLE
from pipelines_project.launch.places import ROOT

PATIENT = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('up', flush=True); time.sleep(60)"
)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
FALLING = "import sys; print('the disk is gone', flush=True); sys.exit(7)"
# Leaves a grandchild in a session of its own, as a worker's own child would be after its parent was killed.
PARENT_OF_A_STRAY = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True); "
    "print('up', flush=True); time.sleep(60)"
)

RUNNER = """
import os, sys
sys.path.insert(0, {root!r})
from pipelines_project.launch.supervisor import Spec, Supervisor
specs = [Spec(name, [sys.executable, "-c", code]) for name, code in {specs!r}]
sys.exit(Supervisor(specs, dict(os.environ), grace_seconds={grace}).run())
"""


class Supervised:
    """A supervisor over stand-ins, with everything it starts told apart by a mark in the environment."""

    def __init__(self, *specs: tuple[str, str], grace_seconds: float = 2.0) -> None:
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"
        environ = {**os.environ, "STANDIN_MARK": self.mark, "NO_COLOR": "1"}
        environ.pop(TOKEN_VARIABLE, None)
        code = RUNNER.format(root=str(ROOT), specs=specs, grace=grace_seconds)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
        )
        self.printed: list[str] = []

    def wait_for_lines(self, containing: str, count: int) -> None:
        """Read until `count` lines hold the text `containing`."""
        assert self.process.stdout is not None
        while sum(containing in line for line in self.printed) < count:
            line = self.process.stdout.readline()
            assert line, f"the supervisor ended after {self.printed}"
            self.printed.append(line.rstrip())

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        """Wait for the supervisor's end; return its status."""
        rest, _ = self.process.communicate(timeout=20)
        self.printed += rest.splitlines()
        return self.process.returncode

    def living(self) -> list[int]:
        """Return the ids of all processes that came from this supervisor and still run."""
        return living(self.mark)


def living(mark: str) -> list[int]:
    """Return the ids of the processes that run with `STANDIN_MARK` set to `mark`."""
    wanted = f"STANDIN_MARK={mark}".encode()
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and wanted in environ_of(entry)
    ]


def environ_of(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def eventually(condition: Callable[[], bool], *, within_seconds: float) -> bool:
    """Poll until `condition` holds; say whether it did in time."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
