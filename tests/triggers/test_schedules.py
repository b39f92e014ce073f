"""Starting pipelines by the clock: each start once, what was missed once, what goes wrong kept."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.executions.models import PipelineExecution
from apps.pipelines.services import delete_pipeline
from apps.triggers.errors import (
    ScheduledPipelineNotFound,
    ScheduleExpressionInvalid,
    ScheduleNameInvalid,
    ScheduleNotFound,
    ScheduleZoneInvalid,
    TooManySchedules,
)
from apps.triggers.models import Schedule
from apps.triggers.services import delete_schedule, put_schedule, schedules, start_due_schedules
from tests.factories import BY, NOW, make_account, make_pipeline

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def put(account, name="nightly", *, pipeline_name="web", expression="rate(1 hour)", now=NOW, **how) -> Schedule:
    return put_schedule(account, name, pipeline_name=pipeline_name, expression=expression, by=BY, now=now, **how)[0]


def make_schedule(**how) -> Schedule:
    return put(make_pipeline().account, **how)


def again(schedule: Schedule) -> Schedule:
    return Schedule.objects.select_related("account").get(pk=schedule.pk)


def started():
    return PipelineExecution.objects.filter(trigger_type="CloudWatchEvent")


def test_what_is_due_starts_its_pipeline_once():
    """Shows INV-27 for schedules."""
    schedule = make_schedule()
    moments = [NOW, NOW + HOUR - timedelta(seconds=1), NOW + HOUR, NOW + HOUR, NOW + 2 * HOUR]
    assert [start_due_schedules(now=moment) for moment in moments] == [0, 0, 1, 0, 1]
    assert started().count() == 2
    execution = started().order_by("-number")[0]
    assert execution.trigger_detail == f"arn:aws:events:us-east-1:{schedule.account.number}:rule/nightly"
    schedule = again(schedule)
    assert (schedule.last_start_at, schedule.last_execution_id) == (NOW + 2 * HOUR, execution.pk)
    assert schedule.next_start_at == NOW + 3 * HOUR


def test_what_came_due_while_nothing_ran_is_made_up_for_once():
    schedule = make_schedule()
    after_the_stop = NOW + timedelta(days=3, minutes=20)
    assert [start_due_schedules(now=after_the_stop), start_due_schedules(now=after_the_stop)] == [1, 0]
    assert again(schedule).next_start_at == NOW + timedelta(days=3, hours=1)


def test_a_start_that_another_worker_took_is_not_taken_again():
    schedule = make_schedule()
    seen_by_both = [again(schedule), again(schedule)]
    assert [schedules._start(seen, NOW + HOUR) for seen in seen_by_both] == [True, False]
    assert started().count() == 1


def test_a_schedule_that_was_put_anew_meanwhile_does_not_start_the_pipeline_of_before():
    schedule = make_schedule()
    make_pipeline(account=schedule.account, name="other")
    seen = again(schedule)
    put(schedule.account, pipeline_name="other")
    assert schedules._start(seen, NOW + HOUR) is False
    assert start_due_schedules(now=NOW + HOUR) == 1
    assert started().get().pipeline.name == "other"


def test_variables_go_with_the_start():
    pipeline = make_pipeline(variables=[{"name": "Depth", "defaultValue": "quick"}])
    put(pipeline.account, variables={"Depth": "full"})
    start_due_schedules(now=NOW + HOUR)
    assert started().get().variables == {"Depth": "full"}


def test_a_pipeline_that_is_gone_is_told_and_the_next_start_is_tried():
    schedule = make_schedule()
    delete_pipeline(schedule.account, "web", by=BY, now=NOW)
    assert start_due_schedules(now=NOW + HOUR) == 0
    schedule = again(schedule)
    assert (schedule.error_code, schedule.next_start_at) == ("PipelineNotFound", NOW + 2 * HOUR)
    make_pipeline(account=schedule.account)
    assert start_due_schedules(now=NOW + 2 * HOUR) == 1
    assert again(schedule).error_code == ""


def test_a_pipeline_that_runs_all_it_may_is_told(settings):
    settings.MOST_ACTIVE_EXECUTIONS = 1
    schedule = put(make_pipeline(mode="QUEUED").account)
    assert start_due_schedules(now=NOW + HOUR) == 0
    assert again(schedule).error_code == "TooManyExecutions"
    assert again(schedule).last_start_at is None


def test_one_that_fails_keeps_none_of_the_others_waiting():
    account = make_schedule(name="a").account
    delete_pipeline(account, "web", by=BY, now=NOW)
    make_pipeline(account=account, name="other")
    put(account, "b", pipeline_name="other")
    assert start_due_schedules(now=NOW + HOUR) == 1


def test_a_zone_that_this_machine_knows_no_more_ends_the_schedule_and_nothing_else():
    schedule = make_schedule()
    Schedule.objects.update(time_zone="Europe/Atlantis")
    assert start_due_schedules(now=NOW + HOUR) == 0
    schedule = again(schedule)
    assert (schedule.error_code, schedule.next_start_at) == ("ScheduleZoneInvalid", None)


def test_the_last_time_of_all_is_the_last():
    schedule = make_schedule(expression="cron(0 10 31 1 ? 2030)")
    assert start_due_schedules(now=NOW + HOUR) == 1
    assert again(schedule).next_start_at is None


def test_a_schedule_that_is_off_starts_nothing_until_it_is_on():
    schedule = make_schedule(is_enabled=False)
    assert start_due_schedules(now=NOW + 24 * HOUR) == 0
    assert put(schedule.account, now=NOW + 24 * HOUR).next_start_at == NOW + 25 * HOUR


def test_putting_it_again_counts_anew_only_for_another_expression():
    account = make_schedule().account
    later = NOW + HOUR / 2
    assert put(account, now=later, variables={"A": "b"}).next_start_at == NOW + HOUR
    assert put(account, now=later, expression="rate(2 hours)").next_start_at == later + 2 * HOUR
    assert Schedule.objects.count() == 1


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"name": "my schedule"}, ScheduleNameInvalid),
        ({"name": "x" * 65}, ScheduleNameInvalid),
        ({"name": ""}, ScheduleNameInvalid),
        ({"pipeline_name": "none"}, ScheduledPipelineNotFound),
        ({"expression": "hourly"}, ScheduleExpressionInvalid),
        ({"expression": "cron(0 9 * * * *)"}, ScheduleExpressionInvalid),
        ({"expression": "cron(0 9 * * ? 2029)"}, ScheduleExpressionInvalid),
        ({"time_zone": "Europe/Atlantis"}, ScheduleZoneInvalid),
    ],
)
def test_what_cannot_be_scheduled_is_refused(how, error):
    account = make_pipeline().account
    with pytest.raises(error):
        put(account, **how)
    assert not Schedule.objects.exists()


def test_an_account_has_so_many_schedules_at_most(monkeypatch):
    monkeypatch.setattr(schedules, "MOST_SCHEDULES", 1)
    account = make_schedule().account
    with pytest.raises(TooManySchedules):
        put(account, "another")
    put(account, expression="rate(1 day)")


def test_schedules_of_another_account_are_its_own():
    schedule = make_schedule()
    other = make_account("Other")
    with pytest.raises(ScheduledPipelineNotFound):
        put(other)
    with pytest.raises(ScheduleNotFound):
        delete_schedule(other, "nightly")
    make_pipeline(account=other)
    put(other, expression="rate(1 day)")
    assert again(schedule).expression == "rate(1 hour)"
    delete_schedule(other, "nightly")
    assert Schedule.objects.get() == schedule


def command(account, *words: str) -> str:
    out = StringIO()
    call_command("schedules", "--account", account.number, *words, stdout=out)
    return out.getvalue()


def test_the_command_makes_shows_and_deletes_a_schedule():
    account = make_pipeline().account
    words = ("put", "nightly", "web", "cron(0 2 * * ? *)", "--time-zone", "Europe/Berlin", "--variable", "Depth=a=b")
    assert '"next_start_at": "20' in command(account, *words)
    assert '"variables": {"Depth": "a=b"}' in command(account, "list")
    assert command(account, "delete", "nightly") == ""
    assert command(account, "list") == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("put", "nightly", "web", "nightly"), "is no schedule"),
        (("put", "nightly", "web", "rate(1 day)", "--variable", "Depth"), "Write NAME=VALUE"),
        (("delete", "nightly"), "no schedule 'nightly'"),
    ],
)
def test_the_command_says_what_is_wrong(words, told):
    with pytest.raises(CommandError, match=told):
        command(make_pipeline().account, *words)
