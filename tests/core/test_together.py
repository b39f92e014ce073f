"""Work of several threads in one transaction: all of it is kept or none, and each hears of its own alone."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.utils import ConnectionHandler

from apps.core import together
from apps.core.sqlite3.turns import Turns
from apps.core.together import Piece, Together, kept_together
from apps.events.models import EventChain
from apps.tenancy.models import Account
from tests.factories import make_account
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)  # pytest-django lets no test near any database without it
THREADS = 4


def waiting() -> int:
    """Return how many pieces of work wait, whatever they are about."""
    return sum(map(len, together._together._waiting.values()))


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
            until(lambda number=number: waiting() == number, what="its place in the queue")
        self.other.give_back()
        return asked

    def words(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as database:
            return [row[0] for row in database.execute("SELECT word FROM words ORDER BY rowid")]


@pytest.fixture
def make_desk(tmp_path, monkeypatch):
    monkeypatch.setattr(together, "_together", Together())
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
    until(lambda: waiting() == 2, what="both in the queue")
    third = desk.threads.submit(kept_together, last)
    until(lambda: waiting() == 3, what="the third in the queue")
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
    until(lambda: waiting() == 1, what="the first in the queue")
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
            until(lambda number=number: waiting() == number, what="its place in the queue")
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


only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


class Table:
    """Threads with the product's connections to PostgreSQL, of which the first holds the others up while it works."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS)
        self.is_free = threading.Event()

    def ask(self, *pieces: Callable, about: str = "a pipeline") -> list[Future]:
        """Have each piece done by a thread of its own, in this order, once somebody else is done with the same."""
        self.is_free.clear()
        first = self.threads.submit(kept_together, self.is_free.wait, about=about)
        until(lambda: about in together._together._waiting and not waiting(), what="the first at work")
        asked = []
        for number, piece in enumerate(pieces, 1):
            asked.append(self.threads.submit(kept_together, piece, about=about))
            until(lambda number=number: waiting() == number, what="its place in the queue")
        self.is_free.set()
        first.result()
        return asked

    def close(self) -> None:
        self.is_free.set()
        all_there = threading.Barrier(THREADS)  # so that none of them does it for another
        for _ in range(THREADS):
            self.threads.submit(lambda: (all_there.wait(10), connections.close_all()))
        self.threads.shutdown()


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(together, "_together", Together())
    made = Table()
    yield made
    made.close()


def open_account(name: str) -> tuple[str, int]:
    """Write as whole pieces of work do. Returns what, and the transaction that it was in."""
    with transaction.atomic(), connection.cursor() as cursor:
        make_account(name)
        cursor.execute("SELECT txid_current()")
        return name, cursor.fetchone()[0]


def names() -> list[str]:
    return list(Account.objects.order_by("name").values_list("name", flat=True))


@only_postgresql
def test_on_postgresql_what_is_about_the_same_is_in_one_transaction(table):
    heard = [each.result() for each in table.ask(*(lambda name=name: open_account(name) for name in "abc"))]
    assert [name for name, _ in heard] == names() == ["a", "b", "c"]
    assert len({number for _, number in heard}) == 1


@only_postgresql
def test_on_postgresql_others_do_not_wait(table):
    table.is_free.clear()
    first = table.threads.submit(kept_together, table.is_free.wait, about="a pipeline")
    until(lambda: "a pipeline" in together._together._waiting, what="the first at work")
    other = table.threads.submit(kept_together, lambda: open_account("a"), about="another")
    apart = table.threads.submit(kept_together, lambda: open_account("b"))
    assert [other.result(10)[0], apart.result(10)[0]] == ["a", "b"]
    assert not first.done()
    table.is_free.set()
    assert first.result(10)


@only_postgresql
@pytest.mark.parametrize("fails_in", ["python", "the database", "the commit"])
def test_on_postgresql_what_fails_fails_by_itself(table, fails_in):
    def fail() -> None:
        with transaction.atomic():
            make_account("lost")
            if fails_in == "python":
                raise IntegrityError
            with connection.cursor() as cursor:
                if fails_in == "the database":
                    cursor.execute("INSERT INTO tenancy_account SELECT * FROM tenancy_account")
                else:
                    wrong = {"account_id": 10**9, "sequence": 0, "head": ""}
                    EventChain(**wrong).save(force_insert=True)

    first, failed, last = table.ask(lambda: open_account("a"), fail, lambda: open_account("c"))
    with pytest.raises(IntegrityError):
        failed.result()
    (one, in_one), (other, in_other) = first.result(), last.result()
    assert [one, other] == names() == ["a", "c"]
    assert in_one != in_other


@only_postgresql
def test_on_postgresql_a_transaction_that_is_lost_is_everybodys(table):
    def lose() -> None:
        connection.connection.pgconn.finish()

    asked = table.ask(lambda: open_account("a"), lose, lambda: open_account("c"))
    errors = [each.exception() for each in asked]
    assert all(error is None or isinstance(error, OperationalError) for error in errors)
    kept = [name for name, error in zip("a.c", errors, strict=True) if error is None and name != "."]
    assert names() == kept  # whoever hears of no error finds it there, and nobody else
    assert table.ask(lambda: open_account("later"))[0].result()[0] == "later"


class InPlace:
    """Stands for a way of keeping work that waits for nobody. Others leave theirs to it just before its turn."""

    def __init__(self, leave_work: Callable[[], object]) -> None:
        self.leave_work = leave_work
        self.done: list[list[Piece]] = []

    def waits_for_nobody(self) -> bool:
        return True

    @contextmanager
    def turn(self):
        self.leave_work()
        yield

    def do(self, pieces: list[Piece]) -> None:
        self.done.append(pieces)


def test_who_waits_for_nobody_keeps_its_own_work_alone():
    kept, own, theirs = Together(), Piece(lambda: None, False), Piece(lambda: None, False)
    how = InPlace(lambda: kept._waiting[None].append(theirs))
    kept.run(own, None, how)
    assert how.done == [[own]]
    assert theirs.woken.is_set(), "it goes ahead by itself"
    assert not theirs.is_done
