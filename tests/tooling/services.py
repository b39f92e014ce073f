"""Throw-away PostgreSQL and Redis servers on free ports of loopback, for tests and benchmarks.

    python -m tests.tooling.services COMMAND ARGUMENT...

runs COMMAND with HEADRACE_DATABASE_URL and HEADRACE_REDIS_URL set, and ends both servers with it.
"""

import fcntl
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pipelines_project.launch.ports import is_free

START_SECONDS = 30.0
STOP_SECONDS = 20.0
PAUSE_SECONDS = 0.05
PORTS = range(12000, 32000)  # Linux takes the ports of connections from 32768 on
# Data that is thrown away need not survive a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServiceError(Exception):
    """A server cannot be started. The message says what is missing or what it printed."""


_taken: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on and that no other test was or will be given. Raises: ServiceError.

    A port is its process's own until that ends: between the look here and the bind of a server, another test must not
    get it, for it would then be answered by a server that is not its own; and what is to stay closed must stay so. The
    ports lie below those that the kernel gives to connections.
    """
    for port in random.SystemRandom().sample(PORTS, k=min(100, len(PORTS))):
        if port not in _taken and _is_of_this_process(port) and is_free("127.0.0.1", port):
            _taken.add(port)
            return port
    raise ServiceError(f"No port from {PORTS.start} to {PORTS.stop - 1} is free.")


def _is_of_this_process(port: int) -> bool:
    """Lock the byte of this number in a file of all processes; the kernel frees what an ended one has locked."""
    try:
        fcntl.lockf(_port_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:  # as another process has it
        return False
    return True


@cache
def _port_locks() -> int:
    """Return the open file, which this process must open no second time: closing that would free its ports."""
    return os.open(Path(tempfile.gettempdir()) / f"headrace-test-ports-{os.geteuid()}", os.O_RDWR | os.O_CREAT, 0o600)


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
    with postgres_server(durable=durable) as server:
        yield server.url


class Server:
    """A server that can be ended at once and started again where it was."""

    def __init__(
        self, url: str, command: Sequence[object], log: Path, user: str | None, check: Sequence[object], at_once: int
    ) -> None:
        self.url, self.at_once = url, at_once
        self._command, self._log, self._user, self._check = command, log, user, check
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = started(self._command, self._log, self._user)
        wait_until_accepting(self._check, self.process, self._log)

    def end_at_once(self) -> None:
        """End as a crash does: no client is told, nothing is finished."""
        assert self.process is not None
        self.process.send_signal(self.at_once)
        self.process.wait(STOP_SECONDS)


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[Server]:
    """Give a PostgreSQL server with an empty database. Raises: ServiceError."""
    user = unprivileged()
    with server_folder("pg-", user) as folder:
        data, port = folder / "data", free_port()
        init = [program("initdb", "postgresql"), "-D", data, "-U", "headrace", "--auth=trust", "-E", "UTF8"]
        step([*init, "--locale=C.UTF-8", "--no-sync"], user)
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
        options |= {"max_connections": 200, **({} if durable else CARELESS)}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [program("postgres", "postgresql"), "-D", data, *settings]
        address = ["-h", "127.0.0.1", "-p", port, "-U", "headrace"]
        check = [program("pg_isready", "postgresql-client"), "-q", *address]
        url = f"postgresql://headrace@127.0.0.1:{port}/headrace"
        server = Server(url, command, folder / "log", user, check, signal.SIGQUIT)
        with served(server, signal.SIGINT):
            step([program("createdb", "postgresql-client"), *address, "headrace"], user)
            yield server


@contextmanager
def redis() -> Iterator[str]:
    """Give the address of an empty Redis that writes nothing down. Raises: ServiceError."""
    with redis_server() as server:
        yield server.url


@contextmanager
def redis_server() -> Iterator[Server]:
    """Give a Redis server that writes nothing down. Raises: ServiceError."""
    with server_folder("redis-", None) as folder:
        port = free_port()
        command = [program("redis-server", "redis-server"), "--bind", "127.0.0.1", "--port", port, "--dir", folder]
        command += ["--save", "", "--appendonly", "no"]
        check = [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"]
        server = Server(f"redis://127.0.0.1:{port}/0", command, folder / "log", None, check, signal.SIGKILL)
        with served(server, signal.SIGTERM):
            yield server


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


def started(command: Sequence[object], log: Path, user: str | None) -> subprocess.Popen:
    with log.open("ab") as stream:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            cwd="/",
            **run_as(user),
        )


@contextmanager
def served(server: Server, stop_signal: int) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        if server.process is not None:
            end(server.process, stop_signal)


def end(process: subprocess.Popen, stop_signal: int) -> None:
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
