"""Threads that stay, with what they keep (a database connection), for work that an event loop hands out."""

import asyncio
import atexit
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any

END_SECONDS = 5.0
# Work that takes longer than this waits for something else than the processor, and lets other work pass.
LONG_SECONDS = 0.005

Task = tuple[asyncio.Future, Callable[..., Any], tuple[Any, ...], int]


class LastingThreads:
    """At most `count` threads, each started when it is first needed; `at_once` of them work, not counting slow work.

    Threads that compute take turns at the interpreter's lock, and each statement of a database gives that lock away:
    eight of them spend more time on changing places than on the work. So they follow one another as long as each is
    quick, and work that takes long (a slow query, a wait for a writer's turn) holds nobody up. Where several may work
    at once, a piece of work may take the place of all: others begin beside it only once it is slow.

    The standard library's executor keeps a future and a semaphore of its own for each piece of work, behind locks:
    some 90 microseconds of a busy process, where a call of the wire API takes 500.
    """

    def __init__(self, count: int, name: str, *, at_once: int | None = None) -> None:
        self.count, self.name, self.at_once = count, name, at_once or count
        self._lock = Lock()  # of all below
        self._waiting: deque[Task] = deque()
        self._idle: list[_Lasting] = []  # the one that worked last is at the end: its memory is still at hand
        self._busy: dict[_Lasting, tuple[float, int]] = {}  # since when, and the places taken
        self._threads: list[_Lasting] = []
        self._looks: asyncio.AbstractEventLoop | None = None  # where a timer runs for those that wait

    async def run(self, work: Callable[..., Any], *arguments: Any, takes_all_places: bool = False) -> Any:
        """Return or raise what `work` does, on one of the threads. Once begun it is done, whoever stops waiting."""
        loop = asyncio.get_running_loop()
        task: Task = (loop.create_future(), work, arguments, self.at_once if takes_all_places else 1)
        with self._lock:
            thread = None if self._waiting else self._free(task)
            if thread is None:
                self._waiting.append(task)
                self._look_later(loop)
        if thread is not None:
            thread.take(task)
        return await task[0]

    def is_at_work(self) -> bool:
        """Tell whether a thread is at something that is not slow. Whoever computes beside it is in its way."""
        with self._lock:
            return self._at_work() > 0

    def _at_work(self) -> int:
        before = monotonic() - LONG_SECONDS
        return sum(places for since, places in self._busy.values() if since > before)

    def _free(self, task: Task) -> "_Lasting | None":
        """Return a thread that may begin this now, counted as busy with it."""
        if not self._has_room():
            return None
        if self._idle:
            thread = self._idle.pop()
        elif len(self._threads) < self.count:
            thread = self._one_more()
        else:
            return None
        self._busy[thread] = monotonic(), task[-1]
        return thread

    def _has_room(self) -> bool:
        """Tell whether less work is in hand than may be, not counting slow work."""
        return self._at_work() < self.at_once

    def _one_more(self) -> "_Lasting":
        if not self._threads:
            atexit.register(self.end)
        thread = _Lasting(self, f"{self.name}-{len(self._threads)}")
        self._threads.append(thread)
        thread.start()
        return thread

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have somebody see, as long as work waits, whether what holds it up is slow."""
        if self._looks is not loop:
            self._looks = loop
            loop.call_later(LONG_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._looks = None
            handed_out = self._hand_out()
            if self._waiting:
                self._look_later(loop)
        for thread, task in handed_out:
            thread.take(task)

    def _hand_out(self) -> "list[tuple[_Lasting, Task]]":
        """Return what may begin now, in the order in which it came, each with its thread."""
        handed_out = []
        while self._waiting and (thread := self._free(self._waiting[0])) is not None:
            handed_out.append((thread, self._waiting.popleft()))
        return handed_out

    def next_for(self, thread: "_Lasting") -> Task | None:
        """Return what a thread that is done shall do next. None: wait until something is handed to it."""
        own = None
        with self._lock:
            del self._busy[thread]
            self._idle.append(thread)
            handed_out = self._hand_out() if self._waiting else ()
        for each, task in handed_out:
            if each is thread:
                own = task
            else:
                each.take(task)
        return own

    def end(self) -> None:
        """Let what was handed out come to its end: what the process does before its own."""
        atexit.unregister(self.end)
        for thread in self._threads:
            thread.take(None)
        for thread in self._threads:
            thread.join(END_SECONDS)


class _Lasting(Thread):
    def __init__(self, owner: LastingThreads, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.owner = owner
        self._given: SimpleQueue[Task | None] = SimpleQueue()

    def take(self, task: Task | None) -> None:
        """Have a task done; None ends the thread."""
        self._given.put(task)

    def run(self) -> None:
        while (task := self._given.get()) is not None:
            while task is not None:
                _do(*task[:-1])
                task = self.owner.next_for(self)  # and lets go of the last request


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
