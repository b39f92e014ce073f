"""When a schedule starts its pipeline. Source: EventBridge Scheduler user guide."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.triggers.engine.timetable import ExpressionRefused, read_timetable
from headrace_sdk.zones import zone_of

PUT = datetime(2030, 1, 31, 9, 0, 7, 500_000, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(expression: str, after: str, zone: str = "UTC", *, counted_from: datetime = PUT) -> str:
    found = read_timetable(expression, zone_of(zone)).next_start(at(after), counted_from=counted_from)
    return found.isoformat(sep=" ")[:19] if found else "never"


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [  # 2030-01-31 is a Thursday
        ("cron(0 9 * * ? *)", "2030-01-31 08:59:59", "2030-01-31 09:00:00"),
        ("cron(0 9 * * ? *)", "2030-01-31 09:00:00", "2030-02-01 09:00:00"),
        ("cron(0/15 * * * ? *)", "2030-01-31 09:00:00", "2030-01-31 09:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "2030-02-01 18:00:00", "2030-02-04 18:00:00"),
        ("cron(0 8 1 * ? *)", "2030-01-31 09:00:00", "2030-02-01 08:00:00"),
        ("cron(30 10 L * ? *)", "2030-01-31 10:30:00", "2030-02-28 10:30:00"),
        ("cron(0 10 ? * 6#3 *)", "2030-01-31 10:30:00", "2030-02-15 10:00:00"),
        ("cron(0 10 3W * ? *)", "2030-01-31 10:30:00", "2030-02-04 10:00:00"),
        ("cron(0 0 1 1 ? 2032)", "2030-01-31 10:30:00", "2032-01-01 00:00:00"),
        ("cron(0 0 1 1 ? 2029)", "2030-01-31 10:30:00", "never"),
        ("cron(0 0 31 2 ? *)", "2030-01-31 10:30:00", "never"),
    ],
)  # fmt: skip
def test_cron_goes_by_the_clock(expression, after, expected):
    assert starts(expression, after) == expected


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        ("cron(0 9 * * ? *)", "Europe/Berlin", "2030-01-31 00:00:00", "2030-01-31 08:00:00"),
        ("cron(0 9 * * ? *)", "Europe/Berlin", "2030-07-31 00:00:00", "2030-07-31 07:00:00"),
        # Berlin leaps from 02:00 to 03:00 on 2030-03-31: 02:30 is left out that day.
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2030-03-30 12:00:00", "2030-04-01 00:30:00"),
        ("cron(0 3 * * ? *)", "Europe/Berlin", "2030-03-31 00:30:00", "2030-03-31 01:00:00"),
        ("cron(0/30 * * * ? *)", "Europe/Berlin", "2030-03-31 00:30:00", "2030-03-31 01:00:00"),
        # It goes back from 03:00 to 02:00 on 2030-10-27: 02:30 comes the first time only.
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2030-10-27 00:00:00", "2030-10-27 00:30:00"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2030-10-27 00:30:00", "2030-10-28 01:30:00"),
        ("cron(0/30 * * * ? *)", "Europe/Berlin", "2030-10-27 00:30:00", "2030-10-27 02:00:00"),
        # New York leaps on 2030-03-10 and goes back on 2030-11-03.
        ("cron(15 2 ? * SUN *)", "America/New_York", "2030-03-09 12:00:00", "2030-03-17 06:15:00"),
        ("cron(15 1 ? * SUN *)", "America/New_York", "2030-11-03 05:15:00", "2030-11-10 06:15:00"),
        # Santiago leaps over midnight: the day begins at 01:00.
        ("cron(0 0 * * ? *)", "America/Santiago", "2030-09-07 12:00:00", "2030-09-09 03:00:00"),
    ],
)  # fmt: skip
def test_the_clock_on_the_wall_decides(expression, zone, after, expected):
    assert starts(expression, after, zone) == expected


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("rate(1 minute)", "2030-01-31 09:00:08", "2030-01-31 09:01:07"),
        ("rate(5 minutes)", "2030-01-31 09:00:08", "2030-01-31 09:05:07"),
        ("rate(12 hours)", "2030-01-31 09:00:08", "2030-01-31 21:00:07"),
        ("rate(1 day)", "2030-01-31 09:00:08", "2030-02-01 09:00:07"),
        ("rate(7 days)", "2030-01-31 09:00:08", "2030-02-07 09:00:07"),
        ("rate(12 hours)", "2030-02-03 09:00:08", "2030-02-03 21:00:07"),  # what was missed is not made up for
        ("rate(12 hours)", "2030-01-31 08:00:00", "2030-01-31 21:00:07"),  # the clock was put back
    ],
)  # fmt: skip
def test_a_rate_counts_from_when_it_was_put(expression, after, expected):
    assert starts(expression, after) == expected


def test_a_rate_passes_over_a_change_of_the_clock():
    before = at("2030-10-26 12:00:00")
    assert starts("rate(1 day)", "2030-10-26 13:00:00", "Europe/Berlin", counted_from=before) == "2030-10-27 12:00:00"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "is no schedule"),
        ("0 9 * * ? *", "is no schedule"),
        ("CRON(0 9 * * ? *)", "is no schedule"),
        ("cron(0 9 * * ? *", "is no schedule"),
        ("at(2030-01-31T09:00:00)", "is no schedule"),
        ("rate(0 minutes)", "is no schedule"),
        ("rate(-1 minutes)", "is no schedule"),
        ("rate(1.5 hours)", "is no schedule"),
        ("rate(5 seconds)", "is no schedule"),
        ("rate(100000 days)", "is no schedule"),
        ("rate(٣ days)", "is no schedule"),
        ("cron(0 9 * * ?)", "has 5 fields"),
        ("cron(0 0 9 * * ? *)", "has 7 fields"),
        ("cron(0 9 * * * *)", "must have"),
        ("cron(0 9 ? * ? *)", "must have"),
        ("cron(0 9 1 * MON *)", "must have"),
        ("cron(60 9 * * ? *)", "'60' in the field minutes"),
        ("cron(0 24 * * ? *)", "'24' in the field hours"),
        ("cron(0 9 * * ? 1969)", "'1969' in the field year"),
        ("cron(" + "0," * 100 + "60 9 * * ? *)", "'60' in the field minutes"),
    ],
)
def test_what_is_no_schedule_is_refused(expression, words):
    with pytest.raises(ExpressionRefused, match=words.replace("?", r"\?")):
        read_timetable(expression, UTC)


@given(
    expression=st.sampled_from(["rate(7 minutes)", "rate(3 days)", "cron(0/20 * * * ? *)", "cron(30 2 ? * SUN *)"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"]),
    minutes=st.integers(0, 700_000),
)
def test_the_next_start_is_later_and_no_other_lies_between(expression, zone, minutes):
    timetable = read_timetable(expression, zone_of(zone))
    after = PUT + timedelta(minutes=minutes)
    found = timetable.next_start(after, counted_from=PUT)
    assert found > after
    assert timetable.next_start(found - timedelta(seconds=1), counted_from=PUT) == found
    assert timetable.next_start(after + (found - after) / 2, counted_from=PUT) == found
