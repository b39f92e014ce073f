"""What waits to be written to one socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.live.messages import Message
from apps.live.outbox import MOST_WAITING, Outbox


class Tab:
    """Keeps what is written to it, once it reads."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.hung_up = asyncio.Event()

    async def write(self, text: str) -> None:
        await self.reads.wait()
        self.texts.append(text)

    async def hang_up(self) -> None:
        self.hung_up.set()


@asynccontextmanager
async def running(tab: Tab, backlog: list[Message]) -> AsyncIterator[Outbox]:
    outbox = Outbox(tab.write, tab.hang_up)
    task = asyncio.create_task(outbox.run(backlog))
    yield outbox
    task.cancel()


def events(*numbers: int) -> list[Message]:
    return [Message(number, str(number)) for number in numbers]


async def settled(tab: Tab, count: int) -> list[str]:
    async with asyncio.timeout(5):
        while len(tab.texts) < count:
            await asyncio.sleep(0.005)
    return tab.texts


async def test_what_was_missed_comes_before_what_happens():
    tab = Tab()
    tab.reads.clear()
    async with running(tab, events(1, 2)) as outbox:
        outbox.offer(events(3))
        tab.reads.set()
        assert await settled(tab, 3) == ["1", "2", "3"]


async def test_an_event_that_came_both_ways_is_written_once():
    tab = Tab()
    async with running(tab, events(1, 2, 3)) as outbox:
        outbox.offer(events(2, 3, 4))
        assert await settled(tab, 4) == ["1", "2", "3", "4"]


async def test_words_without_a_number_are_always_written():
    tab = Tab()
    async with running(tab, events(5)) as outbox:
        outbox.offer([Message(0, "log"), Message(0, "log")])
        assert await settled(tab, 3) == ["5", "log", "log"]


async def test_messages_come_from_any_thread():
    tab = Tab()
    async with running(tab, []) as outbox:
        await asyncio.gather(*(asyncio.to_thread(outbox.offer, [Message(0, "x")]) for _ in range(20)))
        assert len(await settled(tab, 20)) == 20


async def test_a_browser_that_does_not_read_is_hung_up_on():
    tab = Tab()
    tab.reads.clear()
    async with running(tab, events(1)) as outbox:
        outbox.offer(events(*range(2, MOST_WAITING + 3)))
        await asyncio.sleep(0)
        tab.reads.set()
        async with asyncio.timeout(5):
            await tab.hung_up.wait()
        assert tab.texts == ["1"]
