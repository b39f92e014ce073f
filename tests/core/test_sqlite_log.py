"""The write-ahead log of a file: it grows while somebody reads, and is cut when nobody does."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

pytestmark = pytest.mark.django_db(transaction=True)  # pytest-django lets no test near any database without it
TIMEOUT_SECONDS = 10


@pytest.fixture
def connection(tmp_path):
    options = {"transaction_mode": "IMMEDIATE", "timeout": TIMEOUT_SECONDS, "init_command": "PRAGMA journal_mode=WAL"}
    name = str(tmp_path / "a.sqlite3")
    handler = ConnectionHandler({"default": {"ENGINE": "apps.core.sqlite3", "NAME": name, "OPTIONS": options}})
    yield handler["default"]
    handler["default"].close()


@pytest.fixture
def log(connection) -> Path:
    """Return the log, with something in it."""
    write(connection, "CREATE TABLE words (word TEXT)")
    return Path(f"{connection.settings_dict['NAME']}-wal")


def write(connection, statement: str = "INSERT INTO words VALUES ('word')") -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_log_is_cut_to_nothing(connection, log):
    assert log.stat().st_size > 0
    assert connection.cut_log() is True
    assert log.stat().st_size == 0


def test_a_reader_keeps_the_log_and_holds_nobody_up(connection, log):
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM words").fetchone() == (0,)
        write(connection)
        began = time.monotonic()
        assert connection.cut_log() is False
        write(connection)
        assert time.monotonic() - began < TIMEOUT_SECONDS / 4
        assert reader.execute("SELECT count(*) FROM words").fetchone() == (0,)
        grown = log.stat().st_size
    assert grown > 0
    assert connection.cut_log() is True
    assert log.stat().st_size == 0


def test_afterwards_the_connection_waits_for_locks_as_long_as_before(connection, log):
    connection.cut_log()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (TIMEOUT_SECONDS * 1000,)
