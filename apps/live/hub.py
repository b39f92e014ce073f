"""The hub: hears what happened in any process, and hands each message to the sockets of this one.

One thread waits for the doorbell and reads each account's new events once, whoever and however many look at them. The
same encoded text goes to every socket directly: a channel layer in between costs many times the processor time.
"""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Event as Flag
from threading import Lock, Thread, current_thread
from typing import Protocol

from django.db import DatabaseError, connections

from apps.core import doorbell
from apps.events.models import Event
from apps.events.selectors import events_after
from apps.live.messages import Message, event_message, log_message
from apps.live.topics import Topic, topics_of

logger = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
BATCH = 500


class Socket(Protocol):
    """Takes messages from any thread, and never waits."""

    def offer(self, messages: list[Message]) -> None: ...


class Hub:
    """Who listens to what in this process. Its thread lives while anybody does."""

    def __init__(
        self,
        *,
        listen: Callable[..., doorbell.Listener] = doorbell.listen,
        read: Callable[..., list[Event]] = events_after,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._listen, self._read, self._look_seconds = listen, read, look_seconds
        self._lock = Lock()
        self._sockets: dict[Topic, set[Socket]] = {}
        self._seen: dict[int, int] = {}
        self._thread: Thread | None = None
        self._closing = Flag()
        self._next_look = 0.0

    def subscribe(self, topic: Topic, socket: Socket, *, seen: int = 0) -> None:
        """Tell `socket` of everything after event number `seen`: a number that was true before this call."""
        with self._lock:
            self._sockets.setdefault(topic, set()).add(socket)
            self._seen.setdefault(topic.account_id, seen)
            if self._thread is None:
                self._closing.clear()
                self._thread = Thread(target=self._run, name="live-hub", daemon=True)
                self._thread.start()

    def unsubscribe(self, topic: Topic, socket: Socket) -> None:
        with self._lock:
            sockets = self._sockets.get(topic, set())
            sockets.discard(socket)
            if not sockets:
                self._sockets.pop(topic, None)
            if not any(other.account_id == topic.account_id for other in self._sockets):
                self._seen.pop(topic.account_id, None)

    def close(self) -> None:
        """Forget every socket, and wait for the thread to end."""
        with self._lock:
            self._sockets.clear()
            self._seen.clear()
            thread, self._thread = self._thread, None
        self._closing.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while self._is_wanted():
            self._next_look = 0.0
            try:
                with self._listen("events", "log") as listener:
                    self._hear([])
                    while self._is_wanted():
                        self._hear(listener.wait(self._look_seconds))
            except (OSError, DatabaseError):
                logger.warning("Live pages cannot hear what happens; they try again soon.", exc_info=True)
                self._closing.wait(self._look_seconds)
            finally:
                connections.close_all()

    def _is_wanted(self) -> bool:
        """Tell the thread whether to go on. One that is told no is replaced when somebody comes."""
        with self._lock:
            is_wanted = bool(self._sockets) and self._thread is current_thread()
            if not is_wanted and self._thread is current_thread():
                self._thread = None
            return is_wanted

    def _hear(self, rings: list[tuple[str, str]]) -> None:
        logs: dict[Topic, Message] = {}
        for channel, payload in rings:
            if channel == "log":
                account_id, action_execution_id, size = payload.split()
                logs[Topic(int(account_id), log=action_execution_id)] = log_message(action_execution_id, int(size))
        for topic, message in logs.items():
            self._offer(topic, [message])
        self._look(self._due({int(payload) for channel, payload in rings if channel == "events"}))

    def _due(self, rung: set[int]) -> set[int]:
        """Return whom to look at: the accounts that rang, and all of them from time to time, for a ring may be lost."""
        now = time.monotonic()
        if now < self._next_look:
            return rung
        self._next_look = now + self._look_seconds
        with self._lock:
            return set(self._seen)

    def _look(self, account_ids: Iterable[int]) -> None:
        for account_id in account_ids:
            try:
                self._read_account(account_id)
            except DatabaseError:
                logger.warning("Live pages could not read events; they look again soon.", exc_info=True)
                connections.close_all()
                self._closing.wait(min(0.2, self._look_seconds))

    def _read_account(self, account_id: int) -> None:
        while (seen := self._seen.get(account_id)) is not None:
            events = self._read(account_id, seen, limit=BATCH)
            self._hand_out(account_id, events)
            if len(events) < BATCH:
                return

    def _hand_out(self, account_id: int, events: list[Event]) -> None:
        by_topic: dict[Topic, list[Message]] = {}
        for event in events:
            message = event_message(event)
            for topic in topics_of(account_id, event.pipeline):
                by_topic.setdefault(topic, []).append(message)
        for topic, messages in by_topic.items():
            self._offer(topic, messages)
        with self._lock:
            if events and account_id in self._seen:
                self._seen[account_id] = max(self._seen[account_id], events[-1].sequence)

    def _offer(self, topic: Topic, messages: list[Message]) -> None:
        with self._lock:
            sockets = list(self._sockets.get(topic, ()))
        for socket in sockets:
            socket.offer(messages)


hub = Hub()
