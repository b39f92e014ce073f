"""Cron expressions of six or seven fields as Quartz reads them, and the days that they mean.

Source: CodePipeline User Guide, DeploymentWindow rule; Quartz CronExpression.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
NEAREST = re.compile(r"(\d{1,2})W", re.ASCII)
FROM_LAST = re.compile(r"L(?:-(\d{1,2}))?(W)?", re.ASCII)
LAST_OF_KIND = re.compile(r"(\w+)L", re.ASCII)
NTH_OF_KIND = re.compile(r"(\w+)#(\d)", re.ASCII)
Days: TypeAlias = Callable[[date], bool]


class CronRefused(Exception):
    """The expression is wrong; the text says where and how it should be."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what its numbers may be and which names stand for them."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    wraps: bool = True  # 22-4 goes over midnight


@dataclass(frozen=True, slots=True)
class Cron:
    """When the window is open, by the clock on the wall. `years` None is every year."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: tuple[Days, ...]
    months: frozenset[int]
    years: frozenset[int] | None

    def has_day(self, day: date) -> bool:
        in_year = self.years is None or day.year in self.years
        return in_year and day.month in self.months and all(each(day) for each in self.days)


SECOND, MINUTE, HOUR = Field("seconds", 0, 59), Field("minutes", 0, 59), Field("hours", 0, 23)
DAY, MONTH = Field("day-of-month", 1, 31), Field("month", 1, 12, MONTHS)
WEEKDAY, YEAR = Field("day-of-week", 1, 7, WEEKDAYS), Field("year", 1970, 2199, wraps=False)


def parse(expression: str) -> Cron:
    """Read an expression. Raises CronRefused."""
    fields = expression.upper().split()
    if len(fields) not in (6, 7):
        raise CronRefused(
            f"Cron '{expression}' has {len(fields)} fields. Write six or seven: seconds, minutes, hours, day-of-month, "
            "month, day-of-week and perhaps the year"
        )
    second, minute, hour, day, month, weekday, *year = fields
    if "?" in (day, weekday) and day == weekday:
        raise CronRefused(f"Cron '{expression}' leaves both the day-of-month and the day-of-week open with '?'")
    if not {day, weekday} & {"?", "*"}:
        raise CronRefused(
            f"Cron '{expression}' has both a day-of-month and a day-of-week. Write '?' for the one that does not matter"
        )
    return Cron(
        seconds=numbers(SECOND, second),
        minutes=numbers(MINUTE, minute),
        hours=numbers(HOUR, hour),
        days=(days_of_month(day), days_of_week(weekday)),
        months=numbers(MONTH, month),
        years=numbers(YEAR, year[0]) if year and year[0] != "*" else None,
    )


def numbers(field: Field, text: str) -> frozenset[int]:
    """Return the numbers that a field means. Raises CronRefused."""
    return frozenset().union(*(_item(field, item) for item in text.split(",")))


def _item(field: Field, item: str) -> range | set[int]:
    span, slash, step_text = item.partition("/")
    step = _number(field, step_text, item, least=1) if slash else 1
    first_text, dash, last_text = span.partition("-")
    if span in ("*", "") and (span or slash):
        return range(field.least, field.most + 1, step)
    first = _named(field, first_text, item)
    if not dash:
        return range(first, field.most + 1, step) if slash else {first}
    last = _named(field, last_text, item)
    if last >= first:
        return range(first, last + 1, step)
    if not field.wraps:
        raise _refusal(field, item)
    size = field.most - field.least + 1
    return {(number - field.least) % size + field.least for number in range(first, last + size + 1, step)}


def _named(field: Field, text: str, item: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.least
    return _number(field, text, item, least=field.least)


def _number(field: Field, text: str, item: str, *, least: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and least <= int(text) <= field.most):
        raise _refusal(field, item)
    return int(text)


def _refusal(field: Field, item: str) -> CronRefused:
    also = f", or {field.names[0]} to {field.names[-1]}" if field.names else ""
    return CronRefused(
        f"Cron has '{item}' in the field {field.name}, which takes {field.least} to {field.most}{also}, "
        "with , - * and /"
    )


def days_of_month(text: str) -> Days:
    """Return what the field day-of-month means: numbers, L, L-3, LW, 15W, in a list. Raises CronRefused."""
    return _any([_day_of_month(item) for item in text.split(",")]) if text != "?" else _every_day


def _day_of_month(item: str) -> Days:
    if found := NEAREST.fullmatch(item):
        wanted = _number(DAY, found[1], item, least=1)
        return lambda day: wanted <= _length(day) and day.day == _nearest_weekday(day, wanted)
    if found := FROM_LAST.fullmatch(item):
        before, is_weekday = int(found[1] or 0), bool(found[2])
        if before > 30:
            raise _refusal(DAY, item)
        return lambda day: _is_from_last(day, before, is_weekday=is_weekday)
    chosen = frozenset(_item(DAY, item))
    return lambda day: day.day in chosen


def days_of_week(text: str) -> Days:
    """Return what the field day-of-week means: numbers from 1, Sunday, names, L, 6L, FRI#2. Raises CronRefused."""
    return _any([_day_of_week(item) for item in text.split(",")]) if text != "?" else _every_day


def _day_of_week(item: str) -> Days:
    if item == "L":
        return lambda day: _weekday(day) == 7
    if found := NTH_OF_KIND.fullmatch(item):
        kind, nth = _named(WEEKDAY, found[1], item), int(found[2])
        if not 1 <= nth <= 5:
            raise _refusal(WEEKDAY, item)
        return lambda day: _weekday(day) == kind and (day.day - 1) // 7 + 1 == nth
    if (found := LAST_OF_KIND.fullmatch(item)) and item not in WEEKDAYS:
        last = _named(WEEKDAY, found[1], item)
        return lambda day: _weekday(day) == last and day.day + 7 > _length(day)
    chosen = frozenset(_item(WEEKDAY, item))
    return lambda day: _weekday(day) in chosen


def _any(days: list[Days]) -> Days:
    return days[0] if len(days) == 1 else lambda day: any(each(day) for each in days)


def _every_day(day: date) -> bool:
    return True


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _is_from_last(day: date, before: int, *, is_weekday: bool) -> bool:
    wanted = _length(day) - before
    if wanted < 1:
        return False
    return day.day == (_nearest_weekday(day, wanted) if is_weekday else wanted)


def _nearest_weekday(day: date, wanted: int) -> int:
    """Return the day from Monday to Friday that is nearest to one of the same month, without leaving the month."""
    kind = day.replace(day=wanted).isoweekday()
    if kind == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if kind == 7:
        return wanted + 1 if wanted < _length(day) else wanted - 2
    return wanted
