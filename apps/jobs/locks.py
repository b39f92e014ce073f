"""The order of locks: a job's pipeline first, then the job.

Whoever starts or stops an action holds the pipeline's lock and then changes its jobs. A result comes the other way,
from the job up, so it must take the pipeline's lock before it touches the job, or the two would wait for each other.
Jobs do not know pipelines: `executions` says here how one is locked.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.core.statements import Statement
from apps.jobs.errors import JobNotFound
from apps.jobs.models import Job
from apps.tenancy.models import Account


def _of_any(job: Any) -> QuerySet[Job]:
    return Job.objects.select_related("account").filter(pk=job).order_by()


def _of_account(account: Any, job: Any) -> QuerySet[Job]:
    return Job.objects.for_account(account).select_related("account").filter(pk=job).order_by()


SCOPE = {"account": Job.account, "job": Job.id}
FOUND = Statement(_of_any, job=Job.id)
LOCKED = Statement(lambda job: _of_any(job).select_for_update(of=("self",)), job=Job.id)
OWN_FOUND = Statement(_of_account, **SCOPE)
OWN_LOCKED = Statement(lambda account, job: _of_account(account, job).select_for_update(of=("self",)), **SCOPE)
_lock_pipeline: list[Callable[[int], None]] = []


def lock_pipelines_with(lock: Callable[[int], None]) -> None:
    """Use `lock`, which takes a pipeline's id, before any job of that pipeline is changed by a result."""
    _lock_pipeline[:] = [lock]


def locked_job(account: Account | None, job_id: UUID) -> Job:
    """Return a job with its pipeline and itself locked. Raises JobNotFound.

    `account` is None for our own worker only, which serves them all.
    """
    found, locked, scope = (FOUND, LOCKED, {}) if account is None else (OWN_FOUND, OWN_LOCKED, {"account": account.pk})
    if connection.features.has_select_for_update:
        unlocked = found.first(job=job_id, **scope)
        for lock in _lock_pipeline:
            if unlocked is not None:
                lock(unlocked.pipeline_id)
    job: Job | None = locked.first(job=job_id, **scope)
    if job is None:
        raise JobNotFound(f"No job with the id '{job_id}' was found. Poll for jobs to get one.")
    return job
