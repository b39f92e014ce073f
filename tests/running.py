"""A running Headrace for black-box tests: real processes, a data directory and a port of its own.

botocore speaks JSON to CodePipeline although the service model lists CBOR first, because its own order of preference
puts JSON first and nothing in its configuration changes that. A client that speaks CBOR is made by giving botocore's
loader a copy of the service model that lists CBOR alone (`cbor_models`); the rest of the client is the real one.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import botocore
import httpx2
from botocore.config import Config
from botocore.loaders import Loader

from pipelines_project.launch.processes import SERVERS
from tests.tooling.commands import Commands
from tests.tooling.services import free_port

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
READY_SECONDS = 60
END_SECONDS = 15
JSON, CBOR = "json", "smithy-rpc-v2-cbor"
Account = Mapping[str, str]
watchers: list[Callable[[Any], None]] = []  # told of each CodePipeline client that is made


class DidNotHappen(AssertionError):
    """Something that was waited for did not happen in time."""


def until(happened, *, seconds: float = 30, what: str = "it"):
    """Ask until `happened()` is true, and return what it returned."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := happened():
            return found
        time.sleep(0.05)
    raise DidNotHappen(f"{what} did not happen within {seconds} s")


@cache
def cbor_models() -> str:
    """Return a folder with a service model that knows CBOR only, for botocore prefers JSON where it may choose."""
    folder = Path(tempfile.mkdtemp(prefix="models-", dir=os.environ["HEADRACE_DATA_DIR"]))
    model = Loader().load_service_model("codepipeline", "service-2")
    model["metadata"]["protocols"] = [CBOR]
    model["metadata"]["protocol"] = CBOR
    target = folder / "codepipeline" / "2015-07-09"
    target.mkdir(parents=True)
    (target / "service-2.json").write_text(json.dumps(model))
    return str(folder)


