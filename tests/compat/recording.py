"""What a client really said: a server between it and Headrace that hands on every byte and notes each operation.

It hands on the Host header that the client sent and signed, so signatures stay right, and it works for any program that
can be given an endpoint. A program that can be given one endpoint for all of AWS is served by two: what is signed for a
service that Headrace is not goes to a stand-in.
"""

import http.client
import re
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
SERVICES = frozenset({"codepipeline", "s3", "sts"})  # those that Headrace answers for
SIGNED_FOR = re.compile(r"Credential=[^,]+/([^/,]+)/aws4_request")
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Exchange:
    """One call over the wire. Shapes: `protocol` is JSON or CBOR, `status` that of the HTTP answer."""

    operation: str
    protocol: str
    status: int


class Recorder:
    """Listens at `url` and hands on to `target`; `exchanges` are the calls of operations, in the order of answers.

    Calls of services that Headrace is not go to `elsewhere`, where that is given.
    """

    def __init__(self, target: str, *, elsewhere: str = "") -> None:
        self.exchanges: list[Exchange] = []
        places = {"target": target, "elsewhere": elsewhere or target, "noted": self.exchanges}
        handler = type("Handler", (_HandOn,), places)
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
    target: str
    elsewhere: str
    noted: list[Exchange]

    def setup(self) -> None:
        super().setup()
        self.upstreams: dict[str, http.client.HTTPConnection] = {}

    def finish(self) -> None:
        for upstream in self.upstreams.values():
            upstream.close()
        super().finish()

    def upstream(self) -> http.client.HTTPConnection:
        """Return this connection's own to who answers the request."""
        signed = SIGNED_FOR.search(self.headers.get("authorization", ""))
        place = self.target if signed is None or signed[1] in SERVICES else self.elsewhere
        if place not in self.upstreams:
            self.upstreams[place] = http.client.HTTPConnection(urlsplit(place).netloc, timeout=ANSWER_SECONDS)
        return self.upstreams[place]

    def hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        upstream = self.upstream()
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
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
