"""The job protocol of outside workers: offer and acknowledge. Source: reference section 7.2."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.core.ids import new_nonce
from apps.jobs.errors import InvalidNonce, JobNotFound
from apps.jobs.models import Job
from apps.jobs.states import JobState
from apps.tenancy.models import Account


def offer_jobs(account: Account, action_type: str, *, query_value: str, limit: int, now: datetime) -> list[Job]:
    """Offer up to `limit` queued jobs of one type, oldest first, each with a new nonce."""
    waiting = Job.objects.for_account(account).filter(
        action_type=action_type,
        performer="outside",
        state=JobState.QUEUED,
        query_value=query_value,
        available_at__lte=now,
        is_void=False,
    )
    if not waiting.exists():  # no write lock for the poll that finds nothing, which is most of them
        return []
    with transaction.atomic():
        jobs = list(locked(waiting.order_by("available_at"))[:limit])
        for job in jobs:
            job.state, job.nonce = JobState.DISPATCHED, new_nonce()
            job.lease_until = now + timedelta(seconds=settings.ACKNOWLEDGE_SECONDS)
        Job.objects.bulk_update(jobs, ["state", "nonce", "lease_until"])
    for job in jobs:
        job.account = account
    return jobs


def locked(queryset):
    """Lock rows, passing over those that another poller holds. SQLite has one writer at a time and needs no lock."""
    if connection.features.has_select_for_update_skip_locked:
        return queryset.select_for_update(skip_locked=True, of=("self",))
    return queryset


def acknowledge_job(account: Account, job_id: UUID, nonce: str) -> JobState:
    """Take an offered job. Raises JobNotFound, InvalidNonce."""
    jobs = Job.objects.for_account(account).filter(pk=job_id, performer="outside")
    taken = jobs.filter(state=JobState.DISPATCHED, nonce=nonce).update(state=JobState.IN_PROGRESS, lease_until=None)
    if taken:
        return JobState.IN_PROGRESS
    if not jobs.exists():
        raise JobNotFound(f"No job with the id '{job_id}' was found. Poll for jobs to get one.")
    raise InvalidNonce("The nonce is not the one of the latest offer of this job, or the job was taken already.")
