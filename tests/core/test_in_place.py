"""Reads on the event loop's own thread: they write nothing, wait for nobody, and tell nothing that has changed."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from itertools import count

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.utils import ConnectionHandler

from apps.core.in_place import NotInPlace, ShortWork, can_work_in_place, carrying, in_place, may_be_left, unchanged
from apps.core.sqlite3.base import DatabaseWrapper
from apps.core.sqlite3.turns import Turns
from apps.core.together import kept_together

pytestmark = pytest.mark.django_db(transaction=True)  # pytest-django lets no test near any database without it


@pytest.fixture
def path(tmp_path):
    """Give a file that this thread's connection leads to."""
    path = tmp_path / "a.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE words (word TEXT)")
    options = {"transaction_mode": "IMMEDIATE", "timeout": 30}
    usual = connections["default"]
    settings = {"ENGINE": "apps.core.sqlite3", "NAME": str(path), "OPTIONS": options}
    connections["default"] = ConnectionHandler({"default": settings})["default"]
    yield path
    connections["default"].close()
    connections["default"] = usual


def write_elsewhere(path, word: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO words VALUES (?)", [word])


def words() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM words ORDER BY rowid")
        return [row[0] for row in cursor.fetchall()]


def insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO words VALUES ('mine')")


def atomically(work) -> None:
    with transaction.atomic():
        work()


def on_a_loop(*works, changes=False):
    """Do each piece of work in place, one after another, by one event loop. Return the results or errors."""

    async def each():
        found = []
        for work in works:
            try:
                found.append(in_place(work, changes=changes))
            except (NotInPlace, OperationalError, ZeroDivisionError) as error:
                found.append(error)
            assert asyncio.get_running_loop()
        return found

    return asyncio.run(each())


def test_rows_are_read_on_the_loops_own_thread(path):
    write_elsewhere(path, "theirs")
    assert on_a_loop(words, threading.current_thread) == [["theirs"], threading.current_thread()]
    assert connections["default"].only_reads


@pytest.mark.parametrize("work", [insert, lambda: atomically(insert), lambda: atomically(words)])
def test_nothing_is_written_and_no_turn_is_waited_for(path, work):
    other = Turns(str(path))  # as another process has it
    assert other.take(5)  # whoever waited for it would wait for half a minute
    refused, found = on_a_loop(work, words)
    assert isinstance(refused, NotInPlace | OperationalError)
    assert found == []
    other.give_back()


def test_a_locked_file_is_not_waited_for(path):
    on_a_loop(words)
    connections["default"].close()
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("INSERT INTO words VALUES ('theirs')")
        (refused,) = on_a_loop(words)
    assert "locked" in str(refused)
    assert on_a_loop(words) == [["theirs"]]


def test_what_the_work_raises_arrives_and_the_loop_goes_on(path):
    failed, found = on_a_loop(lambda: 1 // 0, words)
    assert isinstance(failed, ZeroDivisionError)
    assert found == []


def test_a_database_in_memory_or_behind_a_network_is_left_to_threads(path):
    assert can_work_in_place()
    connections["default"] = ConnectionHandler({"default": {"ENGINE": "apps.core.sqlite3", "NAME": ":memory:"}})[
        "default"
    ]
    assert not can_work_in_place()
    settings = {"ENGINE": "apps.core.postgresql", "NAME": "headrace"}
    connections["default"] = ConnectionHandler({"default": settings})["default"]
    assert not can_work_in_place()


def test_what_was_read_is_kept_until_somebody_writes(path):
    reads = []

    def read():
        reads.append(1)
        return words()

    def ask(key="a"):
        return unchanged(key, read)

    assert on_a_loop(ask, ask, lambda: ask("b")) == [[], [], []]
    assert len(reads) == 2
    write_elsewhere(path, "theirs")
    assert on_a_loop(ask, ask) == [["theirs"], ["theirs"]]
    assert len(reads) == 3


def test_what_was_read_before_a_write_is_not_told_after_it_in_one_read(path):
    """A change between the look at the version and the read makes what is kept old, not new."""

    def read():
        found = words()
        write_elsewhere(path, "meanwhile")
        return found

    assert on_a_loop(lambda: unchanged("a", read), lambda: unchanged("a", words)) == [[], ["meanwhile"]]


def test_nothing_is_kept_beyond_a_connection_to_the_file(path):
    assert on_a_loop(lambda: unchanged("a", words)) == [[]]
    connections["default"].close()
    write_elsewhere(path, "theirs")
    assert on_a_loop(lambda: unchanged("a", words)) == [["theirs"]]


def test_what_is_large_is_not_kept(path):
    numbers = count()
    asked = [lambda: unchanged("a", lambda: next(numbers), is_kept=lambda number: number > 0)] * 3
    assert on_a_loop(*asked) == [0, 1, 1]


def test_a_thread_reads_each_time(path):
    numbers = count()
    assert [unchanged("a", lambda: next(numbers)) for _ in range(2)] == [0, 1]


def test_a_thread_goes_on_with_what_its_request_has_read_in_place(path):
    numbers, request, other = count(), {}, {}

    def ask(values):
        with carrying(values):
            return unchanged("a", lambda: next(numbers))

    assert on_a_loop(lambda: ask(request), lambda: ask(other)) == [0, 0]
    usual = connections["default"]
    usual.only_reads = False  # as that of a thread is
    assert [ask(request), ask(request), unchanged("a", lambda: next(numbers)), ask(other)] == [0, 1, 2, 0]


def change(work):
    """Return `work` as changes are made."""
    return lambda: kept_together(lambda: atomically(work))


def test_a_change_is_kept_and_seen_by_the_next_read(path):
    usual = connections["default"]
    assert on_a_loop(lambda: unchanged("a", words)) == [[]]
    assert on_a_loop(change(insert), changes=True) == [None]
    assert connections["default"] is usual
    assert on_a_loop(lambda: unchanged("a", words)) == [["mine"]]
    assert isinstance(*on_a_loop(insert), OperationalError), "who changes something allows it to nobody else"


def test_a_change_waits_for_no_other_process(path):
    other = Turns(str(path))
    assert other.take(5)
    refused = on_a_loop(change(insert), insert_at_once, changes=True)
    other.give_back()
    assert [type(each) for each in refused] == [NotInPlace, NotInPlace]
    assert on_a_loop(words) == [[]]


def insert_at_once() -> None:
    kept_together(insert)


def test_a_change_is_left_to_a_thread_where_somebody_writes_without_a_turn(path):
    def tried():
        try:
            change(insert)()
        except OperationalError as error:
            return may_be_left(error)

    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert on_a_loop(tried, changes=True) == [True]
    assert on_a_loop(words) == [[]]


def test_other_failures_are_no_reason_to_do_it_again(path):
    def tried():
        try:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO nowhere VALUES ('mine')")
        except OperationalError as error:
            return may_be_left(error)

    assert on_a_loop(tried, changes=True) == [False]


def test_a_change_waits_for_no_thread_of_its_own_process(path):
    begun, gate = threading.Event(), threading.Event()

    def slow():
        begun.set()
        gate.wait(5)

    def elsewhere(settings):
        connections["default"] = DatabaseWrapper(settings, "default")
        change(slow)()
        connections["default"].close()

    thread = threading.Thread(target=elsewhere, args=[connections["default"].settings_dict])
    thread.start()
    assert begun.wait(5)
    refused = on_a_loop(change(insert), changes=True)
    gate.set()
    thread.join()
    assert [type(each) for each in refused] == [NotInPlace]
    assert on_a_loop(change(insert), words, changes=True) == [None, ["mine"]]


def test_what_has_committed_something_waits_for_its_next_turn(path):
    """A thread would do again what is done."""
    other = Turns(str(path))

    def twice():
        change(insert)()
        assert other.take(5)
        threading.Timer(0.05, other.give_back).start()
        change(insert)()

    assert on_a_loop(twice, words, changes=True) == [None, ["mine", "mine"]]


def test_the_connection_that_changes_is_closed_with_the_one_that_reads(path):
    assert on_a_loop(change(insert), changes=True) == [None]
    changing = connections["default"].changing()
    connections["default"].close()
    assert changing.connection is None


class Clock:
    def __init__(self) -> None:
        self.moment = 0.0

    def __call__(self) -> float:
        return self.moment

    def spend(self, seconds: float) -> None:
        self.moment += seconds


def test_what_took_long_twice_running_is_left_to_a_thread_for_a_while(path):
    clock = Clock()
    reads = ShortWork(long_seconds=1, clock=clock)

    async def run(key, seconds, changes=False):
        try:
            reads.run(key, lambda: clock.spend(seconds), changes=changes)
            return "done"
        except NotInPlace:
            return "left"

    async def all_of(*asked):
        return [await run(*each) for each in asked]

    assert asyncio.run(all_of(("a", 2), ("a", 0), ("a", 2), ("a", 2), ("a", 0), ("b", 0))) == [
        *["done"] * 4,
        "left",
        "done",
    ]
    clock.spend(10)
    assert asyncio.run(all_of(("a", 2), ("a", 0))) == ["done", "left"]
    clock.spend(10)
    assert asyncio.run(all_of(("a", 0), ("a", 2), ("a", 0))) == ["done"] * 3
    change = [("c", 2, True)] * 3, [("c", 3, True)] * 3
    assert [asyncio.run(all_of(*each)) for each in change] == [["done"] * 3, ["done", "done", "left"]]
