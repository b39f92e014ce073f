"""A connection to PostgreSQL that may be lost is tried, or replaced, before something is done with it."""

import time

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from apps.core.postgresql import driver

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's is a file"),
]


@pytest.fixture(autouse=True)
def no_trouble(monkeypatch):
    monkeypatch.setattr(driver.Trouble, "noticed_at", 0.0)
    yield
    connection.close()


def ask(question: str = "SELECT pg_backend_pid()") -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0])


def lose() -> int:
    """Have the server end our connection. Returns its process id."""
    pid = ask()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    return pid


def rest() -> None:
    connection.connection.answered_at -= driver.REST_SECONDS


def test_a_connection_that_was_lost_while_it_rested_is_replaced():
    pid = lose()
    rest()
    assert ask() != pid


def test_a_transaction_begins_on_one_that_is_alive():
    pid = lose()
    rest()
    with transaction.atomic():
        assert ask() != pid


def test_a_connection_that_is_alive_stays():
    pid = ask()
    rest()
    assert ask() == pid


def test_a_connection_that_was_just_used_is_not_tried():
    lose()
    with pytest.raises(OperationalError):
        ask()


def test_in_a_transaction_nothing_is_tried_or_replaced():
    with transaction.atomic():
        lose()
        rest()
        with pytest.raises(OperationalError):
            ask()
        connection.set_rollback(True)


def test_a_request_that_does_not_use_the_database_does_not_reach_for_it():
    """So that /healthz is answered while the server is away."""
    lose()
    rest()
    lost = connection.connection
    connection.close_if_unusable_or_obsolete()  # as at the start of each request
    assert connection.connection is lost
    driver.Trouble.noticed_at = time.monotonic()
    connection.close_if_unusable_or_obsolete()
    assert connection.connection in (lost, None)


def test_all_of_a_process_are_replaced_after_one_was_lost():
    pid = ask()
    driver.Trouble.noticed_at = time.monotonic()
    assert ask() != pid


def test_a_server_that_cannot_be_reached_is_trouble_for_all():
    with pytest.raises(psycopg.OperationalError):
        driver.connect("host=127.0.0.1 port=1")
    assert driver.Trouble.noticed_at > 0
