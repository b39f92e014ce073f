"""Logs: gathered, cut at their limit, kept in stretches, read from any offset."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from apps.jobs.selectors import log_from, log_size
from apps.jobs.services import append_log
from apps.jobs.worker import log
from apps.jobs.worker.log import CHUNK_BYTES, LogWriter
from apps.tenancy.models import Account
from tests.factories import NOW, make_account
from tests.running import until

WHOLE = b"one\ntwo\nthree\n"


@pytest.fixture
def account(db) -> Account:
    return make_account()


def keep(account: Account, *stretches: bytes, action: UUID | None = None, start: int = 0) -> UUID:
    action = action or uuid4()
    for content in stretches:
        append_log(account, action, start=start, content=content, now=NOW)
        start += len(content)
    return action


@pytest.mark.parametrize("start", range(len(WHOLE) + 1))
def test_a_log_is_read_from_any_offset_across_its_stretches(account, start):
    action = keep(account, b"one\nt", b"wo\n", b"three\n")
    tail = log_from(account, action, start=start)
    assert (tail.content, tail.start, tail.end) == (WHOLE[start:], start, len(WHOLE))


@pytest.mark.parametrize("limit", [1, 5, 6, 100])
def test_what_is_read_at_once_is_limited_and_the_next_reading_goes_on(account, limit):
    action = keep(account, b"one\nt", b"wo\n", b"three\n")
    read, end = b"", 0
    while end < log_size(account, action):
        tail = log_from(account, action, start=end, limit_bytes=limit)
        assert 0 < len(tail.content) <= limit
        read, end = read + tail.content, tail.end
    assert read == WHOLE


def test_a_log_that_begins_again_replaces_the_one_before(account):
    action = keep(account, b"a first try, ", b"killed amid")
    keep(account, b"second", action=action)
    assert log_from(account, action).content == b"second"
    assert log_size(account, action) == 6


def test_a_stretch_whose_commit_was_not_heard_of_is_kept_once(account):
    action = keep(account, b"one\n", b"two\n")
    keep(account, b"two\nthree\n", action=action, start=4)
    assert log_from(account, action).content == WHOLE


def test_a_log_is_read_by_its_account_only(account):
    action, stranger = keep(account, WHOLE), make_account("Umbrella")
    assert log_from(stranger, action).content == b""
    assert log_size(stranger, action) == 0


def test_without_a_log_there_is_nothing_to_read(account):
    assert log_from(account, uuid4(), start=0).content == b""
    assert log_size(account, uuid4()) == 0


class Sink(list):
    def __call__(self, start: int, content: bytes) -> None:
        self.append((start, content))


def test_what_is_printed_in_bits_is_handed_on_in_one_stretch():
    sink = Sink()
    writer = LogWriter(sink, limit_bytes=100)
    for content in (b"one\n", b"two\n"):
        writer.add(content)
    writer.flush()
    writer.add(b"three\n")
    writer.flush()
    writer.flush()
    assert sink == [(0, b"one\ntwo\n"), (8, b"three\n")]


def test_much_at_once_is_handed_on_without_waiting():
    sink = Sink()
    LogWriter(sink, limit_bytes=10 * CHUNK_BYTES).add(b"x" * CHUNK_BYTES)
    assert [(start, len(content)) for start, content in sink] == [(0, CHUNK_BYTES)]


def test_what_exceeds_the_limit_is_cut_once_and_says_so():
    sink = Sink()
    writer = LogWriter(sink, limit_bytes=10)
    for _ in range(5):
        writer.add(b"1234567")
    writer.flush()
    assert sink == [(0, b"1234567123\n[log cut: it reached its limit]\n")]


def test_a_writer_may_go_on_where_an_earlier_step_ended():
    sink = Sink()
    writer = LogWriter(sink, start=7, limit_bytes=10)
    writer.add(b"12345")
    writer.flush()
    assert sink == [(7, b"123\n[log cut: it reached its limit]\n")]


class Away(Sink):
    """A database that is away until `is_back` is set."""

    def __init__(self) -> None:
        self.is_back = threading.Event()
        self.asked = 0

    def __call__(self, start: int, content: bytes) -> None:
        self.asked += 1
        if not self.is_back.is_set():
            raise OperationalError("connection refused")
        super().__call__(start, content)


def test_a_step_may_print_while_the_database_is_away_and_nothing_of_it_is_lost():
    sink = Away()
    writer = LogWriter(sink, limit_bytes=10 * CHUNK_BYTES)
    for _ in range(5):
        writer.add(b"x" * CHUNK_BYTES)
    assert sink.asked <= 2  # not for each line: who prints does not wait
    with pytest.raises(OperationalError):
        writer.flush()
    sink.is_back.set()
    writer.flush()
    assert [(start, len(content)) for start, content in sink] == [(0, 5 * CHUNK_BYTES)]


def test_what_was_printed_while_the_database_was_away_is_handed_on_by_itself(monkeypatch):
    monkeypatch.setattr(log, "AWAY_SECONDS", 0.01)
    sink = Away()
    writer = LogWriter(sink, limit_bytes=10 * CHUNK_BYTES)
    writer.add(b"x" * CHUNK_BYTES)
    sink.is_back.set()
    until(lambda: sink, seconds=5, what="the stretch")
    assert sink == [(0, b"x" * CHUNK_BYTES)]
