"""The only place that reads the time. Decisions take `now` as an argument.

`database_now()` decides: what is due, who holds what and until when, and each moment that is compared with such a one.
`now()` is this host's, for signatures, which callers made by the true time, and for what this host alone has dated.

PostgreSQL is asked every ten seconds; between, moments are counted by a clock that nobody can set and that goes on
while the machine sleeps. docs/decisions/0024 argues it, and 0034 how SQLite counts.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection

from apps.core.sqlite3.timeline import COUNTER

MEASURE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How the database's clock stands to this machine's counter.

    Units: `zero` is the database's time, in seconds since 1970, at which the counter stood at 0; `counted` is what the
    counter showed when that was measured.
    """

    zero: float
    counted: float

    def is_due(self) -> bool:
        return time.clock_gettime(COUNTER) - self.counted > MEASURE_SECONDS


class Known:
    """What this process has measured last. Its threads share it: each replaces it as a whole."""

    reckoning: Reckoning | None = None


def now() -> datetime:
    """Return the current time in UTC by this host's clock, cut to milliseconds: what the wire API can carry."""
    return _cut(datetime.now(UTC))


def database_now() -> datetime:
    """Return the current time by the database's clock: the one clock that all hosts of a deployment share.

    That of SQLite is counted on this host (`apps.core.sqlite3.timeline`). PostgreSQL's costs a query at most every ten
    seconds in a process, and none in a transaction that has failed.
    """
    zero = database_zero()
    return now() if zero is None else _cut(datetime.fromtimestamp(zero + time.clock_gettime(COUNTER), UTC))


def database_zero() -> float | None:
    """Return when this machine's counter stood at 0 by the database's clock; None where that clock is the host's.

    For processes that have no database. Units: seconds since 1970.
    """
    if connection.vendor != "postgresql":
        counted: float | None = connection.zero()  # type: ignore[attr-defined]
        return counted
    known = Known.reckoning
    if known is None or (known.is_due() and not _has_failed()):
        known = Known.reckoning = _measured_if_there(known)
    return known.zero


def _measured_if_there(known: Reckoning | None) -> Reckoning:
    """Measure; count on while the database is away, which is for whoever needs more of it to find."""
    try:
        return measured(known)
    except (OperationalError, InterfaceError):
        if known is None or connection.in_atomic_block:
            raise
        connection.close()
        return known


def measured(known: Reckoning | None) -> Reckoning:
    """Ask the database. What was known stays as long as it can be true, so that moments of a process do not waver.

    Not counted among the queries of whoever asked first.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        before = time.clock_gettime(COUNTER)
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (moment,) = cursor.fetchone()
        after = time.clock_gettime(COUNTER)
    if known is not None and moment - after <= known.zero <= moment - before:
        return Reckoning(known.zero, after)
    return Reckoning(moment - (before + after) / 2, after)


def _has_failed() -> bool:
    """Tell whether this thread stands in a transaction in which PostgreSQL answers nothing any more."""
    raw: Any = connection.connection
    return raw is not None and (connection.needs_rollback or raw.info.transaction_status.name == "INERROR")


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
