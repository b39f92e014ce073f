"""A request's body on its way from the socket to the application."""

import asyncio
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]


class Incoming:
    """Holds what has arrived until the application asks, which is what lets more arrive.

    `ask` is called before the application first waits for a body, `hold` with True when `ahead_bytes` lie here and
    with False when they were taken.
    """

    def __init__(self, *, ahead_bytes: int, ask: Callable[[], None], hold: Callable[[bool], None]) -> None:
        self.ahead_bytes, self.ask, self.hold = ahead_bytes, ask, hold
        self.total_bytes = 0
        self.is_whole = False
        self._held = bytearray()
        self._is_held_back = self._is_gone = self._was_given_whole = self._was_asked = False
        self._news = asyncio.Event()

    def add(self, data: bytes) -> None:
        self.total_bytes += len(data)
        self._held += data
        self._news.set()
        if len(self._held) > self.ahead_bytes and not self._is_held_back:
            self._is_held_back = True
            self.hold(True)

    def end(self) -> None:
        self.is_whole = True
        self._news.set()

    def put_nowait(self, message: Message) -> None:
        """Take daphne's own messages: of them only the client's leaving is news."""
        if message["type"] == "http.disconnect":
            self._is_gone = True
            self._news.set()

    async def receive(self) -> Message:
        """Return the application's next message, as ASGI wants it."""
        while not self._has_news():
            if not self._was_asked:
                self._was_asked = True
                self.ask()
            self._news.clear()
            await self._news.wait()
        if self._is_gone:
            return {"type": "http.disconnect"}
        data = bytes(self._held)
        self._held.clear()
        if self._is_held_back:
            self._is_held_back = False
            self.hold(False)
        self._was_given_whole = self.is_whole
        return {"type": "http.request", "body": data, "more_body": not self.is_whole}

    def _has_news(self) -> bool:
        return self._is_gone or bool(self._held) or (self.is_whole and not self._was_given_whole)
