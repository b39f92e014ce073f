from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace_sdk import Failed, Running, Succeeded
from headrace_sdk.cron import CronRefused, parse
from headrace_sdk.cron_moments import next_opening
from headrace_sdk.testing import FixedClock, RuleContract, make_request, run_action
from headrace_sdk.testing.run import step, through_json
from headrace_sdk.zones import UnknownZone, zone_of
from plugins.deployment_window_rule.plugin import DeploymentWindow


class TestContractOfAnOpenWindow(RuleContract):
    provider = DeploymentWindow()
    configuration = {"Cron": "* * * * * ?"}


class TestContractOfAClosedWindow(RuleContract):
    provider = DeploymentWindow()
    configuration = {"Cron": "0 0 22 ? * FRI", "TimeZone": "Europe/Berlin"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opens(cron: str, now: str, zone: str = "") -> str:
    found = next_opening(parse(cron), zone_of(zone), at(now))
    return found.isoformat(sep=" ")[:19] if found else "never"


@pytest.mark.parametrize(
    ("cron", "now", "expected"),
    [  # 2030-01-31 is a Thursday
        ("* * * * * ?", "2030-01-31 09:00:07", "2030-01-31 09:00:07"),
        ("0 0 9 * * ?", "2030-01-31 09:00:00", "2030-01-31 09:00:00"),
        ("0 0 9 * * ?", "2030-01-31 09:00:01", "2030-02-01 09:00:00"),
        ("* * 9-16 ? * MON-FRI", "2030-01-31 12:34:56", "2030-01-31 12:34:56"),
        ("* * 9-16 ? * MON-FRI", "2030-02-01 17:00:00", "2030-02-04 09:00:00"),
        ("* * 9-16 ? * 2-6 *", "2030-02-02 12:00:00", "2030-02-04 09:00:00"),
        ("* * 22-2 ? * *", "2030-01-31 03:00:00", "2030-01-31 22:00:00"),
        ("* * 22-2 ? * *", "2030-01-31 01:30:00", "2030-01-31 01:30:00"),
        ("0/15 * * * * ?", "2030-01-31 09:00:16", "2030-01-31 09:00:30"),
        ("5/15 * * * * ?", "2030-01-31 09:00:51", "2030-01-31 09:01:05"),
        ("0 */20 * * * ?", "2030-01-31 09:41:00", "2030-01-31 10:00:00"),
        ("0 /20 * * * ?", "2030-01-31 09:20:01", "2030-01-31 09:40:00"),
        ("0 10-30/10 8 * * ?", "2030-01-31 08:21:00", "2030-01-31 08:30:00"),
        ("0 5,35 8,20 * * ?", "2030-01-31 08:36:00", "2030-01-31 20:05:00"),
        ("0 0 0 L * ?", "2030-02-01 00:00:00", "2030-02-28 00:00:00"),
        ("0 0 0 L * ?", "2028-02-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 0 L-3 * ?", "2030-01-01 00:00:00", "2030-01-28 00:00:00"),
        ("0 0 0 LW * ?", "2030-03-01 00:00:00", "2030-03-29 00:00:00"),  # the 31st is a Sunday
        ("0 0 0 15W * ?", "2030-06-01 00:00:00", "2030-06-14 00:00:00"),  # the 15th is a Saturday
        ("0 0 0 15W * ?", "2030-09-01 00:00:00", "2030-09-16 00:00:00"),  # a Sunday
        ("0 0 0 15W * ?", "2030-01-01 00:00:00", "2030-01-15 00:00:00"),  # a Tuesday
        ("0 0 0 1W * ?", "2030-06-01 00:00:00", "2030-06-03 00:00:00"),  # a Saturday, and the month is not left
        ("0 0 0 31W * ?", "2030-03-01 00:00:00", "2030-03-29 00:00:00"),  # a Sunday, and the month is not left
        ("0 0 0 31W * ?", "2030-02-01 00:00:00", "2030-03-29 00:00:00"),  # February has none
        ("0 0 0 ? * L", "2030-01-31 00:00:00", "2030-02-02 00:00:00"),
        ("0 0 0 ? * 6L", "2030-02-01 00:00:01", "2030-02-22 00:00:00"),
        ("0 0 0 ? * FRIL", "2030-02-01 00:00:01", "2030-02-22 00:00:00"),
        ("0 0 0 ? * 6#3", "2030-02-01 00:00:00", "2030-02-15 00:00:00"),
        ("0 0 0 ? * FRI#1", "2030-02-01 00:00:01", "2030-03-01 00:00:00"),
        ("0 0 0 ? * MON#5", "2030-02-01 00:00:00", "2030-04-29 00:00:00"),
        ("0 0 0 ? * MON,WED,FRI", "2030-01-31 00:00:00", "2030-02-01 00:00:00"),
        ("0 0 0 ? * FRI-MON", "2030-02-05 00:00:00", "2030-02-08 00:00:00"),
        ("0 0 0 1,15,L * ?", "2030-02-16 00:00:00", "2030-02-28 00:00:00"),
        ("0 0 0 1 JAN,JUL ?", "2030-01-31 00:00:00", "2030-07-01 00:00:00"),
        ("0 0 0 1 NOV-FEB ?", "2030-02-02 00:00:00", "2030-11-01 00:00:00"),
        ("0 0 0 1 1/4 ?", "2030-01-31 00:00:00", "2030-05-01 00:00:00"),
        ("0 0 0 29 2 ?", "2030-01-31 00:00:00", "2032-02-29 00:00:00"),
        ("0 0 0 29 2 ?", "2097-01-31 00:00:00", "2104-02-29 00:00:00"),  # 2100 has no 29th of February
        ("0 0 0 1 1 ? 2035", "2030-01-31 00:00:00", "2035-01-01 00:00:00"),
        ("0 0 0 1 1 ? 2031-2035/2", "2031-01-31 00:00:00", "2033-01-01 00:00:00"),
        ("0 0 0 1 1 ? 2029", "2030-01-31 00:00:00", "never"),
        ("0 0 0 31 2 ?", "2030-01-31 00:00:00", "never"),
        ("0 0 0 * * MON", "2030-01-31 00:00:00", "2030-02-04 00:00:00"),  # "*" leaves it open as "?" does
        ("0 0 0 * * *", "2030-01-31 00:00:01", "2030-02-01 00:00:00"),
        ("0 0 0 ? mar mon", "2030-01-31 00:00:00", "2030-03-04 00:00:00"),
    ],
)  # fmt: skip
def test_a_window_opens_when_its_expression_says(cron, now, expected):
    assert opens(cron, now) == expected


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "has 5 fields"),
        ("* * * * * ? * *", "has 8 fields"),
        ("", "has 0 fields"),
        ("60 * * * * ?", "'60' in the field seconds"),
        ("* 60 * * * ?", "'60' in the field minutes"),
        ("* * 24 * * ?", "'24' in the field hours"),
        ("* * * 0 * ?", "'0' in the field day-of-month"),
        ("* * * 32 * ?", "'32' in the field day-of-month"),
        ("* * * 32W * ?", "'32W' in the field day-of-month"),
        ("* * * L-31 * ?", "'L-31' in the field day-of-month"),
        ("* * * * 13 ?", "'13' in the field month"),
        ("* * * * JANUARY ?", "'JANUARY' in the field month"),
        ("* * * ? * 0", "'0' in the field day-of-week"),
        ("* * * ? * 8", "'8' in the field day-of-week"),
        ("* * * ? * 6#6", "'6#6' in the field day-of-week"),
        ("* * * ? * 6#0", "'6#0' in the field day-of-week"),
        ("* * * * * ? 1969", "'1969' in the field year"),
        ("* * * * * ? 2035-2031", "'2035-2031' in the field year"),
        ("0/0 * * * * ?", "'0/0' in the field seconds"),
        ("0/60 * * * * ?", "'0/60' in the field seconds"),
        ("1- * * * * ?", "'1-' in the field seconds"),
        (", * * * * ?", "'' in the field seconds"),
        ("? * * * * ?", "'?' in the field seconds"),
        ("* * * ? * ?", "leaves both"),
        ("* * * 1 * MON", "both a day-of-month and a day-of-week"),
        ("٣ * * * * ?", "in the field seconds"),
        ("1-2-3 * * * * ?", "in the field seconds"),
        ("1/2/3 * * * * ?", "in the field seconds"),
    ],
)  # fmt: skip
def test_an_expression_that_is_none_is_refused_by_its_field(cron, words):
    with pytest.raises(CronRefused, match=words.replace("?", r"\?")):
        parse(cron)


