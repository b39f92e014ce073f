"""The database's clock as a process reckons it: measured now and then, counted in between."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from apps.actions.host.surroundings import CountedClock
from apps.core import clock
from apps.core.clock import COUNTER, MEASURE_SECONDS, Known, Reckoning
from tests.running import ROOT

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="its clock may be another host's")
NEAR_SECONDS = 0.5
HOUR = 3600


@pytest.fixture(autouse=True)
def nothing_known():
    known, Known.reckoning = Known.reckoning, None
    yield
    Known.reckoning = known


def asked() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def is_near(moment: datetime, other: datetime) -> bool:
    return abs((moment - other).total_seconds()) < NEAR_SECONDS


def reckoned(*, wrong_by: float, age: float) -> Reckoning:
    """Return a reckoning that is wrong by so many seconds and was made so many seconds ago."""
    counted = time.clock_gettime(COUNTER)
    return Reckoning(asked().timestamp() - counted + wrong_by, counted - age)


@on_postgresql
def test_the_database_is_asked_once_and_moments_are_counted_from_there():
    first = clock.database_now()
    known = Known.reckoning
    assert is_near(first, asked())
    assert first <= clock.database_now() <= clock.database_now()
    assert Known.reckoning is known
    assert is_near(clock.database_now(), asked())


@on_postgresql
def test_what_was_measured_holds_for_ten_seconds():
    Known.reckoning = reckoned(wrong_by=HOUR, age=MEASURE_SECONDS - 1)
    assert clock.database_now().timestamp() > asked().timestamp() + HOUR - 1
    Known.reckoning = reckoned(wrong_by=HOUR, age=MEASURE_SECONDS + 1)
    assert is_near(clock.database_now(), asked())


@on_postgresql
def test_what_can_still_be_true_stays_so_that_moments_do_not_waver():
    clock.database_now()
    assert Known.reckoning
    zero = Known.reckoning.zero
    Known.reckoning = Reckoning(zero, Known.reckoning.counted - MEASURE_SECONDS - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # whatever else the connection does
    clock.database_now()
    assert Known.reckoning.counted > time.clock_gettime(COUNTER) - 1
    assert abs(Known.reckoning.zero - zero) < 0.05
    exactly = Reckoning(asked().timestamp() - time.clock_gettime(COUNTER), 0)
    assert clock.measured(Reckoning(exactly.zero + 1, 0)).zero < exactly.zero + 0.5


@on_postgresql
def test_a_transaction_that_has_failed_is_left_alone():
    Known.reckoning = reckoned(wrong_by=0, age=MEASURE_SECONDS + 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        with pytest.raises(DatabaseError):
            cursor.execute("SELECT 1/0")
        moment = clock.database_now()
        cursor.execute("ROLLBACK TO before")
        assert is_near(moment, asked())


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_process_counts_on_while_the_database_is_away():
    Known.reckoning = reckoned(wrong_by=0, age=MEASURE_SECONDS + 1)
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    moment = clock.database_now()
    assert is_near(moment, asked())  # on a new connection


@on_postgresql
def test_a_question_for_the_time_is_not_counted_among_the_queries_of_who_asks(django_assert_num_queries):
    with django_assert_num_queries(0):
        clock.database_now()


@on_postgresql
def test_a_childs_clock_is_counted_from_what_it_was_told():
    zero = clock.database_zero()
    assert zero is not None
    assert is_near(CountedClock(zero).now(), asked())
    assert is_near(CountedClock(zero - HOUR).now(), datetime.fromtimestamp(asked().timestamp() - HOUR, UTC))


def test_where_the_host_decides_a_childs_clock_is_the_hosts():
    assert is_near(CountedClock(None).now(), datetime.now(UTC))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has no clock of its own")
def test_the_clock_of_sqlite_is_the_hosts():
    assert clock.database_zero() is None
    assert is_near(clock.database_now(), datetime.now(UTC))


@on_postgresql
def test_a_host_whose_clock_is_wrong_reckons_as_the_database_does(tmp_path):
    (tmp_path / "offset").write_text(str(-2 * HOUR))
    program = (
        "import django; django.setup()\n"
        "from apps.core import clock\n"
        "print(clock.now().timestamp(), clock.database_now().timestamp())\n"
    )
    url = connection.get_connection_params()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tests/reliability/shifted_clock"),
        "CLOCK_OFFSET_FILE": str(tmp_path / "offset"),
        "HEADRACE_DATABASE_URL": f"postgresql://{url['user']}@{url['host']}:{url['port']}/{url['dbname']}",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    by_the_host, by_the_database = map(float, done.stdout.split())
    assert asked().timestamp() - by_the_host > 2 * HOUR - 60
    assert abs(by_the_database - asked().timestamp()) < 5
