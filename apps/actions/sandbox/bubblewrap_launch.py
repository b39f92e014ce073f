"""Starts bubblewrap: which descriptors it gets, and how it comes to be in its groups and under its own user id."""

import fcntl
import os
import select
import subprocess
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from . import bubblewrap_arguments as arguments
from . import seccomp
from .command import MIB, Command
from .errors import SandboxBroken
from .owner import new_tag, owner_lives
from .processes import descendants

START_SECONDS = 10
PIPE_BYTES = 1 * MIB
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
STAGES = Path("/tmp")  # every user can reach it, whatever TMPDIR says; the name below it cannot be guessed
STAGE_PREFIX = "headrace-stage-"

# Enters the control groups. As root it also binds each source to a path that the run's own user can reach, in mounts
# that this process alone sees and that go with it. Arguments: stage or "", two counts, groups, sources, a command.
LAUNCH = """set -e
stage=$1 groups=$2 sources=$3; shift 3
while [ "$groups" -gt 0 ]; do echo 0 > "$1"; shift; groups=$((groups-1)); done
if [ -n "$stage" ]; then
  mount -t tmpfs -o mode=0711,size=1m headrace "$stage"
  n=0
  while [ $n -lt "$sources" ]; do
    if [ -d "$1" ]; then mkdir "$stage/$n"; else : > "$stage/$n"; fi
    mount --bind "$1" "$stage/$n"; shift; n=$((n+1))
  done
fi
exec env -i "$@"
"""


@dataclass(frozen=True)
class Launched:
    """A bubblewrap that waits for the word to go. `first` is process 1 inside, by its number outside."""

    process: "subprocess.Popen[bytes]"
    output: int
    first: int

    def go(self) -> None:
        """Let the command start. Before this, the end of the runner means that it never does."""
        assert self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.write(b"go\n")


def launch(
    stack: ExitStack,
    command: Command,
    bubblewrap: str,
    *,
    group_folders: tuple[Path, ...],
    uid: int | None,
    capped: bool,
) -> Launched:
    """Start bubblewrap up to its gate; `stack` ends it and closes what belongs to it. Raises SandboxBroken."""
    sources = [str(command.work_dir.resolve()), *(str(host) for host, _ in command.read_only)]
    stage = _make_stage(stack) if uid is not None else ""
    seen_as = [f"{stage}/{number}" for number in range(len(sources))] if stage else sources
    output, output_end = _pipe(stack)
    with ExitStack() as handed_over:
        handed_over.callback(os.close, output_end)
        options, memory_files = _options(handed_over, command, seen_as)
        program = [bubblewrap, "--args", str(options), "--", *arguments.inner_command(command, capped=capped)]
        process = subprocess.Popen(
            [*_entry(stage, group_folders, sources), *_as_user(uid), *program],
            stdin=subprocess.PIPE,
            stdout=output_end,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pass_fds=(options, *memory_files),
            env={"PATH": PATH},
            cwd="/",
            start_new_session=True,
        )
    stack.callback(_end, process)
    return Launched(process, output, _first_process(process, output))


def sweep() -> int:
    """Remove the stages of processes that are gone; they are empty folders. Returns how many."""
    left = [path for path in STAGES.glob(f"{STAGE_PREFIX}*") if not owner_lives(path.name.removeprefix(STAGE_PREFIX))]
    for path in left:
        with suppress(OSError):
            path.rmdir()
    return len(left)


def _entry(stage: str, group_folders: tuple[Path, ...], sources: list[str]) -> list[str]:
    """Return the words that come before the program: private mounts if there is a stage, then LAUNCH."""
    groups = [str(folder / "cgroup.procs") for folder in group_folders]
    staged = sources if stage else []
    private = ["unshare", "--mount", "--propagation", "private"] if stage else []
    return [*private, "/bin/sh", "-c", LAUNCH, "sh", stage, str(len(groups)), str(len(staged)), *groups, *staged]


def _as_user(uid: int | None) -> list[str]:
    if uid is None:
        return []
    identity = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return ["setpriv", *identity, "--no-new-privs", "--bounding-set=-all"]


def _options(stack: ExitStack, command: Command, seen_as: list[str]) -> tuple[int, list[int]]:
    """Return the descriptor for --args, and those that the arguments name."""
    files = [(_memory_file(stack, text.encode()), path) for path, text in arguments.ACCOUNT_FILES.items()]
    secrets = {name: _memory_file(stack, content) for name, content in command.secrets.items()}
    filter_file = _memory_file(stack, seccomp.program())
    read_only = [(source, inside) for source, (_, inside) in zip(seen_as[1:], command.read_only, strict=True)]
    options = [
        *arguments.isolation(),
        *arguments.environment(command),
        *arguments.file_system(seen_as[0], read_only, files, secrets, command.limits),
        *("--seccomp", str(filter_file)),
    ]
    packed = _memory_file(stack, arguments.packed(options))
    return packed, [*(descriptor for descriptor, _ in files), *secrets.values(), filter_file]


def _make_stage(stack: ExitStack) -> str:
    stage = STAGES / f"{STAGE_PREFIX}{new_tag()}"
    stage.mkdir()
    stack.callback(stage.rmdir)
    stage.chmod(0o711)
    return str(stage)


def _pipe(stack: ExitStack) -> tuple[int, int]:
    """Return a pipe whose reading end `stack` closes."""
    reading, writing = os.pipe()
    stack.callback(os.close, reading)
    with suppress(PermissionError):  # who has many pipes already gets no large one
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return reading, writing


def _memory_file(stack: ExitStack, content: bytes) -> int:
    """Return a descriptor of a file that exists in memory only, at its beginning."""
    descriptor = os.memfd_create("headrace")
    stack.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _first_process(process: "subprocess.Popen[bytes]", output: int) -> int:
    """Wait until the gate is reached; return which process is the first inside. Raises SandboxBroken."""
    said = b""
    deadline = time.monotonic() + START_SECONDS
    while not said.endswith(arguments.READY):
        ready, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(output, 4096) if ready else b""
        if not chunk:
            why = said.decode(errors="replace").strip() or "it said nothing"
            raise SandboxBroken(f"The sandbox did not start: {why}")
        said += chunk
    return next(child.pid for child in descendants(process.pid) if child.parent == process.pid)


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin
    process.stdin.close()
    process.kill()
    process.wait()
