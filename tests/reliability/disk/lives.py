"""Lives of a web process, begun in milliseconds: a process with everything imported forks for each of them.

A life answers requests by the product's own ASGI application, until it is killed or let go. What is left out of a real
web process is its reading and writing of HTTP; `through` gives boto3's clients a way around it.
"""

import asyncio
import base64
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import botocore.awsrequest
import httpx2
from botocore.exceptions import ConnectionClosedError

from tests.running import ROOT

Message = dict[str, Any]


class Lives:
    """The process that forks. Shapes: `environment` is that of the lives, `scratch` a folder for its socket."""

    def __init__(self, environment: Mapping[str, str], scratch: Path) -> None:
        self._address = str(scratch / "lives")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._address)
        listening.listen(8)
        with closing(listening):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.reliability.disk.lives", str(listening.fileno())],
                cwd=ROOT, env=dict(environment), pass_fds=[listening.fileno()]
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def begin(self) -> "Life":
        return Life(self._address)


class Life:
    """One web process. It ends with the `with` that it stands in, at the latest."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address)
        self._stream = self._socket.makefile("rwb")
        self.is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let it end at once, and wait until it is gone."""
        if not self.is_over:
            self._socket.shutdown(socket.SHUT_WR)
            assert self._stream.read() == b""
        self._stream.close()
        self._socket.close()

    def ask(self, method: str, url: str, headers: Mapping[str, Any], body: bytes) -> Message:
        """Return the answer. Raises ConnectionClosedError when the life ended before it gave one."""
        parts = urlsplit(url)
        asked = {
            "method": method, "path": parts.path, "query": parts.query, "body": base64.b64encode(body).decode(),
            "headers": [[name.lower(), value.decode() if isinstance(value, bytes) else str(value)]
                        for name, value in headers.items()],
        }  # fmt: skip
        self._stream.write(json.dumps(asked).encode() + b"\n")
        self._stream.flush()
        answer = self._stream.readline()
        if not answer:
            self.is_over = True
            raise ConnectionClosedError(endpoint_url=url)
        told: Message = json.loads(answer)
        return told | {"body": base64.b64decode(told["body"])}

    def serves(self, client: Any) -> None:
        """Have a boto3 client ask this life from now on."""
        events, name = client.meta.events, f"before-send.{client.meta.service_model.service_id.hyphenize()}"
        events.unregister(name, unique_id="life")
        events.register_first(name, self._answer, unique_id="life")

    def _answer(self, request: Any, **_: object) -> Any:
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        headers = {"host": urlsplit(request.url).netloc, **dict(request.headers.items())}
        told = self.ask(request.method, request.url, headers, body.encode() if isinstance(body, str) else body)
        return botocore.awsrequest.AWSResponse(
            request.url, told["status"], httpx2.Headers(told["headers"]), Whole(told["body"])
        )


class Whole:
    """A body that is there already, in the shape in which botocore reads one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, amount: int | None = None) -> bytes:
        size = len(self._body) if amount is None else amount
        taken, self._body = self._body[:size], self._body[size:]
        return taken

    def stream(self, *_: object, **__: object) -> Any:
        yield self.read()


async def answered(application: Any, asked: Message) -> Message:
    body, messages = base64.b64decode(asked["body"]), []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": asked["method"], "path": asked["path"], "raw_path": asked["path"].encode(),
        "query_string": asked["query"].encode(), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        "headers": [(name.encode(), value.encode()) for name, value in asked["headers"]],
    }  # fmt: skip
    received = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        messages.append(message)

    await application(scope, receive, send)
    return {
        "status": messages[0]["status"],
        "headers": [[name.decode(), value.decode()] for name, value in messages[0]["headers"]],
        "body": base64.b64encode(b"".join(message.get("body", b"") for message in messages[1:])).decode(),
    }


async def live(application: Any, stream: Any) -> None:
    for line in stream:
        stream.write(json.dumps(await answered(application, json.loads(line))).encode() + b"\n")
        stream.flush()


def main() -> None:
    from pipelines_project.asgi import application  # late: whoever asks for lives has other settings

    bring_to_mind()
    listening = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
    while True:
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            asyncio.run(live(application, asking.makefile("rwb")))
            os._exit(0)
        asking.close()


def bring_to_mind() -> None:
    """Have what every life would bring to its mind anew, without opening the database."""
    from django.db import connection

    from apps.actions.catalogue import registry

    registry()
    connection.ops.compiler("SQLCompiler")
    gc.collect()
    gc.freeze()  # or the first collection in each life would copy all of it


if __name__ == "__main__":
    main()
