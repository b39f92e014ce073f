"""Waits until the product serves, then says where, and how to sign in."""

import http.client
import json
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .places import say

PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 2.0
PATIENCE_SECONDS = 30.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DOCKER_SOCKET = Path("/var/run/docker.sock")
UNISOLATED = (
    "No sandbox for commands on this machine: the demo's run unisolated, other accounts' are refused. "
    "Install one: apt-get install bubblewrap"
)
NO_SANDBOX = "No sandbox for commands on this machine: they are refused. Install one: apt-get install bubblewrap"


@dataclass(frozen=True)
class Greeting:
    """What is said once `/readyz` answers 200 on `host` and `port`."""

    host: str
    port: int
    data: Path
    demo: bool

    def start(self) -> None:
        threading.Thread(target=self.wait_and_say, daemon=True, name="greeting").start()

    def wait_and_say(self) -> None:
        impatient_at = time.monotonic() + PATIENCE_SECONDS
        while (answer := ready_answer(self.host, self.port)) is not None:
            if time.monotonic() > impatient_at:
                say(f"Not ready yet: {answer}")
                impatient_at = time.monotonic() + PATIENCE_SECONDS
            time.sleep(PAUSE_SECONDS)
        for line in self.lines():
            say(line)

    def lines(self) -> list[str]:
        name = f"[{self.host}]" if ":" in self.host else self.host
        lines = ["", f"Headrace is ready: http://{name}:{self.port}"]
        lines += sign_in_lines(self.data) if self.demo else []
        if not has_sandbox():
            lines.append(UNISOLATED if self.demo and self.host in LOOPBACK else NO_SANDBOX)
        return [*lines, ""]


def ready_answer(host: str, port: int) -> str | None:
    """Return None when `/readyz` answers 200, otherwise what it says instead."""
    connection = http.client.HTTPConnection(EVERYWHERE.get(host, host), port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read(1000).decode(errors="replace").strip()
        return None if response.status == 200 else f"{response.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()


def sign_in_lines(data: Path) -> list[str]:
    """Return the demo's sign-in, with the password the first time and with its place afterwards."""
    file, shown = data / "demo.json", data / ".stamps" / "demo-shown"
    try:
        demo = json.loads(file.read_text())
    except (OSError, ValueError):
        return []
    first_time = not shown.exists()
    shown.parent.mkdir(exist_ok=True)
    shown.touch()
    secret = f"password {demo['password']}" if first_time else f"its password is in {file}"
    return [f"Sign in as {demo['username']}, {secret}"]


def has_sandbox() -> bool:
    """Say whether bubblewrap or a container engine is installed. Whether it holds, the server's self-test finds out."""
    docker = shutil.which("docker") is not None and DOCKER_SOCKET.exists()
    return docker or any(shutil.which(program) for program in ("bwrap", "podman"))
