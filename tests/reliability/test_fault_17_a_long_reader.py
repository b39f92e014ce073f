"""Somebody reads the SQLite file for long: its log grows and writers go on; afterwards the log is small again.

Named after its row of the fault table.
"""

import sqlite3
import time
from contextlib import closing

import pytest

from tests.journeys.workshop import simple, statuses_of, unique
from tests.running import Headrace, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
READING_SECONDS = 5  # a minute would show the same: SQLite cuts its log at a thousand pages, or not at all
CUT_EVERY_SECONDS = 20
CALL_SECONDS = 5
USUAL_LOG_BYTES = 1000 * 4120  # where SQLite begins anew while nobody reads
CUT = "from django.db import connection; connection.ensure_connection(); print(connection.cut_log())"


def test_flt_17_a_reader_of_long_lets_the_log_grow_and_holds_nobody_up():
    """FLT-17: the reader sees one state all the while. What is written meanwhile is kept; the log is cut in time."""
    with Headrace(environment={"HEADRACE_LOG_LEVEL": "ERROR"}) as headrace:
        account = headrace.create_account()
        api = headrace.client(account)
        file = headrace.data / "headrace.sqlite3"
        log = file.with_name(f"{file.name}-wal")
        with closing(sqlite3.connect(file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            seen, sizes, names, slowest = pipelines(reader), [log.stat().st_size], [], 0.0
            ends = time.monotonic() + READING_SECONDS
            while time.monotonic() < ends or sizes[-1] < 2 * USUAL_LOG_BYTES:
                began = time.monotonic()
                names.append(api.create_pipeline(pipeline=simple(account, unique("late")))["pipeline"]["name"])
                slowest = max(slowest, time.monotonic() - began)
                sizes.append(log.stat().st_size)
                assert slowest < CALL_SECONDS
            assert headrace.manage("shell", "-v", "0", "-c", CUT).strip() == "False"
            assert sizes == sorted(sizes), "the log was cut under a reader"
            assert pipelines(reader) == seen
        print(f"{len(names)} pipelines, log of {sizes[-1] / 2**20:.0f} MiB, slowest call {slowest:.2f} s")
        until(lambda: log.stat().st_size < USUAL_LOG_BYTES, seconds=2 * CUT_EVERY_SECONDS, what="the cut of the log")
        with closing(sqlite3.connect(file)) as reader:
            assert pipelines(reader) == seen + len(names)
        until(lambda: set(statuses_of(api, names[-1])) == {"Succeeded"}, what="the end of what was started last")


def pipelines(reader: sqlite3.Connection) -> int:
    return int(reader.execute("SELECT count(*) FROM pipelines_pipeline").fetchone()[0])
