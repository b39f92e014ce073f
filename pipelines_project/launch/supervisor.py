"""Runs several processes as one: each in a session of its own, one ending ends the rest, nothing is left behind.

Only the parents are signalled, never their groups: a queue worker whose whole group gets SIGTERM hung in one of three
trials. A terminal's Ctrl+C does not reach them either, since their sessions are not the terminal's.
"""

import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .guardian import TOKEN_VARIABLE, carriers, kill_carriers
from .output import COLOURS, Lines, colour
from .places import ROOT, say

HERE = Path(__file__).parent
GRACE_SECONDS = 7.5  # ten are promised; the rest is for the kill and for a busy machine
STRAY_SECONDS = 1.0
TICK_SECONDS = 0.1
ALONE = (sys.executable, "-I", "-S")


@dataclass(frozen=True)
class Spec:
    """One process of the product."""

    name: str
    command: Sequence[str]


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    lines: Lines


class Supervisor:
    """Starts the processes of `specs`, shows their lines, and returns from `run` when all have ended.

    Units: `grace_seconds` between SIGTERM to the parents and SIGKILL to everything.
    Shapes: `lock` is an open handle that the guardian keeps until the last process has gone.
    """

    def __init__(
        self, specs: Sequence[Spec], environ: Mapping[str, str], *, grace_seconds: float = GRACE_SECONDS, lock: int = -1
    ) -> None:
        self.token = secrets.token_hex(16)
        self.environ = {**environ, TOKEN_VARIABLE: self.token}
        self.specs = specs
        self.grace_seconds = grace_seconds
        self.lock = lock
        self.signals = 0
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Return 0 when a signal ended it, 1 when one of the processes did."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        guardian = self.start_guardian()
        try:
            self.start_children()
            fallen = self.watch()
        finally:
            self.end_all()
            self.end_guardian(guardian)
        if fallen is None:
            say("Headrace has ended.")
            return 0
        self.report(fallen)
        return 1

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def start_guardian(self) -> subprocess.Popen[bytes]:
        handles = (self.lock,) if self.lock >= 0 else ()
        command = [*ALONE, str(HERE / "guardian.py"), self.token]
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, pass_fds=handles)

    def start_children(self) -> None:
        width = max(len(spec.name) for spec in self.specs)
        for index, spec in enumerate(self.specs):
            process = subprocess.Popen(
                [*ALONE, str(HERE / "child.py"), str(os.getpid()), *spec.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self.environ,
                cwd=ROOT,
            )
            label = colour(f"{spec.name:<{width}} |", COLOURS[index % len(COLOURS)])
            child = Child(spec.name, process, Lines(label))
            self.children.append(child)
            self.selector.register(pipe_of(child), selectors.EVENT_READ, child)

    def watch(self) -> Child | None:
        """Return the first process that ended, or None when a signal came before."""
        while not self.signals:
            self.pump(TICK_SECONDS)
            for child in self.children:
                if child.process.poll() is not None:
                    return child
        return None

    def pump(self, timeout_seconds: float) -> None:
        """Show what the processes printed, waiting at most `timeout_seconds` for it."""
        for key, _ in self.selector.select(timeout_seconds):
            child: Child = key.data
            chunk = os.read(key.fd, 65_536)
            if chunk:
                child.lines.feed(chunk)
            else:
                self.selector.unregister(key.fileobj)
                child.lines.close()

    def end_all(self) -> None:
        """Ask every parent to end, wait, then kill whatever is left. A second signal cuts the wait short."""
        asked = self.signals
        for child in self.children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.grace_seconds
        while self.running() and time.monotonic() < deadline and self.signals <= max(asked, 1):
            self.pump(TICK_SECONDS)
        for child in self.running():
            say(f"{child.lines.label} did not end in time and is killed")
            os.killpg(child.process.pid, signal.SIGKILL)
        self.end_strays()
        while self.selector.select(0):
            self.pump(0)

    def end_strays(self) -> None:
        """Kill what the parents left behind. What the kernel does not let go, the guardian waits for."""
        deadline = time.monotonic() + STRAY_SECONDS
        while carriers(self.token) and time.monotonic() < deadline:
            kill_carriers(self.token)
            self.pump(TICK_SECONDS)
            self.running()  # collects those that have ended

    def running(self) -> list[Child]:
        return [child for child in self.children if child.process.poll() is None]

    def end_guardian(self, guardian: subprocess.Popen[bytes]) -> None:
        if guardian.stdin:
            guardian.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            guardian.wait(STRAY_SECONDS)

    def report(self, fallen: Child) -> None:
        status = fallen.process.returncode
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        say(f"\nHeadrace has stopped, because '{fallen.name}' {how}. Its last lines:")
        for line in fallen.lines.last:
            say(f"  {line}")


def pipe_of(child: Child) -> int:
    assert child.process.stdout is not None
    return child.process.stdout.fileno()
