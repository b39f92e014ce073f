"""Counts the rows that one pipeline writes, by triggers on the tables of a small Headrace of its own, on SQLite."""

import sqlite3
import time
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

from tests.bench import measures
from tests.bench.databases import sqlite
from tests.bench.outside import outside_pipeline
from tests.bench.worker import LEAN
from tests.running import Account, Headrace, until

LOCK_SECONDS = 20
STILL_SECONDS = 1.0
# The queue's tables are written by the clock, and a worker's polls are written down some of the times.
NOT_OF_AN_EXECUTION = ("sqlite_", "django_q_", "jobs_workercall", "bench_counted")


class Written(NamedTuple):
    inserts: int
    updates: int
    deletes: int


@cache
def rows_of_a_pipeline() -> tuple[Written, Written]:
    """Return what one pipeline of three stages writes: done in-process, and by outside workers."""
    with sqlite(), Headrace() as small:
        account = small.create_account("Rows")
        with closing(sqlite3.connect(small.data / "headrace.sqlite3", LOCK_SECONDS, isolation_level=None)) as database:
            count(database)
            small.client(account).create_pipeline(pipeline=measures.noop_pipeline(account))
            in_process = _of_one(database, small, account, measures.NOOP)
            with outside_pipeline(small, account, LEAN) as name:
                return in_process, _of_one(database, small, account, name)


def _of_one(database: sqlite3.Connection, headrace: Headrace, account: Account, pipeline: str) -> Written:
    """Return what one execution writes, after one that warms up."""
    api: Any = headrace.client(account)
    measures.through(api, pipeline)
    before = at_rest(database)
    measures.through(api, pipeline)
    after = at_rest(database)
    return Written(*(later - earlier for later, earlier in zip(after, before, strict=True)))


def count(database: sqlite3.Connection) -> None:
    """Count from now on, whoever writes."""
    database.execute("CREATE TABLE bench_counted (event text PRIMARY KEY, number integer NOT NULL)")
    database.executemany("INSERT INTO bench_counted VALUES (?, 0)", [("INSERT",), ("UPDATE",), ("DELETE",)])
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table.startswith(NOT_OF_AN_EXECUTION):
            continue
        for event in ("INSERT", "UPDATE", "DELETE"):
            database.execute(
                f'CREATE TRIGGER "bench_{event}_{table}" AFTER {event} ON "{table}" BEGIN '  # noqa: S608  our tables
                f"UPDATE bench_counted SET number = number + 1 WHERE event = '{event}'; END"
            )


def written(database: sqlite3.Connection) -> Written:
    """Return what has been counted."""
    counted = dict(database.execute("SELECT event, number FROM bench_counted"))
    return Written(counted["INSERT"], counted["UPDATE"], counted["DELETE"])


def at_rest(database: sqlite3.Connection) -> Written:
    """Return what has been counted, once that stands still."""
    seen = [written(database)]

    def stands_still() -> bool:
        time.sleep(STILL_SECONDS)
        seen.append(written(database))
        return seen[-1] == seen[-2]

    until(stands_still, what="the rest of the counts")
    return seen[-1]
