import sqlite3
from contextlib import closing

import pytest

from tests.bench.rows import Written, at_rest, count, written


@pytest.fixture
def database(tmp_path):
    """Tables of an execution's, of the queue's and of the polls', with a row each that was there before."""
    with closing(sqlite3.connect(tmp_path / "some.sqlite3", isolation_level=None)) as opened:
        for table in ("jobs_job", "events_event", "django_q_ormq", "jobs_workercall"):
            opened.execute(f"CREATE TABLE {table} (id integer PRIMARY KEY AUTOINCREMENT, state text)")
            opened.execute(f"INSERT INTO {table} (state) VALUES ('Queued')")  # noqa: S608  names of this file
        count(opened)
        yield opened


def test_what_was_there_is_not_counted(database):
    assert written(database) == Written(0, 0, 0)


def test_each_row_of_a_statement_is_counted(database):
    database.execute("INSERT INTO jobs_job (state) VALUES ('Queued'), ('Queued')")
    database.execute("INSERT INTO events_event (state) VALUES ('')")
    database.execute("UPDATE jobs_job SET state = 'Queued'")
    database.execute("DELETE FROM events_event WHERE id = 1")
    assert written(database) == Written(inserts=3, updates=3, deletes=1)


def test_what_another_connection_writes_is_counted(database, tmp_path):
    with closing(sqlite3.connect(tmp_path / "some.sqlite3")) as other, other:
        other.execute("UPDATE jobs_job SET state = 'Dispatched'")
    assert at_rest(database) == Written(0, 1, 0)


def test_what_is_rolled_back_is_not_counted(database):
    database.execute("BEGIN")
    database.execute("INSERT INTO jobs_job (state) VALUES ('Queued')")
    database.execute("ROLLBACK")
    assert written(database) == Written(0, 0, 0)


@pytest.mark.parametrize("table", ["django_q_ormq", "jobs_workercall"])
def test_what_is_not_of_an_execution_is_not_counted(database, table):
    database.execute(f"INSERT INTO {table} (state) VALUES ('')")  # noqa: S608  names of this file
    database.execute(f"UPDATE {table} SET state = 'changed'")  # noqa: S608
    assert written(database) == Written(0, 0, 0)
