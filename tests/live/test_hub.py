"""The hub: one reading for however many sockets, and nothing lost between readings. Events come from a list here."""

import time
from datetime import UTC, datetime
from queue import Empty, Queue
from threading import Event as Flag

import pytest
from django.db import DatabaseError

from apps.events.models import Event
from apps.live.hub import Hub
from apps.live.messages import Message
from apps.live.topics import Topic

AT = datetime(2030, 1, 31, 9, tzinfo=UTC)
NEVER = 3600.0


class Bell:
    """A doorbell that the test rings."""

    def __init__(self) -> None:
        self.rings: Queue = Queue()

    def __call__(self, *channels: str) -> "Bell":
        return self

    def __enter__(self) -> "Bell":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def wait(self, timeout_seconds: float) -> list[tuple[str, str]]:
        try:
            return [self.rings.get(timeout=min(timeout_seconds, 0.05))]
        except Empty:
            return []


class Log:
    """An event log in memory, which counts how often it is read."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reads = 0
        self.broken = Flag()

    def add(self, pipeline: str = "web", account_id: int = 1) -> int:
        sequence = len(self.events) + 1
        self.events.append(
            Event(account_id=account_id, sequence=sequence, kind="StageStarted", pipeline=pipeline, at=AT)
        )
        return sequence

    def __call__(self, account_id: int, sequence: int, *, limit: int) -> list[Event]:
        if self.broken.is_set():
            raise DatabaseError("the database went away")
        self.reads += 1
        return [each for each in self.events if each.account_id == account_id and each.sequence > sequence][:limit]


class Tab:
    """A socket that keeps what it was offered."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def offer(self, messages: list[Message]) -> None:
        self.messages += messages

    def numbers(self) -> list[int]:
        return [message.sequence for message in self.messages]


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def hub(bell, log):
    hub = Hub(listen=bell, read=log, look_seconds=NEVER)
    yield hub
    hub.close()


def until(happened) -> bool:
    ends = time.monotonic() + 5
    while not happened() and time.monotonic() < ends:
        time.sleep(0.005)
    return happened()


def test_every_tab_of_a_pipeline_gets_the_same_message(hub, bell, log):
    tabs = [Tab() for _ in range(50)]
    for tab in tabs:
        hub.subscribe(Topic(1, "web"), tab)
    log.add()
    bell.rings.put(("events", "1"))
    assert until(lambda: all(tab.messages for tab in tabs))
    assert len({id(tab.messages[0].text) for tab in tabs}) == 1


def test_an_account_is_read_once_for_all_its_tabs(hub, bell, log):
    for _ in range(20):
        hub.subscribe(Topic(1, "web"), Tab())
    last = Tab()
    hub.subscribe(Topic(1), last)
    until(lambda: log.reads)
    before = log.reads
    log.add()
    bell.rings.put(("events", "1"))
    assert until(lambda: last.messages)
    assert log.reads == before + 1


def test_a_tab_hears_of_its_pipeline_only(hub, bell, log):
    web, other, lists, stranger = Tab(), Tab(), Tab(), Tab()
    for topic, tab in (
        (Topic(1, "web"), web),
        (Topic(1, "other"), other),
        (Topic(1), lists),
        (Topic(2, "web"), stranger),
    ):
        hub.subscribe(topic, tab)
    log.add("web")
    bell.rings.put(("events", "1"))
    assert until(lambda: lists.messages)
    assert [len(tab.messages) for tab in (web, other, lists, stranger)] == [1, 0, 1, 0]


def test_what_happened_after_the_number_that_was_true_is_told(hub, log):
    log.add()
    log.add()
    tab = Tab()
    hub.subscribe(Topic(1, "web"), tab, seen=1)
    assert until(lambda: tab.numbers() == [2])


def test_a_lost_ring_is_made_up_for_by_looking(bell, log):
    hub, tab = Hub(listen=bell, read=log, look_seconds=0.02), Tab()
    hub.subscribe(Topic(1, "web"), tab)
    log.add()
    assert until(lambda: tab.numbers() == [1])
    hub.close()


def test_more_than_a_batch_is_told_in_order(hub, bell, log):
    for _ in range(1234):
        log.add()
    tab = Tab()
    hub.subscribe(Topic(1, "web"), tab)
    bell.rings.put(("events", "1"))
    assert until(lambda: len(tab.messages) == 1234)
    assert tab.numbers() == list(range(1, 1235))


def test_a_database_that_goes_away_loses_nothing(hub, bell, log):
    tab = Tab()
    hub.subscribe(Topic(1, "web"), tab)
    until(lambda: log.reads)
    log.broken.set()
    log.add()
    bell.rings.put(("events", "1"))
    assert until(lambda: bell.rings.empty())
    log.broken.clear()
    log.add()
    bell.rings.put(("events", "1"))
    assert until(lambda: tab.numbers() == [1, 2])


def test_a_log_that_grew_is_told_to_those_who_follow_it(hub, bell):
    follower, other, stranger = Tab(), Tab(), Tab()
    for topic, tab in ((Topic(1, log="a"), follower), (Topic(1, log="b"), other), (Topic(2, log="a"), stranger)):
        hub.subscribe(topic, tab)
    bell.rings.put(("log", "1 a 42"))
    assert until(lambda: follower.messages)
    assert follower.messages[0].text == '{"log":"a","size":42}'
    assert not other.messages
    assert not stranger.messages


def test_who_left_hears_no_more(hub, bell, log):
    gone, stays = Tab(), Tab()
    for tab in (gone, stays):
        hub.subscribe(Topic(1, "web"), tab)
    hub.unsubscribe(Topic(1, "web"), gone)
    log.add()
    bell.rings.put(("events", "1"))
    assert until(lambda: stays.messages)
    assert not gone.messages


def test_who_comes_after_everybody_left_is_served(hub, bell, log):
    first, second = Tab(), Tab()
    hub.subscribe(Topic(1, "web"), first)
    hub.unsubscribe(Topic(1, "web"), first)
    hub.subscribe(Topic(1, "web"), second)
    log.add()
    bell.rings.put(("events", "1"))
    assert until(lambda: second.numbers() == [1])
