"""When a cron expression comes next, by the clock on the wall of its time zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from .cron import YEAR, Cron

ONE_DAY = timedelta(days=1)


def next_opening(cron: Cron, zone: tzinfo, now: datetime, *, comes_twice: bool = True) -> datetime | None:
    """Return the first moment, not before the second of `now`, at which the clock shows a time of the expression.

    A time that the clock leaps over never comes; one that it shows twice comes twice, or for the first time only
    (`comes_twice`). None: never again.
    """
    folds = (0, 1) if comes_twice else (0,)
    now = now.astimezone(UTC).replace(microsecond=0)
    today = now.astimezone(zone).date()
    for day in _days(cron, today - ONE_DAY):  # a clock that is put back over midnight shows yesterday again
        moments = [moment for fold in folds if (moment := _first_of_day(cron, zone, day, fold, now))]
        if moments:
            following = [_first_of_day(cron, zone, day + ONE_DAY, 0, now)] if cron.has_day(day + ONE_DAY) else []
            return min(moment for moment in moments + following if moment)
    return None


def _days(cron: Cron, first: date) -> Iterator[date]:
    years = range(first.year, YEAR.most + 1) if cron.years is None else sorted(cron.years)
    for year in years:
        for month in sorted(cron.months):
            if (year, month) < (first.year, first.month):
                continue
            day = date(year, month, 1)
            while day.month == month:
                if day >= first and cron.has_day(day):
                    yield day
                day += ONE_DAY


def _first_of_day(cron: Cron, zone: tzinfo, day: date, fold: int, now: datetime) -> datetime | None:
    """Return the first moment of the day from `now` on, with times that come twice taken for their first or second."""
    for hour in sorted(cron.hours):
        for minute in sorted(cron.minutes):
            if _moment(day, time(hour, minute, 59, fold=fold), zone) < now:
                continue
            for second in sorted(cron.seconds):
                clock = time(hour, minute, second, fold=fold)
                moment = _moment(day, clock, zone)
                if moment >= now and _is_shown(moment, day, clock, zone):
                    return moment
    return None


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _is_shown(moment: datetime, day: date, clock: time, zone: tzinfo) -> bool:
    shown = moment.astimezone(zone)
    return (shown.date(), shown.hour, shown.minute, shown.second) == (day, clock.hour, clock.minute, clock.second)
