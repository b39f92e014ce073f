"""Starting pipelines by the clock. Source: reference sections 5.5 and 6.2, starts by a rule of the scheduler.

A schedule is a row with the moment at which it is due, by the database's clock. Whoever moves it on has claimed
the start, so each comes once however many workers look. What came due while nothing ran is made up for once.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps import events
from apps.core.errors import HeadraceError
from apps.executions.services.start import start_in_transaction
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.selectors import find_pipeline, locked_pipeline
from apps.tenancy.models import Account
from apps.triggers.engine.timetable import ExpressionRefused, Timetable, read_timetable
from apps.triggers.errors import (
    ScheduledPipelineNotFound,
    ScheduleExpressionInvalid,
    ScheduleNameInvalid,
    ScheduleNameTaken,
    ScheduleNotFound,
    ScheduleZoneInvalid,
    TooManySchedules,
)
from apps.triggers.models import Schedule
from headrace_sdk.zones import UnknownZone, zone_of

NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}", re.ASCII)  # EventBridge API Reference, PutRule
MOST_SCHEDULES = 300  # EventBridge quotas, rules of an event bus
BATCH = 100


@transaction.atomic
def put_schedule(
    account: Account,
    name: str,
    *,
    pipeline_name: str,
    expression: str,
    time_zone: str = "UTC",
    variables: Mapping[str, str] | None = None,
    is_enabled: bool = True,
    by: str,
    now: datetime,
) -> tuple[Schedule, bool]:
    """Make a schedule, or say anew what one of this name does. Returns it, and whether it is a new one.

    A rate counts from the moment at which it was put, first or with another expression.
    Raises: ScheduleNameInvalid, ScheduledPipelineNotFound, ScheduleExpressionInvalid, ScheduleZoneInvalid,
    TooManySchedules.
    """
    timetable = _timetable(expression, time_zone)
    _check_pipeline(account, pipeline_name)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)  # so that two put at once are both counted
    schedule = Schedule.objects.for_account(account).select_for_update(of=("self",)).filter(name=name).first()
    is_new = schedule is None
    if schedule is None:
        schedule = _new(account, name, by, now)
    is_same = (schedule.expression, schedule.time_zone) == (expression, time_zone)
    if not is_enabled:
        schedule.next_start_at = None
    elif schedule.next_start_at is None or not is_same:
        schedule.next_start_at = _first_start(timetable, expression, now)
    schedule.pipeline_name, schedule.expression, schedule.time_zone = pipeline_name, expression, time_zone
    schedule.variables, schedule.is_enabled = dict(variables or {}), is_enabled
    schedule.error_code, schedule.error_message = "", ""
    schedule.save()
    return schedule, is_new


@transaction.atomic
def create_schedule(account: Account, name: str, **asked: Any) -> Schedule:
    """Make a schedule of a name that is free. Takes and raises what `put_schedule` does, and ScheduleNameTaken."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    there = Schedule.objects.for_account(account).filter(name=name).first()
    if there is not None:
        raise ScheduleNameTaken(
            f"The account has a schedule '{name}' already, for pipeline '{there.pipeline_name}'. Take another name."
        )
    return put_schedule(account, name, **asked)[0]


def _timetable(expression: str, time_zone: str) -> Timetable:
    """Raises: ScheduleExpressionInvalid, ScheduleZoneInvalid."""
    try:
        return read_timetable(expression, zone_of(time_zone))
    except ExpressionRefused as refusal:
        raise ScheduleExpressionInvalid(str(refusal)) from None
    except UnknownZone as refusal:
        raise ScheduleZoneInvalid(str(refusal)) from None


def _check_pipeline(account: Account, name: str) -> None:
    try:
        find_pipeline(account, name)
    except PipelineNotFound as error:
        raise ScheduledPipelineNotFound(error.message) from None


def _new(account: Account, name: str, by: str, now: datetime) -> Schedule:
    if not NAME.fullmatch(name):
        raise ScheduleNameInvalid(
            "The name of a schedule holds 1 to 64 letters, digits, dots, hyphens and underscores. Choose another."
        )
    if Schedule.objects.for_account(account).count() >= MOST_SCHEDULES:
        raise TooManySchedules(f"The account has {MOST_SCHEDULES} schedules, the most it may. Delete one first.")
    return Schedule(account=account, name=name, created_at=now, created_by=by)


def _first_start(timetable: Timetable, expression: str, now: datetime) -> datetime:
    first = timetable.next_start(now, counted_from=now)
    if first is None:
        raise ScheduleExpressionInvalid(f"'{expression}' never comes again. Name a time that is still to come.")
    return first


def delete_schedule(account: Account, name: str) -> None:
    """Raises ScheduleNotFound."""
    deleted, _ = Schedule.objects.for_account(account).filter(name=name).delete()
    if not deleted:
        raise ScheduleNotFound(f"The account has no schedule '{name}'.")


def start_due_schedules(*, now: datetime) -> int:
    """Start the pipeline of each schedule that is due. Returns how many; two workers at once start each once."""
    due = Schedule.objects.select_related("account").filter(next_start_at__lte=now).order_by("next_start_at")
    return sum(_start(schedule, now) for schedule in due[:BATCH])


def _start(seen: Schedule, now: datetime) -> bool:
    """Start what was due when it was `seen`. What keeps the pipeline from starting is kept with the schedule."""
    try:
        with events.transaction():
            pipeline = locked_pipeline(seen.account, seen.pipeline_name)
            schedule = _claimed(seen, now)
            if schedule is None or schedule.pipeline_name != pipeline.name:
                return False
            execution = start_in_transaction(
                pipeline,
                trigger_type="CloudWatchEvent",
                trigger_detail=seen.arn,
                now=now,
                variables=[{"name": name, "value": value} for name, value in schedule.variables.items()],
            )
            schedule.last_start_at, schedule.last_execution_id = now, execution.pk
            schedule.error_code, schedule.error_message = "", ""
            schedule.save()
    except HeadraceError as error:
        _keep_error(seen, error, now)
        return False
    return True


def _claimed(seen: Schedule, now: datetime) -> Schedule | None:
    """Return the schedule, due at its next time, unless somebody else took this start or put it anew meanwhile."""
    rows = Schedule.objects.for_account(seen.account).select_for_update(of=("self",))
    schedule = rows.filter(pk=seen.pk, next_start_at=seen.next_start_at).first()
    if schedule is None:
        return None
    schedule.next_start_at = _after(schedule, now)
    return schedule


def _after(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the next start of a schedule that is due. Raises: ScheduleExpressionInvalid, ScheduleZoneInvalid."""
    assert schedule.next_start_at is not None
    timetable = _timetable(schedule.expression, schedule.time_zone)
    return timetable.next_start(now, counted_from=schedule.next_start_at)


def _keep_error(seen: Schedule, error: HeadraceError, now: datetime) -> None:
    """Keep why nothing was started. A schedule that cannot be read any more is not looked at again."""
    is_readable = not isinstance(error, ScheduleExpressionInvalid | ScheduleZoneInvalid)
    Schedule.objects.for_account(seen.account).filter(pk=seen.pk, next_start_at=seen.next_start_at).update(
        next_start_at=_after(seen, now) if is_readable else None,
        error_code=type(error).__name__,
        error_message=error.message,
    )
