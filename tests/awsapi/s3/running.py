"""A real server with the endpoint, and real clients for it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.tooling.services import free_port

ROOT = Path(__file__).resolve().parents[3]
REGION = "us-east-1"
BUCKET = "acme-artifacts"
LIMIT_BYTES = 48 * 1024**2
COMMANDS = {
    "daphne": ["-m", "pipelines_project.server", "--port", "{port}", "tests.awsapi.s3.served:application"],
    "uvicorn": [
        *["-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--lifespan", "off", "--no-date-header"],
        *["--log-level", "warning", "tests.awsapi.s3.served:application"],
    ],
}


@dataclass(frozen=True)
class Server:
    """A running server. Shapes: `keys` maps a name of prepare.py to key id, secret and maybe session token."""

    kind: str
    port: int
    folder: Path
    keys: dict[str, list[str]] = field(repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, who: str = "admin", *, url: str | None = None, **options: Any) -> Any:
        """Return boto3's S3 client for one of the keys; it tries once only, so that a test sees the first answer.

        Making one takes longer than a test does, so they are kept.
        """
        name = repr((who, url, sorted(options.items())))
        if name not in self._clients:
            self._clients[name] = self._make_client(who, url, options)
        return self._clients[name]

    def _make_client(self, who: str, url: str | None, options: dict[str, Any]) -> Any:
        key_id, secret, token = [*self.keys[who], None][:3]
        style = {"addressing_style": "path"} | options.pop("s3", {})
        config = Config(**({"retries": {"total_max_attempts": 1}, "s3": style, "read_timeout": 20} | options))
        return boto3.session.Session().client(
            "s3",
            endpoint_url=url or self.url,
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=config,
        )

    def files(self) -> list[Path]:
        return sorted(path for path in (self.folder / "artifacts").rglob("*") if path.is_file())


def environment(folder: Path, **more: str) -> dict[str, str]:
    return os.environ | {
        "HEADRACE_DATA_DIR": str(folder),
        "HEADRACE_SECRET_KEY": "only-for-tests",
        "HEADRACE_MASTER_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "HEADRACE_DATABASE_URL": "",
        "HEADRACE_ARTIFACT_STORE": "folder",
        "HEADRACE_ARTIFACT_LIMIT_BYTES": str(LIMIT_BYTES),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins/sdk"), os.environ.get("PYTHONPATH", "")]),
        **more,
    }


def prepare(folder: Path) -> dict[str, list[str]]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.awsapi.s3.prepare"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, list[str]] = json.loads(ran.stdout)
    return found


@contextmanager
def running(kind: str, folder: Path, keys: dict[str, list[str]]) -> Iterator[Server]:
    port = free_port()
    command = [part.format(port=port) for part in COMMANDS[kind]]
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment(folder), stdout=log, stderr=log
        )
    try:
        wait_for(port, process, folder / f"{kind}.log")
        yield Server(kind, port, folder, keys)
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path, *, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"The server did not start: {log.read_text()}")
