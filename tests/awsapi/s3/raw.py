"""Requests that no client library sends, written to a socket."""

import socket
import time
from collections.abc import Iterable

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .running import REGION, Server


class FixedPayload(S3SigV4Auth):
    """Signs what it is told of the body, be it true or not."""

    said = ""

    def payload(self, request):
        return self.said

    def _should_sha256_sign_payload(self, request):
        return True


def head(server: Server, method: str, path: str, headers: dict[str, str], *, who: str = "admin") -> bytes:
    """Return the signed head of a request. Shapes: `headers` must hold X-Amz-Content-SHA256."""
    request = AWSRequest(method, server.url + path, headers=dict(headers))
    signer = FixedPayload(Credentials(*server.keys[who]), "s3", REGION)
    signer.said = headers["X-Amz-Content-SHA256"]
    signer.add_auth(request)
    lines = [f"{name}: {value}" for name, value in {**request.headers, **headers}.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *lines, "", ""]).encode()


def exchange(server: Server, *pieces: bytes | float, hang_up: bool = False) -> bytes:
    """Send the pieces, resting where one is a number of seconds, and return what comes back until it pauses."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                send(connection, piece)
        return b"" if hang_up else answer(connection)


def send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return  # the server has heard enough


def answer(connection: socket.socket) -> bytes:
    """Read one response: its head and as many bytes as it announces."""
    received = b""
    while not complete(received):
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            break
        if not data:
            break
        received += data
    return received


def complete(received: bytes) -> bool:
    start, _, body = received.partition(b"\r\n\r\n")
    if start.startswith(b"HTTP/1.1 100"):
        return complete(body)
    lengths = [line.split(b":")[1] for line in start.lower().split(b"\r\n") if line.startswith(b"content-length")]
    return bool(lengths) and len(body) >= int(lengths[0])


def http_chunks(pieces: Iterable[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
