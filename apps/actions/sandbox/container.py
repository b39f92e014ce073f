"""Tier A: a container engine, with a root file system or an image that the operator names. Nothing is downloaded."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .bubblewrap_arguments import BASE_ENVIRONMENT, DEV_SHM_BYTES, INSIDE_ID, OPEN_FILES
from .cgroups import Usage
from .command import SECRETS_DIR, WORK_DIR, Command, Limits, Reason
from .errors import NoIsolation
from .options import Options
from .owner import leased_uid, new_tag, owner_lives
from .ownership import owned_by

LABEL = "headrace.run"
ENGINE_SECONDS = 30
LATE_SECONDS = 60


@dataclass
class ContainerBox:
    """A container by its name. Ending the engine's client does not end it, so everything goes through the engine."""

    process: "subprocess.Popen[bytes]"
    output: int
    work_dir: Path
    engine: str
    name: str

    def ask(self) -> None:
        ask_engine(self.engine, "kill", "--signal", "TERM", self.name)

    def kill(self) -> None:
        ask_engine(self.engine, "kill", self.name)

    def breach(self) -> Reason:
        if self.process.returncode is None:
            return Reason.NONE
        answer = ask_engine(self.engine, "inspect", "--format", "{{json .State}}", self.name)
        return Reason.MEMORY if answer and json.loads(answer).get("OOMKilled") else Reason.NONE

    def usage(self) -> Usage:
        return Usage(None, None)


@contextmanager
def opened(command: Command, options: Options) -> Iterator[ContainerBox]:
    """Start `command` in a container, which is removed at the end. Raises NoIsolation."""
    if options.engine is None or not (options.rootfs or options.image):
        raise NoIsolation("No container engine is installed, or no root file system for containers is set.")
    name = f"headrace-{new_tag()}"
    with ExitStack() as stack:
        uid = stack.enter_context(leased_uid(options.uids)) if os.geteuid() == 0 else INSIDE_ID
        if os.geteuid() == 0:
            stack.enter_context(owned_by(command.work_dir, uid))
        secrets = _secrets(stack, command, uid)
        output, output_end = os.pipe()
        stack.callback(os.close, output)
        stack.callback(ask_engine, options.engine, "rm", "--force", name)
        try:
            process = subprocess.Popen(
                run_arguments(command, options, name, uid, secrets),
                stdin=subprocess.DEVNULL,
                stdout=output_end,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(output_end)
        stack.callback(_end, process)
        yield ContainerBox(process, output, command.work_dir, options.engine, name)


def run_arguments(command: Command, options: Options, name: str, uid: int, secrets: Path) -> list[str]:
    """Return the engine's command line. Source: podman-run(1); `docker run` takes the same words but for --rootfs."""
    binds = [(str(command.work_dir.resolve()), WORK_DIR, "rw"), (str(secrets), SECRETS_DIR, "ro")]
    binds += [(str(host), inside, "ro") for host, inside in command.read_only]
    variables = BASE_ENVIRONMENT | dict(command.environment)
    return [
        *(str(options.engine), "run", "--name", name, "--label", f"{LABEL}={name.removeprefix('headrace-')}"),
        *("--network", "none", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"),
        *("--user", f"{uid}:{uid}", "--hostname", "build", "--workdir", WORK_DIR, "--init"),
        *_limits(command.limits),
        *(word for host, inside, mode in binds for word in ("--volume", f"{host}:{inside}:{mode}")),
        *(word for key, value in variables.items() for word in ("--env", f"{key}={value}")),
        *_late_end(options, command.limits),
        *(("--rootfs", options.rootfs) if options.rootfs else ("--pull", "never", options.image)),
        *command.argv,
    ]


def sweep(engine: str) -> int:
    """Remove the containers of processes that are gone; engines leave them running. Returns how many."""
    rows = ask_engine(engine, "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}").split()
    left = [name for name in rows if not owner_lives(name.removeprefix("headrace-"))]
    for name in left:
        ask_engine(engine, "rm", "--force", name)
    return len(left)


def ask_engine(engine: str, *words: str) -> str:
    """Return what the engine answers, nothing if it refuses."""
    try:
        done = subprocess.run([engine, *words], capture_output=True, text=True, timeout=ENGINE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _limits(limits: Limits) -> list[str]:
    memory, files, processes = str(limits.memory_bytes), f"nofile={OPEN_FILES}:{OPEN_FILES}", limits.processes
    words = ["--memory", memory, "--memory-swap", memory, "--pids-limit", str(processes)]
    words += ["--tmpfs", f"/tmp:rw,size={limits.tmp_bytes}", "--shm-size", str(DEV_SHM_BYTES)]
    # Without explicit ulimits the engine fails where it lacks CAP_SYS_RESOURCE.
    words += ["--ulimit", files, "--ulimit", f"nproc={processes}:{processes}", "--ulimit", "core=0:0"]
    words += ["--ulimit", f"fsize={limits.disk_bytes}:{limits.disk_bytes}"]
    return [*words, "--cpus", f"{limits.cpu_share / 100:g}"] if limits.cpu_share else words


def _late_end(options: Options, limits: Limits) -> list[str]:
    """Let podman end what we could not; docker knows no such option."""
    seconds = int(limits.wall_seconds + limits.grace_seconds) + LATE_SECONDS
    return ["--timeout", str(seconds)] if Path(str(options.engine)).name == "podman" else []


def _secrets(stack: ExitStack, command: Command, uid: int) -> Path:
    """Write the secrets to a folder in memory, where the machine has one, that goes at the end."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-secrets-", dir=memory)))
    for name, content in command.secrets.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o400)
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, uid, uid)
    return folder


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