@pytest.mark.parametrize(
    ("cron", "zone", "now", "expected"),
    [
        ("0 0 9 * * ?", "Europe/Berlin", "2030-01-31 07:30:00", "2030-01-31 08:00:00"),
        ("0 0 9 * * ?", "Europe/Berlin", "2030-07-31 06:30:00", "2030-07-31 07:00:00"),
        ("0 0 9 * * ?", "PST", "2030-01-31 07:30:00", "2030-01-31 17:00:00"),
        ("0 0 9 * * ?", "EST", "2030-07-31 07:30:00", "2030-07-31 14:00:00"),
        ("0 0 9 * * ?", "UTC+05:30", "2030-01-31 03:00:00", "2030-01-31 03:30:00"),
        ("0 0 9 * * ?", "UTC-07:00", "2030-01-31 03:00:00", "2030-01-31 16:00:00"),
        ("0 0 9 * * ?", "GMT+1", "2030-01-31 03:00:00", "2030-01-31 08:00:00"),
        ("* * * ? * MON", "Pacific/Kiritimati", "2030-02-03 09:59:59", "2030-02-03 10:00:00"),
        ("* * * ? * MON", "Pacific/Pago_Pago", "2030-02-04 10:59:59", "2030-02-04 11:00:00"),
        # Berlin leaps from 02:00 to 03:00 on 2030-03-31: 02:30 never comes that day.
        ("0 30 2 * * ?", "Europe/Berlin", "2030-03-30 12:00:00", "2030-04-01 00:30:00"),
        ("* * 2-3 * * ?", "Europe/Berlin", "2030-03-31 00:00:00", "2030-03-31 01:00:00"),
        # It goes back from 03:00 to 02:00 on 2030-10-27: 02:30 comes twice.
        ("0 30 2 * * ?", "Europe/Berlin", "2030-10-27 00:00:00", "2030-10-27 00:30:00"),
        ("0 30 2 * * ?", "Europe/Berlin", "2030-10-27 00:30:01", "2030-10-27 01:30:00"),
        ("0 30 2 * * ?", "Europe/Berlin", "2030-10-27 01:30:01", "2030-10-28 01:30:00"),
        # Lord Howe goes back by half an hour, from 02:00 to 01:30.
        ("0 45 1 * * ?", "Australia/Lord_Howe", "2030-04-06 14:45:01", "2030-04-06 15:15:00"),
        # Santiago goes back over midnight: 23:30 comes a second time, though the next day began.
        ("0 30 23 * * ?", "America/Santiago", "2030-04-07 02:30:01", "2030-04-07 03:30:00"),
    ],
)  # fmt: skip
def test_the_clock_on_the_wall_decides(cron, zone, now, expected):
    assert opens(cron, now, zone) == expected


