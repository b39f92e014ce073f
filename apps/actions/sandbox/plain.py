"""Tier D: a plain process with limits, for a development machine of one person. It isolates nothing."""

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .bubblewrap_arguments import BASE_ENVIRONMENT, OPEN_FILES
from .cgroups import Usage
from .command import SECRETS_DIR, WORK_DIR, Command, Reason
from .options import Options
from .owner import leased_uid, new_tag
from .ownership import owned_by
from .processes import TreeMeter

KEEPER = Path(__file__).with_name("keeper.py")
END_SECONDS = 5
SHARED_MEMORY = Path("/dev/shm")


@dataclass
class PlainBox:
    """A command below its keeper."""

    process: "subprocess.Popen[bytes]"
    output: int
    work_dir: Path
    meter: TreeMeter

    def ask(self) -> None:
        self._say(b"term\n")

    def kill(self) -> None:
        self._say(b"kill\n")

    def breach(self) -> Reason:
        return self.meter.breach()

    def usage(self) -> Usage:
        return Usage(self.meter.peak_bytes or None, None)

    def _say(self, word: bytes) -> None:
        assert self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.write(word)


@contextmanager
def opened(command: Command, options: Options) -> Iterator[PlainBox]:
    """Start `command`. At the end, and when this process is killed, all that it started is ended."""
    with ExitStack() as stack:
        uid = _uid(stack, command, options.uids)
        output, output_end = os.pipe()
        stack.callback(os.close, output)
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(KEEPER)],
                stdin=subprocess.PIPE,
                stdout=output_end,
                stderr=subprocess.STDOUT,
                bufsize=0,
                env={},
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(output_end)
        stack.callback(_end, process)
        _brief(process, specification(command, uid))
        yield PlainBox(process, output, command.work_dir, TreeMeter(process.pid, command.limits))


def specification(command: Command, uid: int | None) -> dict[str, object]:
    """Return what the keeper is told. Paths inside become those on the host, for nothing is bound anywhere."""
    secrets_dir = (SHARED_MEMORY if SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir())) / f"headrace-{new_tag()}"
    outside = {WORK_DIR: str(command.work_dir.resolve()), SECRETS_DIR: str(secrets_dir)}
    outside |= {inside: str(host) for host, inside in command.read_only}
    variables = BASE_ENVIRONMENT | dict(command.environment)
    return {
        "argv": [_translated(word, outside) for word in command.argv],
        "work_dir": outside[WORK_DIR],
        "environment": {
            name: ":".join(_translated(part, outside) for part in value.split(":")) for name, value in variables.items()
        },
        "secrets": {name: base64.b64encode(content).decode() for name, content in command.secrets.items()},
        "secrets_dir": str(secrets_dir),
        "rlimits": _rlimits(command),
        "uid": uid,
    }


def reachable(path: Path) -> bool:
    """Tell whether any user may go through the folders above `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def _translated(text: str, outside: Mapping[str, str]) -> str:
    for inside, host in outside.items():
        if text == inside or text.startswith(f"{inside}/"):
            return host + text[len(inside) :]
    return text


def _rlimits(command: Command) -> dict[str, int]:
    """Return limits of single processes; the number of processes is that of the user, so ours stand beside the rest."""
    limits = command.limits
    others = sum(1 for name in os.listdir("/proc") if name.isdigit())
    return {
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_FSIZE": limits.disk_bytes,
        "RLIMIT_DATA": limits.memory_bytes,
        "RLIMIT_NPROC": limits.processes + others,
        "RLIMIT_CPU": int(limits.wall_seconds * (os.cpu_count() or 1)) + 60,
    }


def _uid(stack: ExitStack, command: Command, uids: range) -> int | None:
    """Return a user id for the command if we may choose one and it can reach what it needs."""
    paths = [command.work_dir, *(host for host, _ in command.read_only)]
    if os.geteuid() != 0 or not all(reachable(path) for path in paths):
        return None
    uid = stack.enter_context(leased_uid(uids))
    stack.enter_context(owned_by(command.work_dir, uid))
    return uid


def _brief(process: "subprocess.Popen[bytes]", spec: dict[str, object]) -> None:
    assert process.stdin
    line = json.dumps(spec).encode() + b"\n"
    with suppress(BrokenPipeError):
        while line:
            line = line[process.stdin.write(line) or 0 :]


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin
    process.stdin.close()  # tells the keeper to end everything
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
