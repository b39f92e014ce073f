"""What a client really said: a server between it and Headrace that hands on every byte and notes each operation.

It hands on the Host header that the client sent and signed, so signatures stay right, and it works for any program that
can be given an endpoint.
"""

import http.client
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.running import CBOR, JSON

TARGET = "CodePipeline_20150709."
OPERATION_PATH = "/service/CodePipeline_20150709/operation/"
OURS = {"connection", "transfer-encoding", "content-length"}  # of an answer: written anew
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Exchange:
    """One call over the wire. Shapes: `protocol` is JSON or CBOR, `status` that of the HTTP answer."""

    operation: str
    protocol: str
    status: int


class Recorder:
    """Listens at `url` and hands on to `target`; `exchanges` are the calls of operations, in the order of answers."""

    def __init__(self, target: str) -> None:
        self.exchanges: list[Exchange] = []
        address = urlsplit(target)
        handler = type("Handler", (_HandOn,), {"target": (address.hostname, address.port), "noted": self.exchanges})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answered(self) -> set[str]:
        """Return the operations that were answered with a success."""
        return {each.operation for each in self.exchanges if each.status == 200}

    def protocols(self) -> set[str]:
        return {each.protocol for each in self.exchanges}

    def times(self, operation: str) -> int:
        return sum(each.operation == operation for each in self.exchanges)


def operation_of(path: str, headers: http.client.HTTPMessage) -> tuple[str, str] | None:
    """Return the operation and the protocol of a request; None when it is no call of the wire API."""
    _, found, operation = path.partition(OPERATION_PATH)
    if found:
        return operation, CBOR
    target = headers.get("x-amz-target", "")
    return (target.removeprefix(TARGET), JSON) if target.startswith(TARGET) else None


class _HandOn(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: tuple[str, int]
    noted: list[Exchange]

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPConnection(*self.target, timeout=ANSWER_SECONDS)

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            self.upstream.putheader(name, value)
        self.upstream.endheaders(body)
        answer = self.upstream.getresponse()
        content = answer.read()
        if call := operation_of(self.path, self.headers):
            self.noted.append(Exchange(*call, answer.status))
        self.send_response_only(answer.status)
        self._send_headers(answer.getheaders(), len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def _send_headers(self, headers: Sequence[tuple[str, str]], length: int) -> None:
        for name, value in headers:
            if name.lower() not in OURS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = hand_on

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""
