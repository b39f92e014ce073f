"""The order of locks: a job's pipeline first, then the job.

Whoever starts or stops an action holds the pipeline's lock and then changes its jobs. A result comes the other way,
from the job up, so it must take the pipeline's lock before it touches the job, or the two would wait for each other.
Jobs do not know pipelines: `executions` says here how one is locked.
"""

from collections.abc import Callable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.core.statements import Statement
from apps.jobs.errors import JobNotFound
from apps.jobs.models import Job
from apps.tenancy.models import Account


def _locked(jobs: QuerySet[Job]) -> QuerySet[Job]:
    return jobs.select_related("account").order_by().select_for_update(of=("self",))


LOCKED = Statement(lambda job: _locked(Job.objects.filter(pk=job)), job=Job.id)
OWN_LOCKED = Statement(
    lambda account, job: _locked(Job.objects.for_account(account).filter(pk=job)), account=Job.account, job=Job.id
)
_lock_pipeline: list[Callable[[Account | None, UUID], None]] = []


def lock_pipelines_with(lock: Callable[[Account | None, UUID], None]) -> None:
    """Use `lock`, which takes what `locked_job` takes, before any job is changed by a result. It need not have the lock
    when it returns, as long as it has asked for it.
    """
    _lock_pipeline[:] = [lock]


def locked_job(account: Account | None, job_id: UUID) -> Job:
    """Return a job with its pipeline and itself locked. Raises JobNotFound.

    `account` is None for our own worker only, which serves them all.
    """
    if connection.features.has_select_for_update:
        for lock in _lock_pipeline:
            lock(account, job_id)
    job: Job | None = LOCKED.first(job=job_id) if account is None else OWN_LOCKED.first(account=account.pk, job=job_id)
    if job is None:
        raise JobNotFound(f"No job with the id '{job_id}' was found. Poll for jobs to get one.")
    return job
