"""Sockets of live pages: they say that something changed; HTTP says what."""

import asyncio
import contextlib
import json
import time
from collections import deque
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.events.selectors import events_after, last_sequence
from apps.live.guard import account_for, is_own_origin, is_still_allowed
from apps.live.hub import Hub, hub
from apps.live.messages import RELOAD, Message, caught_up, event_message
from apps.live.outbox import Outbox
from apps.live.topics import Topic
from apps.tenancy.models import Account

RECHECK_SECONDS = 50
MOST_MISSED = 500
MOST_SUBSCRIPTIONS = 64
MOST_MESSAGES_A_SECOND = 10
MESSAGE_BYTES = 65_536
LARGEST_NUMBER = 2**53
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN = 1008, 1009, 1013


class LiveConsumer(AsyncWebsocketConsumer):
    """Tells one browser tab what happens in a pipeline, or in all those of an account.

    In: {"after": N} once, the number of the newest event that the page shows; {"log": "<action execution>"} to hear
    that a log grows, {"forget": "<action execution>"} to hear of it no more.
    Out: what was missed, {"caught_up": N}, then each event as it comes; {"reload": true} when too much was missed;
    {"log": "<action execution>", "size": <bytes>}.
    Refused at the handshake: strangers, and pages of other origins.
    """

    channel_layer_alias = "none"  # sockets are written to directly
    account: Account

    def __init__(self, *, hub: Hub = hub, recheck_seconds: float = RECHECK_SECONDS) -> None:
        super().__init__()
        self.hub, self.recheck_seconds = hub, recheck_seconds

    async def connect(self) -> None:
        self.topics: list[Topic] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.heard: deque[float] = deque(maxlen=MOST_MESSAGES_A_SECOND + 1)
        account = await account_for(self.scope) if is_own_origin(self.scope) else None
        if account is None:
            return await self.close()
        self.account = account
        self.outbox = Outbox(self._write, self._hang_up)
        await self.accept()
        self._spawn(self._recheck())

    async def disconnect(self, code: int) -> None:
        for topic in list(self.topics):
            self._unsubscribe(topic)
        for task in self.tasks:
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(text_data or bytes_data or "") > MESSAGE_BYTES:
            return await self.close(TOO_BIG)
        wish = _read_wish(text_data) if self._is_in_time() else None
        match wish:
            case {"after": int(number)} if not self.topics and 0 <= number <= LARGEST_NUMBER:
                await self._follow(number)
            case {"log": str(action_execution_id)} if self._may_hear(action_execution_id):
                self._subscribe(self._log_topic(action_execution_id), seen=self.seen)
            case {"forget": str(action_execution_id)} if self._log_topic(action_execution_id) in self.topics:
                self._unsubscribe(self._log_topic(action_execution_id))
            case _:
                await self.close(POLICY_VIOLATION)

    async def _follow(self, after: int) -> None:
        self.seen = await database_sync_to_async(last_sequence)(self.account)
        pipeline = self.scope["url_route"]["kwargs"].get("name", "")
        self._subscribe(Topic(self.account.pk, pipeline), seen=self.seen)
        self._spawn(self.outbox.run(await self._missed(after, pipeline)))

    async def _missed(self, after: int, pipeline: str) -> list[Message]:
        events = await database_sync_to_async(events_after)(self.account.pk, after, limit=MOST_MISSED + 1)
        if len(events) > MOST_MISSED or after > self.seen:
            return [RELOAD]
        newest = events[-1].sequence if events else after
        wanted = [event_message(event) for event in events if pipeline in ("", event.pipeline)]
        return [*wanted, caught_up(newest)]

    def _subscribe(self, topic: Topic, *, seen: int) -> None:
        self.topics.append(topic)
        self.hub.subscribe(topic, self.outbox, seen=seen)

    def _unsubscribe(self, topic: Topic) -> None:
        self.topics.remove(topic)
        self.hub.unsubscribe(topic, self.outbox)

    def _log_topic(self, action_execution_id: str) -> Topic:
        return Topic(self.account.pk, log=action_execution_id)

    def _is_in_time(self) -> bool:
        """Tell whether the tab says no more than it may in a second."""
        now = time.monotonic()
        self.heard.append(now)
        return len(self.heard) <= MOST_MESSAGES_A_SECOND or now - self.heard[0] > 1

    def _may_hear(self, action_execution_id: str) -> bool:
        if (
            not self.topics
            or len(self.topics) >= MOST_SUBSCRIPTIONS
            or self._log_topic(action_execution_id) in self.topics
        ):
            return False
        with contextlib.suppress(ValueError):
            return str(UUID(action_execution_id)) == action_execution_id
        return False

    async def _write(self, text: str) -> None:
        await self.send(text_data=text)

    async def _hang_up(self) -> None:
        await self.close(TRY_AGAIN)

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(self.recheck_seconds)
            if not self.topics or not await is_still_allowed(self.scope):
                return await self.close(POLICY_VIOLATION)

    def _spawn(self, work: Any) -> None:
        self.tasks.append(asyncio.create_task(work))


def _read_wish(text: str | None) -> dict[str, Any] | None:
    try:
        wish = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return wish if isinstance(wish, dict) and len(wish) == 1 else None