@pytest.mark.parametrize(
    "name", ["Nowhere/City", "XYZ", "UTC+25:00", "UTC+1:99", "../etc/passwd", "/etc/passwd", "a\0b"]
)
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(UnknownZone, match="Write Region/City"):
        zone_of(name)


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "EST"]
    ),
    change=st.sampled_from(
        [date(2030, 3, 10), date(2030, 3, 31), date(2030, 4, 7), date(2030, 9, 8), date(2030, 10, 27)]
    ),
    offset=st.integers(-2 * 1440, 2 * 1440),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=3),
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=3),
)
def test_it_finds_what_looking_at_every_minute_finds(zone, change, offset, hours, minutes):
    now = datetime(change.year, change.month, change.day, tzinfo=UTC) + timedelta(minutes=offset)
    wall = zone_of(zone)
    looked = (now + timedelta(minutes=number) for number in range(3 * 1440))
    shown = ((each, each.astimezone(wall)) for each in looked)
    (expected,) = islice((each for each, local in shown if local.hour in hours and local.minute in minutes), 1)
    cron = f"0 {','.join(map(str, minutes))} {','.join(map(str, hours))} * * ?"
    assert next_opening(parse(cron), wall, now) == expected


def test_the_rule_waits_until_the_window_opens_and_says_when(tmp_path):
    clock = FixedClock(at("2030-01-31 20:00:00"))
    request = make_request(tmp_path, TestContractOfAClosedWindow.configuration, clock=clock)
    first = step(DeploymentWindow(), "start", request)
    assert first.summary == "Waits for the deployment window, which opens 2030-02-01 22:00:00 Europe/Berlin."
    assert first.poll_after_seconds == 3600
    assert run_action(DeploymentWindow(), request).result == Succeeded("The deployment window opened.")
    assert clock.now() == at("2030-02-01 21:00:00")


def test_it_is_not_looked_at_again_once_it_opened(tmp_path):
    request = make_request(tmp_path, {"Cron": "0 0 9 * * ?"}, clock=FixedClock(at("2030-01-31 08:59:30")))
    first = step(DeploymentWindow(), "start", request)
    assert (type(first), first.poll_after_seconds) == (Running, 30)
    late = make_request(tmp_path, {"Cron": "0 0 9 * * ?"}, clock=FixedClock(at("2030-01-31 09:17:00")))
    assert isinstance(step(DeploymentWindow(), "poll", late, through_json(first)), Succeeded)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"Cron": "0 9 * * *"}, "has 5 fields"),
        ({"Cron": "0 0 9 * * ?", "TimeZone": "Mars/Olympus"}, "TimeZone 'Mars/Olympus' is not known"),
        ({"Cron": "0 0 9 * * ? 2020"}, "never opens again"),
    ],
)
def test_what_cannot_be_waited_for_fails_with_a_sentence(tmp_path, configuration, words):
    result = step(DeploymentWindow(), "start", make_request(tmp_path, configuration))
    assert isinstance(result, Failed)
    assert result.code == "ConfigurationError"
    assert words in result.message
