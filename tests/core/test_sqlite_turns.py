"""Writers of one file queue: none is turned away, none overtakes a transaction, and the dead keep no place."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import transaction
from django.db.utils import ConnectionHandler, OperationalError

from apps.core.sqlite3.turns import Turns, turns_for

pytestmark = pytest.mark.django_db(transaction=True)  # pytest-django lets no test near any database without it


def connection_to(path, timeout=10.0):
    options = {"transaction_mode": "IMMEDIATE", "timeout": timeout, "init_command": "PRAGMA journal_mode=WAL"}
    return ConnectionHandler({"default": {"ENGINE": "apps.core.sqlite3", "NAME": str(path), "OPTIONS": options}})[
        "default"
    ]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE counter (value INTEGER)")
        database.execute("INSERT INTO counter VALUES (0)")
        database.commit()
    return path


def add(connection, times: int) -> None:
    for _ in range(times):
        atomically(connection, "UPDATE counter SET value = (SELECT value FROM counter) + 1")


def atomically(connection, statement: str) -> None:
    connection.ensure_connection()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.set_autocommit(True)


def value_in(path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT value FROM counter").fetchone()[0]


def add_in_threads(path, threads: int, times: int) -> None:
    def work() -> None:
        connection = connection_to(path)
        add(connection, times)
        connection.close()

    running = [threading.Thread(target=work) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()


def test_threads_of_several_processes_all_get_their_turn(file):
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=add_in_threads, args=(file, 4, 25)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert value_in(file) == 300


def test_a_failed_transaction_gives_its_turn_back(file):
    connection = connection_to(file)
    with pytest.raises(OperationalError, match="no such table"):
        atomically(connection, "UPDATE missing SET value = 1")
    add(connection_to(file, timeout=0.2), 1)
    assert value_in(file) == 1


def test_a_connection_that_is_closed_amid_its_transaction_gives_its_turn_back(file):
    connection = connection_to(file)
    connection.ensure_connection()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.close()
    add(connection_to(file, timeout=0.2), 1)
    assert value_in(file) == 1


def test_who_waits_too_long_is_told_that_the_database_is_locked(file):
    turns = turns_for(str(file))
    assert turns.take(1)
    try:
        with pytest.raises(OperationalError, match="database is locked"):
            add(connection_to(file, timeout=0.05), 1)
    finally:
        turns.give_back()
    add(connection_to(file, timeout=0.2), 1)


def test_a_writer_that_does_not_queue_is_waited_for(file):
    stranger = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.1, lambda: stranger.execute("ROLLBACK"))
    release.start()
    add(connection_to(file), 1)
    release.join()
    stranger.close()
    assert value_in(file) == 1


def test_the_turn_of_a_killed_process_passes_on(tmp_path):
    path = str(tmp_path / "a")
    ready, holder = os.pipe()
    child = os.fork()
    if not child:
        Turns(path).take(1)
        os.write(holder, b"x")
        time.sleep(60)
    os.read(ready, 1)
    waiting = Turns(path)
    assert not waiting.take(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert waiting.take(2)
    waiting.give_back()


def test_the_products_own_database_takes_and_returns_turns():
    for _ in range(3):
        with transaction.atomic(), transaction.atomic():
            pass
