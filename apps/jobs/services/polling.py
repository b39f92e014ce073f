"""The job protocol of outside workers: offer and acknowledge. Source: reference section 7.2."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from apps.core.ids import new_nonce
from apps.core.in_place import unchanged
from apps.core.statements import Change, Statement, update
from apps.core.together import kept_together
from apps.jobs.errors import InvalidNonce
from apps.jobs.models import Job
from apps.jobs.selectors import job_not_found, own_jobs
from apps.jobs.states import JobState
from apps.tenancy.models import Account


def _queued(account: Any, action_type: Any, query_value: Any) -> QuerySet[Job]:
    return Job.objects.for_account(account).filter(
        action_type=action_type,
        performer="outside",
        state=JobState.QUEUED,
        query_value=query_value,
        is_void=False,
    )


ASKED = {"account": Job.account, "action_type": Job.action_type, "query_value": Job.query_value}
FIRST_AVAILABLE = Statement(
    lambda **asked: _queued(**asked).order_by("available_at").values_list("available_at")[:1], **ASKED
)
WAITING = Statement(
    lambda moment, **asked: locked(_queued(**asked).filter(available_at__lte=moment).order_by("available_at")),
    moment=Job.available_at,
    **ASKED,
)
TAKE = Change(
    lambda account, job, nonce: own_jobs(account).filter(pk=job, state=JobState.DISPATCHED, nonce=nonce),
    {"state": JobState.IN_PROGRESS, "lease_until": None},
    account=Job.account,
    job=Job.id,
    nonce=Job.nonce,
)


def offer_jobs(account: Account, action_type: str, *, query_value: str, limit: int, now: datetime) -> list[Job]:
    """Offer up to `limit` queued jobs of one type, oldest first, each with a new nonce."""
    asked: dict[str, Any] = {"account": account.pk, "action_type": action_type, "query_value": query_value}
    first = unchanged(("first job", *asked.values()), lambda: FIRST_AVAILABLE.rows(**asked))
    if not first or first[0][0] > now:
        return []  # no write lock for the poll that finds nothing, which is most of them

    def offer() -> list[Job]:
        with transaction.atomic():
            jobs: list[Job] = WAITING.rows(**asked, moment=now, most=limit)
            _offer(jobs, now)
        return jobs

    jobs = kept_together(offer, may_be_lost=True)  # then nobody has acknowledged it, and it is offered anew
    for job in jobs:
        job.account = account
    return jobs


def offer_third_party_jobs(action_type: str, *, limit: int, now: datetime) -> list[Job]:
    """Offer up to `limit` queued jobs of one third-party type, of whichever client, oldest first."""
    waiting = Job.objects.filter(
        action_type=action_type,
        performer="outside",
        client__isnull=False,
        state=JobState.QUEUED,
        available_at__lte=now,
        is_void=False,
    )
    if not waiting.exists():
        return []
    with transaction.atomic():
        jobs = list(locked(waiting.select_related("client").order_by("available_at"))[:limit])
        _offer(jobs, now)
    return jobs


def _offer(jobs: list[Job], now: datetime) -> None:
    for job in jobs:
        job.state, job.nonce = JobState.DISPATCHED, new_nonce()
        job.lease_until = now + timedelta(seconds=settings.ACKNOWLEDGE_SECONDS)
        update(job, "state", "nonce", "lease_until")


def locked(queryset):
    """Lock rows, passing over those that another poller holds. SQLite has one writer at a time and needs no lock."""
    if connection.features.has_select_for_update_skip_locked:
        return queryset.select_for_update(skip_locked=True, of=("self",))
    return queryset


def acknowledge_job(account: Account, job_id: UUID, nonce: str) -> JobState:
    """Take an offered job. Raises JobNotFound, InvalidNonce."""
    if kept_together(lambda: TAKE.apply(account=account.pk, job=job_id, nonce=nonce)):
        return JobState.IN_PROGRESS
    if not own_jobs(account).filter(pk=job_id).exists():
        raise job_not_found(job_id)
    raise _wrong_nonce()


def acknowledge_third_party_job(job: Job, nonce: str) -> JobState:
    """Take an offered job that was looked up for its publisher. Raises InvalidNonce."""
    offered = Job.objects.for_account(job.account).filter(pk=job.pk, state=JobState.DISPATCHED, nonce=nonce)
    if not offered.update(state=JobState.IN_PROGRESS, lease_until=None):
        raise _wrong_nonce()
    return JobState.IN_PROGRESS


def _wrong_nonce() -> InvalidNonce:
    return InvalidNonce("The nonce is not the one of the latest offer of this job, or the job was taken already.")
