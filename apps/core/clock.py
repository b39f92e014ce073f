"""The only place that reads the time. Decisions take `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, cut to milliseconds: what the wire API can carry."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def database_now() -> datetime:
    """Return the current time by the database's clock: the one clock that all hosts of a deployment share.

    SQLite lives on this host, so there it is the host's.
    """
    from django.db import connection

    if connection.vendor != "postgresql":
        return now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
