"""The order of locks: a job's pipeline first, then the job.

Whoever starts or stops an action holds the pipeline's lock and then changes its jobs. A result comes the other way,
from the job up, so it must take the pipeline's lock before it touches the job, or the two would wait for each other.
Jobs do not know pipelines: `executions` says here how one is locked.
"""

from collections.abc import Callable
from uuid import UUID

from django.db import connection

from apps.jobs.errors import JobNotFound
from apps.jobs.models import Job
from apps.tenancy.models import Account

_lock_pipeline: list[Callable[[int], None]] = []


def lock_pipelines_with(lock: Callable[[int], None]) -> None:
    """Use `lock`, which takes a pipeline's id, before any job of that pipeline is changed by a result."""
    _lock_pipeline[:] = [lock]


def locked_job(account: Account | None, job_id: UUID) -> Job:
    """Return a job with its pipeline and itself locked. Raises JobNotFound.

    `account` is None for our own worker only, which serves them all.
    """
    jobs = Job.objects.all() if account is None else Job.objects.for_account(account)
    if connection.features.has_select_for_update:
        pipeline_id = jobs.filter(pk=job_id).values_list("pipeline_id", flat=True).first()
        for lock in _lock_pipeline:
            if pipeline_id is not None:
                lock(pipeline_id)
    job = jobs.select_related("account").select_for_update(of=("self",)).filter(pk=job_id).first()
    if job is None:
        raise JobNotFound(f"No job with the id '{job_id}' was found. Poll for jobs to get one.")
    return job
