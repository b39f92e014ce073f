"""One mail a day to the people who can end what has waited for long. Source: reference, portal, section 5.1.

A row for each pipeline says when it was looked at and when a mail went out; whoever holds its lock does both, so
however many workers look, each day brings one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from apps.executions.models import IN_FLIGHT, PipelineExecution
from apps.executions.waits import EndedBy, Wait, sentence, waits_of
from apps.notifications.engine.messages import reminder_message
from apps.notifications.models import Delivery, Reminder
from apps.notifications.services.handing_on import add_deliveries
from apps.notifications.services.targets import keep_targets
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Membership
from apps.tenancy.roles import Role

BATCH = 20  # pipelines a turn
MOST_MAILS = 50  # about one pipeline
LOOK_AGAIN, DAY = timedelta(minutes=55), timedelta(days=1)
# Who can end a wait. Nobody of an account can add workers of ours, or end what goes on elsewhere.
ROLES: Final = {
    EndedBy.RELEASER: Role.RELEASER,
    EndedBy.DEVELOPER: Role.DEVELOPER,
    EndedBy.JOB_WORKER: Role.DEVELOPER,  # whose account's job workers are silent
}


def remind_of_waits(*, now: datetime) -> int:
    """Look at pipelines in which something may have waited too long. Returns about how many people were told."""
    if not (settings.REMIND_AFTER_SECONDS and settings.EMAIL_HOST):
        return 0
    return sum(_remind(pipeline, now) for pipeline in _due(now)[:BATCH])


def _due(now: datetime) -> Any:
    """Return the pipelines with an execution that is older than the limit and that nobody looked at for an hour."""
    before = now - timedelta(seconds=settings.REMIND_AFTER_SECONDS)
    old = PipelineExecution.objects.filter(IN_FLIGHT, pipeline=OuterRef("pk"), started_at__lte=before)
    looked = Reminder.objects.filter(pipeline=OuterRef("pk"), looked_at__gt=now - LOOK_AGAIN)
    rows = Pipeline.objects.filter(Exists(old), ~Exists(looked), deleted_at=None)
    return rows.select_related("account").order_by("pk")


def _remind(pipeline: Pipeline, now: datetime) -> bool:
    """Look at one pipeline, unless somebody else does. Tells whether anybody was told."""
    try:
        waits = _too_long(waits_of(pipeline.account, pipeline.name, now=now), now)
    except PipelineNotFound:
        return False
    with transaction.atomic():
        facts = {"account": pipeline.account, "looked_at": now - DAY}
        Reminder.objects.bulk_create([Reminder(pipeline=pipeline, **facts)], ignore_conflicts=True)
        row = Reminder.objects.select_for_update(of=("self",)).get(pipeline=pipeline)
        if row.looked_at > now - LOOK_AGAIN:
            return False
        row.looked_at = now
        is_due = bool(waits) and (row.sent_at is None or row.sent_at <= now - DAY)
        if is_due:
            row.sent_at = now
            add_deliveries(_deliveries(pipeline, waits, now), now)
        row.save(update_fields=["looked_at", "sent_at"])
    return is_due


def _too_long(waits: Sequence[Wait], now: datetime) -> list[Wait]:
    """Return the links to fix that people can end and that have waited for longer than the limit, each once."""
    limit = timedelta(seconds=settings.REMIND_AFTER_SECONDS)
    found = {wait.last.execution: wait.last for wait in waits if not wait.is_moving}
    return [wait for wait in found.values() if wait.ended_by in ROLES and now - wait.since >= limit]


def _deliveries(pipeline: Pipeline, waits: Sequence[Wait], now: datetime) -> list[Delivery]:
    account = pipeline.account
    place = {"account": account.number, "name": pipeline.name}
    link = settings.PUBLIC_URL + reverse("portal:pipeline", kwargs=place)
    made = []
    for address, role in _people(pipeline).items():
        mine = [wait for wait in waits if role.includes(ROLES[wait.ended_by])]
        if not mine:
            continue
        (target,), _ = keep_targets(account, [address], "", now)
        lines = [{"number": wait.number, "sentence": sentence(wait), "since": wait.since.isoformat()} for wait in mine]
        made.append(
            Delivery(
                account=account,
                pipeline=pipeline.name,
                sequence=now.date().toordinal(),
                target=target,
                origin=f"reminder/{pipeline.arn}",
                body=reminder_message(pipeline.name, lines, link=link),
            )
        )
    return made


def _people(pipeline: Pipeline) -> dict[str, Role]:
    """Return the mail addresses of those members who have one, each with the greatest role that it stands for."""
    rows = Membership.objects.for_account(pipeline.account).filter(user__is_active=True).exclude(user__email="")
    able = rows.exclude(role=Role.VIEWER).order_by("user__username").values_list("user__email", "role")
    found: dict[str, Role] = {}
    for address, name in able[:MOST_MAILS]:
        role = Role(name)
        found[address] = role if role.includes(found.get(address, Role.VIEWER)) else found[address]
    return found
