"""What waits to be written to one socket. A browser that does not read is hung up on, and catches up by number."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from apps.live.messages import Message

MOST_WAITING = 2000


class Outbox:
    """Takes messages from any thread, and writes them in their order, each event once."""

    def __init__(self, write: Callable[[str], Awaitable[None]], hang_up: Callable[[], Awaitable[None]]) -> None:
        self._write, self._hang_up = write, hang_up
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Message] = deque()
        self._ready = asyncio.Event()
        self._written = 0

    def offer(self, messages: list[Message]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, messages)

    def _take(self, messages: list[Message]) -> None:
        self._waiting.extend(messages)
        self._ready.set()

    async def run(self, backlog: list[Message]) -> None:
        """Write what was missed, then whatever comes, until cancelled."""
        await self._write_all(backlog)
        while True:
            await self._ready.wait()
            self._ready.clear()
            if len(self._waiting) > MOST_WAITING:
                return await self._hang_up()
            batch = list(self._waiting)
            self._waiting.clear()
            await self._write_all(batch)

    async def _write_all(self, messages: list[Message]) -> None:
        for message in messages:
            if message.sequence and message.sequence <= self._written:
                continue
            self._written = max(self._written, message.sequence)
            await self._write(message.text)
