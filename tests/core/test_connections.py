"""What the database undid by itself is done again, as long as nothing is done twice by that."""

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from apps.core import connections
from apps.core.connections import TRIES, settled, until_back

pytestmark = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is always there")


class Undone(Exception):
    """Stands for psycopg's error."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def undone(sqlstate: str = "40P01") -> OperationalError:
    error = OperationalError("undone")
    error.__cause__ = Undone(sqlstate)
    return error


class Work:
    """Fails as often as it is told, and then succeeds."""

    def __init__(self, error: Exception, *, times: int) -> None:
        self.error, self.times, self.tries = error, times, 0

    def __call__(self) -> int:
        self.tries += 1
        if self.tries <= self.times:
            raise self.error
        return self.tries


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_what_was_undone_is_done_again(sqlstate):
    assert settled(Work(undone(sqlstate), times=TRIES - 1)) == TRIES


def test_it_is_done_five_times_at_most():
    work = Work(undone(), times=100)
    with pytest.raises(OperationalError):
        settled(work)
    assert work.tries == TRIES


@pytest.mark.parametrize("error", [undone("55P03"), OperationalError("the server closed the connection"), ValueError()])
def test_anything_else_is_told_at_once(error):
    work = Work(error, times=1)
    with pytest.raises(type(error)):
        settled(work)
    assert work.tries == 1


def test_what_stands_inside_a_transaction_is_left_to_who_began_it():
    work = Work(undone(), times=1)
    with pytest.raises(OperationalError), transaction.atomic():
        settled(work)
    assert work.tries == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL undoes transactions by itself")
def test_work_that_committed_a_part_is_not_repeated():
    work = Work(undone(), times=1)

    def in_two_parts() -> int:
        with transaction.atomic():
            connection.cursor().execute("SELECT 1")
        return work()

    with pytest.raises(OperationalError):
        settled(in_two_parts)
    assert work.tries == 1


AWAY = [OperationalError("the server closed the connection"), undone("57P03"), undone("08006"), InterfaceError()]


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr(connections, "AWAY_SECONDS", 0)


@only_postgresql
@pytest.mark.parametrize("error", AWAY)
def test_what_met_a_database_that_is_away_is_done_until_it_is_back(error, no_pause):
    assert until_back(Work(error, times=20)) == 21


@only_postgresql
def test_it_ends_when_nobody_waits_for_it_any_more(no_pause):
    work = Work(AWAY[0], times=20)
    with pytest.raises(OperationalError):
        until_back(work, is_given_up=lambda: work.tries == 7)
    assert work.tries == 7


@pytest.mark.parametrize("error", [undone("55P03"), undone("57014"), OperationalError("database is locked")])
def test_other_trouble_is_met_once_more_only(error):
    assert until_back(Work(error, times=1)) == 2
    work = Work(error, times=20)
    with pytest.raises(OperationalError):
        until_back(work)
    assert work.tries == 2


@only_postgresql
def test_within_a_transaction_nothing_is_done_again(no_pause):
    work = Work(AWAY[0], times=20)
    with pytest.raises(OperationalError), transaction.atomic():
        until_back(work)
    assert work.tries == 1
