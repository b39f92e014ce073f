"""Reads of what is watched, and of webhooks."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from apps.actions.catalogue import is_watched
from apps.actions.types import action_type_of
from apps.core.pages import Page, page_by
from apps.core.statements import Statement
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.selectors import find_pipeline
from apps.tenancy.models import Account
from apps.triggers.engine.timetable import ExpressionRefused, read_timetable
from apps.triggers.errors import ScheduleNotFound, WebhookNotFound
from apps.triggers.models import Schedule, SourceWatch, Webhook
from headrace_sdk.zones import UnknownZone, zone_of

FAILING = Statement(
    lambda account, pipeline: (
        SourceWatch.objects.for_account(account).filter(pipeline=pipeline).exclude(error_code="").order_by()
    ),
    account=SourceWatch.account,
    pipeline=SourceWatch.pipeline,
)
POLLING_DISABLED = Statement(
    lambda account, pipeline: (
        SourceWatch.objects.for_account(account)
        .filter(pipeline=pipeline, polling_disabled_at__isnull=False)
        .order_by()
        .values_list("polling_disabled_at")
    ),
    account=SourceWatch.account,
    pipeline=SourceWatch.pipeline,
)


def watches_of(pipeline: Pipeline) -> list[SourceWatch]:
    return list(SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline))


def any_is_watched(version: PipelineVersion) -> bool:
    """Tell whether a definition has a source that is watched. Without one there is no watch to read."""
    return any(is_watched(action_type_of(action)) for action in version.declaration["stages"][0]["actions"])


def list_watches(account: Account, pipeline_name: str, *, size: int, token: str | None) -> Page[SourceWatch]:
    """Return a page of the source actions of a pipeline that are watched, by name.

    Raises: PipelineNotFound, InvalidNextToken.
    """
    pipeline = find_pipeline(account, pipeline_name)
    scope = {"of": "watches", "account": account.pk, "pipeline": pipeline.pk}
    rows = SourceWatch.objects.for_account(account).filter(pipeline=pipeline)
    return page_by("action", rows, size=size, token=token, scope=scope)


def failing_watches(pipeline: Pipeline, version: PipelineVersion) -> dict[str, SourceWatch]:
    """Return the source actions that could not be looked at the last time, by action name.

    `version` is the pipeline's current one; without a source that is watched there is nothing to read.
    """
    if not any_is_watched(version):
        return {}
    return {row.action: row for row in FAILING.rows(account=pipeline.account_id, pipeline=pipeline.pk)}


def polling_disabled_at(pipeline: Pipeline) -> datetime | None:
    """Return when polling was switched off because the pipeline was idle, None while it is not."""
    row = POLLING_DISABLED.first(account=pipeline.account_id, pipeline=pipeline.pk)
    return row[0] if row else None


def hook_url(watch: SourceWatch) -> str:
    """Return the address that a git hook calls. It is a secret of the account."""
    return settings.PUBLIC_URL + reverse("triggers:source-hook", args=[watch.token])


def find_webhook(account: Account, name: str) -> Webhook:
    """Raises WebhookNotFound."""
    webhook = Webhook.objects.for_account(account).filter(name=name).first()
    if webhook is None:
        raise WebhookNotFound(f"Account '{account.number}' does not have a webhook with name '{name}'")
    webhook.account = account
    return webhook


def list_webhooks(account: Account, *, size: int, token: str | None) -> Page[Webhook]:
    """Return a page of the account's webhooks, by name. Raises InvalidNextToken."""
    scope = {"of": "webhooks", "account": account.pk}
    rows = Webhook.objects.for_account(account)
    return page_by("name", rows, size=size, token=token, scope=scope)


def find_schedule(account: Account, name: str) -> Schedule:
    """Raises ScheduleNotFound."""
    schedule = Schedule.objects.for_account(account).filter(name=name).first()
    if schedule is None:
        raise ScheduleNotFound(f"The account has no schedule '{name}'.")
    schedule.account = account
    return schedule


def list_schedules(
    account: Account, *, size: int, token: str | None, pipeline_name: str | None = None
) -> Page[Schedule]:
    """Return a page of the account's schedules, of those of one pipeline if it is named, by name.

    Raises: InvalidNextToken.
    """
    scope = {"of": "schedules", "account": account.pk, "pipeline": pipeline_name}
    rows = Schedule.objects.for_account(account)
    if pipeline_name is not None:
        rows = rows.filter(pipeline_name=pipeline_name)
    found = page_by("name", rows, size=size, token=token, scope=scope)
    for schedule in found.rows:
        schedule.account = account
    return found


def next_starts(schedule: Schedule, most: int) -> list[datetime]:
    """Return the next moments at which a schedule starts its pipeline, none while it is off."""
    if schedule.next_start_at is None:
        return []
    try:
        timetable = read_timetable(schedule.expression, zone_of(schedule.time_zone))
    except (ExpressionRefused, UnknownZone):
        return [schedule.next_start_at]  # an older version of ours read it
    found: list[datetime] = [schedule.next_start_at]
    while len(found) < most and (following := timetable.next_start(found[-1], counted_from=found[-1])):
        found.append(following)
    return found


def webhook_url(webhook: Webhook) -> str:
    """Return the address that starts the webhook's pipeline. It is a secret of the account."""
    return settings.PUBLIC_URL + reverse("triggers:webhook", args=[webhook.token])
