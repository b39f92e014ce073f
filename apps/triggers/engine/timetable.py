"""When a schedule starts its pipeline. Source: EventBridge Scheduler user guide, schedule types and daylight saving.

cron(minutes hours day-of-month month day-of-week year) goes by the clock on the wall of a time zone: a time that the
clock leaps over is left out, one that it shows twice comes once. rate(number unit) goes by the time that passes.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from headrace_sdk.cron import Cron, CronRefused, parse
from headrace_sdk.cron_moments import next_opening

RATE = re.compile(r"rate\(\s*([1-9]\d{0,4})\s+(minute|hour|day)s?\s*\)", re.ASCII)
CRON = re.compile(r"cron\((.*)\)", re.ASCII)
ONE_SECOND = timedelta(seconds=1)


class ExpressionRefused(Exception):
    """The expression cannot be read; the text says what is wrong and how to write it."""


@dataclass(frozen=True, slots=True)
class ByClock:
    """Starts at the times that a cron expression names."""

    cron: Cron
    zone: tzinfo

    def next_start(self, after: datetime, *, counted_from: datetime) -> datetime | None:
        """Return the first start later than `after`, None if there is none."""
        later = after.replace(microsecond=0) + ONE_SECOND
        return next_opening(self.cron, self.zone, later, comes_twice=False)


@dataclass(frozen=True, slots=True)
class ByRate:
    """Starts again and again after the same time."""

    interval: timedelta

    def next_start(self, after: datetime, *, counted_from: datetime) -> datetime | None:
        """Return the first start later than `after`: `counted_from` and so many whole intervals."""
        passed = max((after - counted_from) // self.interval, 0)
        return counted_from.astimezone(UTC) + (passed + 1) * self.interval


Timetable = ByClock | ByRate


def every_of(rate: str) -> timedelta:
    """Return the interval of a rate(…). Raises ExpressionRefused for anything else."""
    timetable = read_timetable(rate, UTC)
    if not isinstance(timetable, ByRate):
        raise ExpressionRefused(f"'{rate}' has no interval.")
    return timetable.interval


def read_timetable(expression: str, zone: tzinfo) -> Timetable:
    """Raises ExpressionRefused."""
    if found := RATE.fullmatch(expression):
        number, unit = int(found[1]), found[2]
        return ByRate(timedelta(**{f"{unit}s": number}))
    if found := CRON.fullmatch(expression):
        return ByClock(_cron(found[1], expression), zone)
    raise ExpressionRefused(
        f"'{expression}' is no schedule. Write cron(minutes hours day-of-month month day-of-week year), as in "
        "cron(0 9 ? * MON-FRI *), or rate(number unit) with minutes, hours or days, as in rate(12 hours)."
    )


def _cron(fields: str, expression: str) -> Cron:
    """Read the six fields, which are Quartz's without the seconds. Raises ExpressionRefused."""
    given = fields.split()
    if len(given) != 6:
        raise ExpressionRefused(
            f"'{expression}' has {len(given)} fields. Write six: minutes hours day-of-month month day-of-week year."
        )
    if (given[2] == "?") == (given[4] == "?"):
        raise ExpressionRefused(
            f"'{expression}' must have '?' for the day-of-month or for the day-of-week, and not for both."
        )
    try:
        return parse(f"0 {fields}")
    except CronRefused as refusal:
        raise ExpressionRefused(f"{refusal}.") from None