class Headrace:
    """The product, running. Processes: web, worker, queue.

    Shapes: `server` is one of `launch.processes.SERVERS`. Where HEADRACE_DATABASE_URL names a PostgreSQL server, each
    Headrace has a database of its own there. `root` is where the code lies that processes are started from; it may be
    changed, to have others run beside them. Commands are today's.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str] = {},
        data: Path | None = None,
        server: str | None = None,
        root: Path = ROOT,
    ) -> None:
        self.server = server or os.environ.get("HEADRACE_SERVER", "daphne")
        self.root = root
        self.data = data or Path(tempfile.mkdtemp(prefix="headrace-test-run-"))
        self.owns_data = data is None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._ports = {"web": self.port}
        self.logs_folder = Path(tempfile.mkdtemp(prefix="headrace-test-logs-"))
        digest = sha256(str(self.data).encode()).hexdigest()[:12]
        self.run_folder = Path(tempfile.gettempdir()) / f"headrace-{digest}"  # settings.RUN_DIR of these processes
        self.closed_port, self.receiver_port = free_port(), free_port()  # both may be connected to
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")},
            **{name: os.environ[name] for name in ("HEADRACE_REDIS_URL",) if name in os.environ},
            "HEADRACE_DATA_DIR": str(self.data),
            "HEADRACE_PORT": str(self.port),
            "HEADRACE_SECRET_KEY": "a-key-for-tests-only",
            "HEADRACE_MASTER_KEY": "a-master-key-for-tests-only",
            "HEADRACE_CONTINUATION_PAUSE_SECONDS": "0.2",
            "HEADRACE_EGRESS_ALLOW": f"127.0.0.1:{self.closed_port},127.0.0.1:{self.receiver_port}",
            "HEADRACE_SANDBOX_ALLOW_UNCAPPED": "1",  # the machine that tests may have no control groups to give
            "HEADRACE_PLUGIN_MODULES": "tests.noop_plugin",
            "HEADRACE_HOOK_CALLS_PER_SECOND": "3",
            "HEADRACE_SOURCE_POLL_SECONDS": "2",
            "HEADRACE_API_READS_PER_SECOND": "0",  # tests and benchmarks call as fast as they can
            "HEADRACE_API_CHANGES_PER_SECOND": "0",
            "DJANGO_SETTINGS_MODULE": "pipelines_project.settings.product",
            **environment,
        }
        _keep_bytecode(self.environment)
        self.processes: dict[str, subprocess.Popen] = {}
        self._commands: Commands | None = None
        self._database = _own_database(self.environment)

    def __enter__(self) -> Self:
        try:
            self.data.mkdir(exist_ok=True)
            self.migrate()
            for name in ("web", "worker", "queue"):
                self.start(name)
            self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for name in list(self.processes):
            self.end(name)
        self._end_commands()
        _drop_database(self._database)
        for folder in (self.logs_folder, self.run_folder):
            shutil.rmtree(folder, ignore_errors=True)
        if self.owns_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def migrate(self) -> None:
        """Migrate once for all SQLite databases of a test run, for it takes seconds. One that is there stays."""
        if "HEADRACE_DATABASE_URL" in self.environment:
            self.manage("migrate", "--verbosity", "0")
            return
        shared, own = Path(os.environ["HEADRACE_DATA_DIR"]) / "migrated.sqlite3", self.data / "headrace.sqlite3"
        if own.exists():
            return
        with shared.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not shared.exists():
                self.manage("migrate", "--verbosity", "0")
                shutil.copyfile(own, shared)
        shutil.copyfile(shared, own)

    def manage(self, *arguments: str) -> str:
        if self._commands is None or self._commands.environment != self.environment:
            self._end_commands()
            self._commands = Commands(self.environment, str(ROOT))
        done = self._commands.run(arguments)
        assert done.status == 0, done.complaint
        return done.output

    @property
    def pids(self) -> set[int]:
        """The processes that were started here, without those that they started."""
        commands = {self._commands.pid} if self._commands else set()
        return {process.pid for process in self.processes.values()} | commands

    def _end_commands(self) -> None:
        if self._commands is not None:
            self._commands.close()
            self._commands = None

    def start(self, name: str) -> subprocess.Popen:
        """Start "web", "worker" or "queue". Further ones have names of their own: "worker-2", "web-2"."""
        command = {
            "web": [sys.executable, *self._server(name)],
            "worker": [sys.executable, "manage.py", "run_worker"],
            "queue": [sys.executable, "manage.py", "run_queue"],
        }[name.partition("-")[0]]
        log = (self.logs_folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command, cwd=self.root, env=self.environment_of_code(), stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.processes[name] = process
        return process

    def environment_of_code(self) -> dict[str, str]:
        """Return the environment in which the code at `root` is what is imported, whatever is installed."""
        if self.root == ROOT:
            return self.environment
        return {**self.environment, "PYTHONPATH": f"{self.root}{os.pathsep}{self.root / 'plugins/sdk'}"}

    def url_of(self, name: str) -> str:
        """Return where a web process answers, the first or another."""
        return f"http://127.0.0.1:{self._port_of(name)}"

    def _port_of(self, name: str) -> int:
        if name not in self._ports:
            self._ports.setdefault(name, free_port())  # another thread may have asked meanwhile
        return self._ports[name]

    def _server(self, name: str) -> list[str]:
        return [word.format(host="127.0.0.1", port=self._port_of(name)) for word in SERVERS[self.server]]

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to the process alone, as an operator or the kernel would, and wait for its end."""
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(END_SECONDS)

    def end(self, name: str) -> None:
        process = self.processes.pop(name)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def wait_ready(self) -> None:
        try:
            until(self._is_ready, seconds=READY_SECONDS, what="being ready")
        except DidNotHappen as error:
            raise DidNotHappen(f"{error}\n{self.logs()}") from None

    def _is_ready(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, f"{name} ended\n{self.logs()}"
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=5).status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def logs(self, *, lines: int = 40) -> str:
        files = sorted(self.logs_folder.glob("*.log"))
        return "\n".join(f"--- {file.name}\n" + "\n".join(file.read_text().splitlines()[-lines:]) for file in files)

    def create_account(self, name: str = "Tests", **options: str) -> Account:
        """Return a new account with its keys. Shapes: `options` are those of the command."""
        given = [word for option, value in options.items() for word in (f"--{option}", value)]
        account: Account = json.loads(self.manage("create_account", f"{name} {uuid4().hex[:8]}", "--json", *given))
        return account

    def client(self, account: Account, protocol: str = JSON, *, url: str = "", **config: Any):
        """Return a CodePipeline client of an account. Shapes: `url` is another server's, to be asked in our stead."""
        return _client(
            url or self.url,
            account["access_key_id"],
            account["secret_access_key"],
            protocol,
            tuple(sorted(config.items())),
        )

    def token(self, account: Account, **options: str) -> str:
        """Return an API token of the account's admin, that may do all that they may unless `options` bound it."""
        given = [word for name, value in ({"role": "admin"} | options).items() for word in (f"--{name}", value)]
        return self.manage("create_api_token", account["username"], *given).strip()

    def rest(self, token: str) -> httpx2.Client:
        """Return a client of our REST API."""
        return httpx2.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )

    def s3(self, credentials: Mapping[str, str], *, url: str = "", **config: Any):
        """Return an S3 client for an account, or for a job's artifactCredentials. Shapes: `url` as in `client`."""
        keys = {
            "aws_access_key_id": credentials.get("access_key_id") or credentials["accessKeyId"],
            "aws_secret_access_key": credentials.get("secret_access_key") or credentials["secretAccessKey"],
            "aws_session_token": credentials.get("sessionToken"),
        }
        return boto3.session.Session(region_name=REGION).client(
            "s3", endpoint_url=url or self.url, config=Config(retries={"total_max_attempts": 1}, **config), **keys
        )


@lru_cache(maxsize=64)
def _client(url: str, key: str, secret: str, protocol: str, config: tuple):
    session = botocore.session.get_session()
    if protocol == CBOR:
        session.get_component("data_loader").search_paths.insert(0, cbor_models())
    made = boto3.session.Session(
        botocore_session=session, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret
    ).client("codepipeline", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}, **dict(config)))
    assert made.meta.service_model.resolved_protocol == protocol
    for watch in watchers:
        watch(made)
    return made


def _keep_bytecode(environment: dict[str, str]) -> None:
    """Where Python is told to keep no bytecode, keep it for this test run: compiling anew doubles each start."""
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment["PYTHONPYCACHEPREFIX"] = str(Path(os.environ["HEADRACE_DATA_DIR"]) / "bytecode")


def _own_database(environment: dict[str, str]) -> str | None:
    """On PostgreSQL, make a database of this run's own on the server that the tests were given."""
    server = os.environ.get("HEADRACE_DATABASE_URL", "")
    if not server.startswith("postgres") or "HEADRACE_DATABASE_URL" in environment:
        return None
    name = f"headrace_{uuid4().hex[:12]}"
    with _administration(server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    environment["HEADRACE_DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
    return name


def _drop_database(name: str | None) -> None:
    if name:
        with _administration(os.environ["HEADRACE_DATABASE_URL"]) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _administration(server: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        yield connection
