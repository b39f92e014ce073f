"""What the database undid by itself is done again, as long as nothing is done twice by that."""

import pytest
from django.db import OperationalError, connection, transaction

from apps.core.connections import TRIES, settled

pytestmark = pytest.mark.django_db(transaction=True)


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
