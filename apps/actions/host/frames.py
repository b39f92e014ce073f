"""Messages between the worker and its children: a kind, a length and that many bytes."""

import json
import socket
import struct
from typing import Any

HEAD = struct.Struct("<cI")
LOG, PROGRESS, RESULT, ORDER, QUESTION, ANSWER = b"L", b"P", b"R", b"O", b"Q", b"A"
LOG_CHUNK = 64 * 1024
KIB = 1024
LIMITS = {
    LOG: LOG_CHUNK,
    PROGRESS: 16 * KIB,
    RESULT: 1024 * KIB,
    ORDER: 8 * 1024 * KIB,
    QUESTION: 256 * KIB,
    ANSWER: 256 * KIB,
}


class Garbage(Exception):
    """What arrived is no message."""


def frame(kind: bytes, body: bytes) -> bytes:
    """Return one message as bytes. Raises Garbage if it is longer than its kind may be."""
    if len(body) > LIMITS[kind]:
        raise Garbage(f"A message of {len(body)} bytes is longer than {LIMITS[kind]}.")
    return HEAD.pack(kind, len(body)) + body


def json_frame(kind: bytes, data: Any) -> bytes:
    """Return one message that holds JSON."""
    return frame(kind, json.dumps(data, ensure_ascii=True).encode("ascii"))


class FrameReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._bytes += data

    def next(self) -> tuple[bytes, bytes] | None:
        """Return the next whole message, if there is one. Raises Garbage."""
        if len(self._bytes) < HEAD.size:
            return None
        kind, length = HEAD.unpack_from(self._bytes)
        if length > LIMITS.get(kind, -1):
            raise Garbage("What arrived is no message, or too long for one.")
        if len(self._bytes) < HEAD.size + length:
            return None
        body = bytes(self._bytes[HEAD.size : HEAD.size + length])
        del self._bytes[: HEAD.size + length]
        return kind, body


def read_frame(connection: socket.socket) -> tuple[bytes, bytes] | None:
    """Return the next message of a blocking connection, or None at its end. Raises Garbage."""
    reader = FrameReader()
    while (message := reader.next()) is None:
        data = connection.recv(LOG_CHUNK)
        if not data:
            return None
        reader.feed(data)
    return message
