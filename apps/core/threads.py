"""Threads that stay, with what they keep (a database connection), for work that an event loop hands out."""

import asyncio
import atexit
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

END_SECONDS = 5.0

Task = tuple[asyncio.Future, Callable[..., Any], tuple[Any, ...]]


class LastingThreads:
    """`count` threads, started with the first work.

    The standard library's executor keeps a future and a semaphore of its own for each piece of work, behind locks:
    some 90 microseconds of a busy process, where a call of the wire API takes 500.
    """

    def __init__(self, count: int, name: str) -> None:
        self.count, self.name = count, name
        self._work: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[Thread] = []

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Return or raise what `work` does, on one of the threads. Once begun it is done, whoever stops waiting."""
        if not self._threads:
            self._start()
        future = asyncio.get_running_loop().create_future()
        self._work.put((future, work, arguments))
        return await future

    def _start(self) -> None:
        self._threads = [
            Thread(target=self._do_all, name=f"{self.name}-{number}", daemon=True) for number in range(self.count)
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.end)

    def _do_all(self) -> None:
        while (task := self._work.get()) is not None:
            _do(*task)
            del task  # or an idle thread would keep the last request

    def end(self) -> None:
        """Let what was handed out come to its end: what the process does before its own."""
        atexit.unregister(self.end)
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(END_SECONDS)


def _do(future: asyncio.Future, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    loop = future.get_loop()
    result: Any = None
    failure: BaseException | None = None
    try:
        result = work(*arguments)
    except BaseException as error:  # whatever it is, it is the asker's to handle
        failure = error
    if not loop.is_closed():
        loop.call_soon_threadsafe(_settle, future, result, failure)


def _settle(future: asyncio.Future, result: Any, failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(result)
