"""Work of several threads in one transaction: all of it is kept or none, and each hears of its own alone."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.utils import ConnectionHandler

from apps.core import together
from apps.core.sqlite3.turns import Turns
from apps.core.together import Together, kept_together
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)  # pytest-django lets no test near any database without it
THREADS = 4


class Desk:
    """Threads, each with a connection of its own to one file, and somebody else who can have the turn to write."""

    def __init__(self, path, timeout: float) -> None:
        self.path, self.timeout = str(path), timeout
        self.other = Turns(self.path)
        self.threads = ThreadPoolExecutor(THREADS, initializer=self._connect)

    def _connect(self) -> None:
        options = {
            "transaction_mode": "IMMEDIATE", "timeout": self.timeout, "init_command": "PRAGMA journal_mode=WAL"
        }  # fmt: skip
        settings = {"ENGINE": "apps.core.sqlite3", "NAME": self.path, "OPTIONS": options}
        connections["default"] = ConnectionHandler({"default": settings})["default"]

    def ask(self, *pieces: Callable) -> list[Future]:
        """Have each piece done by a thread of its own, in this order, once somebody else has had a turn."""
        assert self.other.take(5)
        asked = []
        for number, piece in enumerate(pieces, 1):
            asked.append(self.threads.submit(kept_together, piece))
            until(lambda number=number: len(together._queue._waiting) == number, what="its place in the queue")
        self.other.give_back()
        return asked

    def words(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as database:
            return [row[0] for row in database.execute("SELECT word FROM words ORDER BY rowid")]


@pytest.fixture
def make_desk(tmp_path, monkeypatch):
    monkeypatch.setattr(together, "_queue", Together())
    path = tmp_path / "a.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE kinds (kind INTEGER PRIMARY KEY)")
        database.execute(
            "CREATE TABLE words (word TEXT, kind INTEGER REFERENCES kinds (kind) DEFERRABLE INITIALLY DEFERRED)"
        )
    made = []

    def make(timeout: float = 10) -> Desk:
        made.append(Desk(path, timeout))
        return made[-1]

    yield make
    for each in made:
        for _ in range(THREADS):
            each.threads.submit(lambda: connections["default"].close())
        each.threads.shutdown()


@pytest.fixture
def desk(make_desk) -> Desk:
    return make_desk()


def write(word: str, kind: int | None = None) -> tuple[str, int]:
    """Write a word as whole pieces of work do. Returns it, and the thread that did so."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO words VALUES (%s, %s)", [word, kind])
    return word, threading.get_ident()


def test_what_waits_is_done_by_one_thread_and_each_hears_its_own(desk):
    heard = [asked.result() for asked in desk.ask(*(lambda word=word: write(word) for word in "abcd"))]
    assert [word for word, _ in heard] == desk.words() == ["a", "b", "c", "d"]
    assert len({thread for _, thread in heard}) == 1


def test_nobody_hears_before_it_is_kept(desk):
    seen = []

    def last() -> None:
        write("c")
        seen.append((desk.words(), first.done(), second.done()))

    pieces = [lambda: write("a"), lambda: write("b")]
    assert desk.other.take(5)
    first, second = (desk.threads.submit(kept_together, piece) for piece in pieces)
    until(lambda: len(together._queue._waiting) == 2, what="both in the queue")
    third = desk.threads.submit(kept_together, last)
    until(lambda: len(together._queue._waiting) == 3, what="the third in the queue")
    desk.other.give_back()
    third.result()
    assert seen == [([], False, False)]
    assert desk.words() == ["a", "b", "c"]


def test_what_fails_leaves_nothing_behind_and_the_others_are_kept(desk):
    def fail() -> None:
        with transaction.atomic():
            write("lost")
            raise LookupError("mine")

    first, failed, last = desk.ask(lambda: write("a"), fail, lambda: write("c"))
    with pytest.raises(LookupError, match="mine"):
        failed.result()
    assert [first.result()[0], last.result()[0]] == desk.words() == ["a", "c"]


def test_what_cannot_be_committed_fails_by_itself(desk):
    first, failed, last = desk.ask(lambda: write("a"), lambda: write("of no kind", kind=7), lambda: write("c"))
    with pytest.raises(IntegrityError):
        failed.result()
    assert [first.result()[0], last.result()[0]] == desk.words() == ["a", "c"]


def test_a_transaction_that_the_database_gave_up_is_nobodys(desk):
    def lose() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ROLLBACK")  # as SQLite does by itself when the disk is full
            raise OperationalError("database or disk is full")

    asked = desk.ask(lambda: write("a"), lose, lambda: write("c"))
    for each in asked:
        with pytest.raises(OperationalError, match="full"):
            each.result()
    assert desk.words() == []
    assert desk.ask(lambda: write("later"))[0].result()[0] == "later"


def test_whoever_gets_no_turn_fails_alone_and_the_next_goes_ahead(make_desk):
    desk = make_desk(timeout=0.5)
    assert desk.other.take(5)
    first = desk.threads.submit(kept_together, lambda: write("a"))
    until(lambda: len(together._queue._waiting) == 1, what="the first in the queue")
    second = desk.threads.submit(kept_together, lambda: write("b"))
    with pytest.raises(OperationalError, match="locked"):
        first.result()
    desk.other.give_back()
    assert second.result()[0] == "b"
    assert desk.words() == ["b"]


def level() -> int:
    """Return how a commit of this connection waits for the disk."""
    with connection.cursor() as cursor:
        return cursor.execute("PRAGMA synchronous").fetchone()[0]


def test_nobody_waits_for_the_disk_where_all_may_be_lost(desk):
    def ask(*levels: bool) -> list[int]:
        assert desk.other.take(5)
        asked = []
        for number, may_be_lost in enumerate(levels, 1):
            asked.append(desk.threads.submit(kept_together, level, may_be_lost=may_be_lost))
            until(lambda number=number: len(together._queue._waiting) == number, what="its place in the queue")
        desk.other.give_back()
        return [each.result() for each in asked]

    full, normal = 2, 1
    assert [ask(True), ask(False), ask(True, True), ask(True, False)] == [[normal], [full], [normal] * 2, [full] * 2]
    assert {desk.threads.submit(level).result() for _ in range(THREADS)} == {full}


def test_nothing_is_lost_among_many(desk):
    words = [str(number) for number in range(200)]
    heard = [asked.result()[0] for asked in [desk.threads.submit(kept_together, lambda w=w: write(w)) for w in words]]
    assert heard == words
    assert sorted(desk.words(), key=int) == words


def test_inside_a_transaction_it_is_done_there(desk):
    def outer() -> tuple[int, int]:
        with transaction.atomic():
            return kept_together(lambda: write("a"))[1], threading.get_ident()

    inner, own = desk.threads.submit(outer).result()
    assert inner == own
    assert desk.words() == ["a"]
