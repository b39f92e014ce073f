"""Throw-away PostgreSQL and Redis servers on free ports of loopback, for tests and benchmarks.

    python -m tests.tooling.services COMMAND ARGUMENT...

runs COMMAND with HEADRACE_DATABASE_URL and HEADRACE_REDIS_URL set, and ends both servers with it.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30.0
STOP_SECONDS = 20.0
PAUSE_SECONDS = 0.05
# Data that is thrown away need not survive a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServiceError(Exception):
    """A server cannot be started. The message says what is missing or what it printed."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str, package: str) -> str:
    """Return the path of `name`; Debian keeps PostgreSQL's programs off the search path. Raises: ServiceError."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(kept[-1]) if kept else shutil.which(name)
    if not found:
        raise ServiceError(f"'{name}' is not installed. Install it: apt-get install {package}")
    return found


def unprivileged() -> str | None:
    """Return the user that PostgreSQL runs as where we are root, which it refuses to run as."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Give the address of an empty database in a cluster of its own. Raises: ServiceError.

    Shapes: `durable` keeps commits through a power cut, as production does; benchmarks want that.
    """
    user = unprivileged()
    with server_folder("pg-", user) as folder:
        data, port = folder / "data", free_port()
        init = [program("initdb", "postgresql"), "-D", data, "-U", "headrace", "--auth=trust", "-E", "UTF8"]
        step([*init, "--locale=C.UTF-8", "--no-sync"], user)
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
        options |= {"max_connections": 200, **({} if durable else CARELESS)}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [program("postgres", "postgresql"), "-D", data, *settings]
        with running(command, folder / "log", user=user, stop_signal=signal.SIGINT) as process:
            address = ["-h", "127.0.0.1", "-p", port, "-U", "headrace"]
            wait_until_accepting([program("pg_isready", "postgresql-client"), "-q", *address], process, folder / "log")
            step([program("createdb", "postgresql-client"), *address, "headrace"], user)
            yield f"postgresql://headrace@127.0.0.1:{port}/headrace"


@contextmanager
def redis() -> Iterator[str]:
    """Give the address of an empty Redis that writes nothing down. Raises: ServiceError."""
    with server_folder("redis-", None) as folder:
        port = free_port()
        command = [program("redis-server", "redis-server"), "--bind", "127.0.0.1", "--port", port, "--dir", folder]
        with running([*command, "--save", "", "--appendonly", "no"], folder / "log") as process:
            check = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
            wait_until_accepting([sys.executable, "-c", check], process, folder / "log")
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def server_folder(prefix: str, user: str | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"headrace-{prefix}"))
    try:
        if user:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def step(command: Sequence[object], user: str | None) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd="/", **run_as(user))
    if done.returncode:
        raise ServiceError(f"{command[0]} failed: {done.stderr.strip()}")


def run_as(user: str | None) -> dict:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


@contextmanager
def running(
    command: Sequence[object], log: Path, *, user: str | None = None, stop_signal: int = signal.SIGTERM
) -> Iterator[subprocess.Popen]:
    with log.open("wb") as stream:
        words = [str(word) for word in command]
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            cwd="/",
            **run_as(user),
        )
    try:
        yield process
    finally:
        process.send_signal(stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_accepting(check: Sequence[object], process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run([str(word) for word in check], capture_output=True, cwd="/").returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServiceError(f"{process.args[0]} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(PAUSE_SECONDS)


def main(command: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with postgres() as database_url, redis() as redis_url:
        environ = {**os.environ, "HEADRACE_DATABASE_URL": database_url, "HEADRACE_REDIS_URL": redis_url}
        return subprocess.run(command, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
