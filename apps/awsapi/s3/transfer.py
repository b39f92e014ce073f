"""Bodies on their way in and out, a piece at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from threading import Lock
from typing import Any

from apps.artifacts.digests import Claims
from apps.artifacts.incoming import Arrived, Incoming

from .answers import Stream
from .errors import ClientGone, S3Error
from .payload import Payload
from .threads import Threads

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BATCH_BYTES = 262_144
SILENCE_SECONDS = 60
DRAIN_BYTES = 1024**2
DRAIN_SECONDS = 5


class Body:
    """The body of one request. `is_read` tells whether its end was seen."""

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes]) -> None:
        self._receive = receive
        self._waits_to_send = headers.get(b"expect", b"").lower() == b"100-continue"  # until somebody asks for the body
        self._is_short = len(headers.get(b"content-length", b"")) <= len(str(DRAIN_BYTES))
        self.is_read = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the body in pieces of a size worth a hop to a thread. Raises ClientGone, S3Error RequestTimeout."""
        held = bytearray()
        while not self.is_read:
            held += await self._next()
            if len(held) >= BATCH_BYTES:
                yield bytes(held)
                held.clear()
        if held:
            yield bytes(held)

    async def whole(self, limit_bytes: int) -> bytes:
        """Raises: S3Error EntityTooLarge and what `pieces` raises."""
        body = bytearray()
        async for piece in self.pieces():
            body += piece
            if len(body) > limit_bytes:
                raise S3Error("EntityTooLarge", f"The body of this request may hold {limit_bytes} bytes at most.")
        return bytes(body)

    async def drain(self) -> None:
        """Take a little more of a body that nobody wants, so that its sender gets to reading the answer."""
        seen = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._is_short and not self.is_read and not self._waits_to_send and seen < DRAIN_BYTES:
                    seen += len(await self._next())
        except (TimeoutError, S3Error):
            return

    async def _next(self) -> bytes:
        self._waits_to_send = False
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise S3Error("RequestTimeout", "Your socket connection to the server was not read from in time.") from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        self.is_read = not message.get("more_body", False)
        data: bytes = message.get("body", b"")
        return data


class Sink:
    """Takes an upload's bytes from one thread after another.

    The lock is for a request that is cancelled while a thread still writes: what it leaves is discarded after that.
    """

    def __init__(self, payload: Payload, incoming: Incoming) -> None:
        self._payload, self._incoming = payload, incoming
        self._lock = Lock()

    def feed(self, data: bytes) -> None:
        with self._lock:
            for piece in self._payload.feed(data):
                self._incoming.write(piece)

    def finish(self) -> tuple[Arrived, Claims]:
        with self._lock:
            claims = self._payload.finish()
            return self._incoming.finish(claims), claims

    def discard(self) -> None:
        with self._lock:
            self._incoming.discard()


async def send_stream(stream: Stream, send: Send, threads: Threads) -> None:
    """Send what a reader gives. An error of the reader goes up, and the server breaks the connection off."""
    left = stream.length
    while left:
        size = min(BATCH_BYTES, left)
        data = await threads.run(lambda size=size: stream.reader.read(size))  # type: ignore[misc]
        if not data:
            raise EOFError(f"{left} bytes of a stored object are missing.")
        left -= len(data)
        await send({"type": "http.response.body", "body": data, "more_body": left > 0})
