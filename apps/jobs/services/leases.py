"""Leases: our worker claims jobs, renews while it works, and what nobody renews is given to another.

All moments come from the database's clock, so that hosts with different clocks agree about who holds a job.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps import events
from apps.core.ids import new_nonce
from apps.core.statements import Statement, update
from apps.core.together import kept_together
from apps.jobs.locks import locked_job
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services.polling import locked
from apps.jobs.services.results import finish_job, tell
from apps.jobs.states import UNFINISHED, JobState

BATCH = 100


def _claimable(moment: Any) -> QuerySet[Job]:
    return Job.objects.filter(performer="worker", state=JobState.QUEUED, available_at__lte=moment, is_void=False)


ANY_CLAIMABLE = Statement(lambda moment: _claimable(moment).order_by().values_list("pk")[:1], moment=Job.available_at)


CLAIMABLE = Statement(
    lambda moment: locked(_claimable(moment).order_by("available_at").select_related("account")),
    moment=Job.available_at,
)
NEXT_AVAILABLE = Statement(
    lambda: (
        Job.objects.filter(performer="worker", state=JobState.QUEUED, is_void=False)
        .order_by("available_at")
        .values_list("available_at")[:1]
    )
)


def claim_jobs(holder: str, *, limit: int, now: datetime, claimed: list[Job] | None = None) -> list[Job]:
    """Take up to `limit` queued jobs of our worker, longest waiting first. Each gets a new nonce and a lease.

    They are put into `claimed` before the commit too, so that a caller whose commit is in doubt can give them back.
    """
    if not ANY_CLAIMABLE.rows(moment=now):
        return []

    def claim() -> list[Job]:
        with transaction.atomic():
            jobs = _taken(CLAIMABLE.rows(moment=now, most=limit), holder, now)
            if claimed is not None:
                claimed.extend(jobs)
            return jobs

    return kept_together(claim, may_be_lost=True)  # with whoever holds them: they wait then as if never taken


def finish_and_claim(job: Job, outcome: Outcome, holder: str, claimed: list[Job], *, now: datetime) -> None:
    """End a job that `holder` holds, and take the next that waits, whichever it is, in the same transaction.

    Whoever has ended one job has room for one: to commit once for both saves a writer's turn and a commit. The next
    job is put into `claimed` before the commit, so that a caller whose commit is in doubt can give it back.
    Raises: as `finish_job`.
    """
    with events.transaction() as is_whole:
        finish_job(None, job.pk, outcome, now=now, nonce=job.nonce)
        next_jobs = CLAIMABLE.ask(moment=now, most=1)
        if is_whole:
            events.ask_ends()
        claimed.extend(_taken(next_jobs(), holder, now))


def _taken(jobs: list[Job], holder: str, now: datetime) -> list[Job]:
    for job in jobs:
        job.state, job.nonce, job.holder = JobState.IN_PROGRESS, new_nonce(), holder
        job.lease_until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        update(job, "state", "nonce", "holder", "lease_until")
    return jobs


def next_available() -> datetime | None:
    """Return from when on the job of our worker that waits longest may be taken, None when none waits."""
    row = NEXT_AVAILABLE.first()
    return row[0] if row else None


def renew(jobs: list[Job], *, now: datetime) -> set[str]:
    """Extend the leases on these jobs. Returns the ids of those that are still held and still wanted."""
    until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)

    def renewed() -> set[str]:
        """Not in one transaction: whoever stops an execution holds some of these rows, and asks for others."""
        kept = set()
        for job in jobs:
            held = Job.objects.filter(pk=job.pk, nonce=job.nonce, state=JobState.IN_PROGRESS, is_void=False)
            if held.update(lease_until=until):
                kept.add(str(job.pk))
        return kept

    return kept_together(renewed, may_be_lost=True)  # with whoever holds them, on the same host


def give_back(job: Job) -> None:
    """Return a job that was not begun, or was interrupted in good order, to the queue. It counts as no crash."""
    Job.objects.filter(pk=job.pk, nonce=job.nonce, state=JobState.IN_PROGRESS).update(
        state=JobState.QUEUED, nonce="", holder="", lease_until=None
    )


def holders_of_jobs() -> list[str]:
    """Return the workers that hold jobs now."""
    return list(_leased().order_by().values_list("holder", flat=True).distinct())


def _leased() -> QuerySet[Job]:
    return Job.objects.filter(performer="worker", state=JobState.IN_PROGRESS, lease_until__isnull=False)


def take_back_from_dead(holders: list[str], *, now: datetime) -> int:
    """Requeue the jobs of workers that are known to be dead. Each counts as a crash of the job."""
    dead, ids = frozenset(holders), _leased().filter(holder__in=holders).values_list("pk", flat=True)
    return sum(_crashed(pk, now, lambda job: job.holder in dead) for pk in ids[:BATCH])


def end_dispatched_leases(*, now: datetime) -> int:
    """Requeue what nobody acknowledged or renewed in time. Returns how many jobs that were."""
    unacknowledged = Job.objects.filter(state=JobState.DISPATCHED, lease_until__lt=now).update(
        state=JobState.QUEUED, nonce="", lease_until=None
    )
    lost = Job.objects.filter(performer="worker", state=JobState.IN_PROGRESS, lease_until__lt=now)
    ids = lost.values_list("pk", flat=True)[:BATCH]
    return unacknowledged + sum(_crashed(pk, now, lambda job: _is_past(job, now)) for pk in ids)


def _is_past(job: Job, now: datetime) -> bool:
    return job.lease_until is not None and job.lease_until < now


def job_crashed(job: Job, reason: str, *, now: datetime) -> None:
    """Count that the child process of a job we hold died, and requeue the job or, after too many times, fail it."""
    _crashed(job.pk, now, lambda row: row.nonce == job.nonce, reason=reason)


def _crashed(job_id: UUID, now: datetime, is_lost: Callable[[Job], bool], *, reason: str = "The worker ended.") -> int:
    with events.transaction():
        job = locked_job(None, job_id)
        if job.state != JobState.IN_PROGRESS or job.lease_until is None or not is_lost(job):
            return 0
        job.crashes += 1
        job.nonce, job.holder, job.lease_until = "", "", None
        too_often = job.crashes >= settings.JOB_MAX_CRASHES
        job.state = JobState.FAILED if too_often else JobState.QUEUED
        job.ended_at = now if too_often else None
        job.save(update_fields=["crashes", "nonce", "holder", "lease_until", "state", "ended_at"])
        if too_often and not job.is_void:
            message = f"The action was interrupted {job.crashes} times and is not tried again. {reason}"
            outcome = Outcome(succeeded=False, error_code="SystemUnavailable", error_message=message)
            tell("JobFailed", job, outcome, now)
        return 1


def expire_jobs(*, now: datetime) -> int:
    """End the jobs whose deadline has passed. Returns how many that were."""
    late = Job.objects.filter(ended_at=None, deadline_at__lte=now, is_void=False).order_by("deadline_at")
    return sum(_expire(pk, now) for pk in late.values_list("pk", flat=True)[:BATCH])


def _expire(job_id: UUID, now: datetime) -> int:
    with events.transaction():
        job = locked_job(None, job_id)
        if job.state not in UNFINISHED or job.deadline_at > now or job.is_void:
            return 0
        job.state, job.ended_at, job.lease_until = JobState.TIMED_OUT, now, None
        job.save(update_fields=["state", "ended_at", "lease_until"])
        if job.performer == "person":
            message = "Nobody decided in time: the approval expired."
        else:
            message = f"The action did not end by {job.deadline_at:%Y-%m-%d %H:%M} UTC, its time limit."
        tell("JobTimedOut", job, Outcome(succeeded=False, error_code="JobFailed", error_message=message), now)
        return 1
