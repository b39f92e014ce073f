"""The worker's side: a pool of warm children, each with a deadline that is kept from outside."""

import contextlib
import json
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .codec import BadResult, result_from_json
from .frames import ANSWER, LOG, LOG_CHUNK, ORDER, PROGRESS, QUESTION, FrameReader, Garbage, json_frame
from .nursery_client import NurseryClient, NurseryUnavailable
from .orders import Cancelled, Crashed, Finished, StepOrder, StepOutcome, TimedOut

LOOK_SECONDS = 0.25  # how often `cancelled` is asked
GRACE_SECONDS = 7.0  # between asking a child to end its step and killing it; a command in the sandbox gets 5 of them
OnLog = Callable[[bytes], None]
OnProgress = Callable[[dict[str, Any]], None]
OnQuestion = Callable[[str, dict[str, Any]], dict[str, Any]]


def never() -> bool:
    """Say that nobody cancels."""
    return False


def ignore(progress: dict[str, Any]) -> None:
    """Tell nobody of progress."""


class Refused(Exception):
    """What a provider asked for is not done. `code` is one of the SDK's FAILURE_CODES."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def refuse(what: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer no question."""
    raise Refused("SystemUnavailable", f"Nobody answers '{what}' here.")


class Child:
    """One child process. After anything but Finished it is spent, and must be thrown away."""

    def __init__(self, nursery: NurseryClient, grace_seconds: float = GRACE_SECONDS) -> None:
        self._nursery = nursery
        self._grace_seconds = grace_seconds
        self.pid, self._connection = nursery.start_child()
        self.spent = False

    def run(
        self,
        order: StepOrder,
        *,
        on_log: OnLog,
        on_progress: OnProgress = ignore,
        on_question: OnQuestion = refuse,
        deadline_seconds: float,
        cancelled: Callable[[], bool] = never,
    ) -> StepOutcome:
        """Run one step to its end or to its deadline.

        Units: `deadline_seconds` from now. `on_log` gets bytes as they come, at most 64 KiB at once. `on_question`
        answers what the provider asks, or raises Refused; the deadline does not interrupt it.
        """
        self.spent, watch = True, _Watch(deadline_seconds, cancelled, self._grace_seconds)
        try:
            self._connection.setblocking(False)
            answer = self._converse(order, on_log, on_progress, on_question, watch)
        except Garbage:
            return Crashed(f"The provider {order.action_type} answered with something that is no result.")
        if watch.outcome is not None:
            return watch.outcome
        if answer is None:
            return Crashed(f"The provider {order.action_type} {self._how_it_ended()}.")
        try:
            outcome = Finished(result_from_json(answer["result"]), tuple(answer["written"]))
        except (BadResult, KeyError, TypeError):
            return Crashed(f"The provider {order.action_type} answered with something that is no result.")
        self.spent = bool(answer["leaving"])
        return outcome

    def _converse(
        self, order: StepOrder, on_log: OnLog, on_progress: OnProgress, on_question: OnQuestion, watch: "_Watch"
    ) -> dict[str, Any] | None:
        """Send the order and return the answer; None if the child hung up or had to be ended."""
        unsent, reader, poll = memoryview(json_frame(ORDER, order.to_json())), FrameReader(), select.poll()
        while not watch.is_over(self.pid):
            poll.register(self._connection, select.POLLIN | (select.POLLOUT if unsent else 0))
            if not poll.poll(watch.patience() * 1000):
                continue
            try:
                if unsent:
                    unsent = unsent[self._send(unsent) :]
                data = self._connection.recv(LOG_CHUNK)
            except BlockingIOError:
                continue
            except ConnectionError:
                return None
            if not data:
                return None
            reader.feed(data)
            while (message := reader.next()) is not None:
                kind, body = message
                if kind == LOG:
                    on_log(body)
                elif kind == PROGRESS:
                    on_progress(_object(body))
                elif kind == QUESTION:
                    unsent = memoryview(bytes(unsent) + _answer(_object(body), on_question))
                else:
                    return _object(body)
        return None

    def _send(self, data: memoryview) -> int:
        try:
            return self._connection.send(data)
        except BlockingIOError:
            return 0

    def _how_it_ended(self) -> str:
        status = self._nursery.reap(self.pid)
        if status is None:
            return "ended for an unknown reason"
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
            return f"was killed by signal {name}"
        return f"ended its own process with code {os.WEXITSTATUS(status)}"

    def is_fresh(self) -> bool:
        """Say whether the idle child lives and is silent, as one should be that waits for an order."""
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Kill the child if it lives, with everything it started."""
        self._connection.close()
        self._nursery.reap(self.pid)


def _answer(question: dict[str, Any], on_question: OnQuestion) -> bytes:
    """Return the frame that answers a question. Raises Garbage."""
    what, arguments = question.get("what"), question.get("arguments")
    if not isinstance(what, str) or not isinstance(arguments, dict):
        raise Garbage("What arrived is no question.")
    try:
        return json_frame(ANSWER, {"answer": on_question(what, arguments)})
    except Refused as refused:
        return json_frame(ANSWER, {"refused": {"code": refused.code, "message": refused.message}})


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Garbage("What arrived is not JSON.") from None
    if not isinstance(data, dict):
        raise Garbage("What arrived is no object.")
    return data


class _Watch:
    """Knows when a step is over: its deadline passed, or nobody waits any more, and the grace period too."""

    def __init__(self, deadline_seconds: float, cancelled: Callable[[], bool], grace_seconds: float) -> None:
        self.outcome: StepOutcome | None = None
        self._seconds = deadline_seconds
        self._cancelled = cancelled
        self._grace_seconds = grace_seconds
        self._due = time.monotonic() + deadline_seconds
        self._next_look = 0.0

    def is_over(self, pid: int) -> bool:
        """Say whether waiting has no more sense. Asks the child to end first, and leaves it a moment."""
        now = time.monotonic()
        if self.outcome is not None:
            return now >= self._due
        if now >= self._due:
            self.outcome = TimedOut(self._seconds)
        elif now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            if self._cancelled():
                self.outcome = Cancelled()
        if self.outcome is not None:
            self._due = now + self._grace_seconds
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return False

    def patience(self) -> float:
        """Return for how many seconds to wait for news."""
        return max(0.0, min(LOOK_SECONDS, self._due - time.monotonic()))


class ChildPool:
    """At most `size` children at once, warm between their steps. Safe to use from several threads.

    Shapes: `modules` are plugin modules beside those of the entry points. Units: `grace_seconds` pass between asking a
    step to end, at its deadline or when it is cancelled, and killing it.
    """

    def __init__(self, size: int, *, modules: Sequence[str] = (), grace_seconds: float = GRACE_SECONDS) -> None:
        self._nursery = NurseryClient(modules)
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._size = size
        self._grace_seconds = grace_seconds
        self._closed = False

    def warm(self) -> None:
        """Start all children now. Raises NurseryUnavailable."""
        started = [Child(self._nursery, self._grace_seconds) for _ in range(self._size)]
        with self._lock:
            self._idle.extend(started)

    @contextlib.contextmanager
    def child(self) -> Iterator[Child]:
        """Lend a child; wait for one if all are busy. Raises NurseryUnavailable."""
        with self._slots:
            child = self._fresh_child()
            try:
                yield child
            finally:
                self._take_back(child)

    def run(
        self,
        order: StepOrder,
        *,
        on_log: OnLog,
        on_progress: OnProgress = ignore,
        on_question: OnQuestion = refuse,
        deadline_seconds: float,
        cancelled: Callable[[], bool] = never,
    ) -> StepOutcome:
        """Run one step in the next free child. See `Child.run`."""
        try:
            with self.child() as child:
                return child.run(
                    order,
                    on_log=on_log,
                    on_progress=on_progress,
                    on_question=on_question,
                    deadline_seconds=deadline_seconds,
                    cancelled=cancelled,
                )
        except NurseryUnavailable as unavailable:
            return Crashed(str(unavailable))

    def close(self) -> None:
        """End all children, those at work too, and start no more."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
        self._nursery.close()

    def _fresh_child(self) -> Child:
        while True:
            with self._lock:
                if self._closed:
                    raise NurseryUnavailable("The worker ends and begins nothing any more.")
                child = self._idle.pop() if self._idle else None
            if child is None:
                return Child(self._nursery, self._grace_seconds)
            if child.is_fresh():
                return child
            child.close()  # it died, or something of its last step still talks

    def _take_back(self, child: Child) -> None:
        with self._lock:
            keep = not child.spent and not self._closed
            if keep:
                self._idle.append(child)
        if not keep:
            child.close()


__all__ = ["Child", "ChildPool", "NurseryUnavailable", "OnQuestion", "Refused"]
