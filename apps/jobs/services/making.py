"""Making jobs, and declaring those of an action void."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.actions.models import ThirdPartyClient
from apps.core import doorbell
from apps.core.statements import insert
from apps.jobs.models import Job
from apps.jobs.states import UNFINISHED, JobState
from apps.tenancy.models import Account


@dataclass(frozen=True)
class JobOrder:
    """What to do. `secrets` are configuration values that are encrypted at rest, by key."""

    account: Account
    pipeline_id: int
    action_execution_id: UUID
    action_type: str
    performer: str
    order: dict[str, Any]
    timeout_seconds: float
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    query_value: str = ""
    client: ThirdPartyClient | None = None


def create_job(order: JobOrder, *, now: datetime) -> Job:
    """Make the first job of an action. A person's job is in progress from the start: nobody polls for it."""
    for_person = order.performer == "person"
    job = Job(
        account=order.account,
        pipeline_id=order.pipeline_id,
        action_execution_id=order.action_execution_id,
        action_type=order.action_type,
        performer=order.performer,
        state=JobState.IN_PROGRESS if for_person else JobState.QUEUED,
        client=order.client,
        query_value=order.query_value,
        order=order.order,
        available_at=now,
        deadline_at=now + timedelta(seconds=order.timeout_seconds),
        created_at=now,
    )
    job.set_secrets(order.secrets)
    insert(job)
    if order.performer == "worker":
        doorbell.ring("jobs")
    return job


def continue_job(ended: Job, *, token: str, pause_seconds: float, now: datetime) -> Job:
    """Make the next job of the same action: offered after a pause, with the same deadline."""
    job = Job(
        account=ended.account,
        pipeline_id=ended.pipeline_id,
        action_execution_id=ended.action_execution_id,
        action_type=ended.action_type,
        performer=ended.performer,
        client_id=ended.client_id,
        query_value=ended.query_value,
        order=ended.order,
        continuation_token=token,
        available_at=now + timedelta(seconds=pause_seconds),
        deadline_at=ended.deadline_at,
        created_at=now,
    )
    if ended.sealed_secrets:
        clear = ended.configuration_in_clear()
        job.set_secrets({key: value for key, value in clear.items() if ended.order["configuration"].get(key) != value})
    insert(job)
    if job.performer == "worker":
        doorbell.ring("jobs")
    return job


def void_jobs(action_execution_ids: list[UUID]) -> int:
    """Say that these actions do not count any more: their jobs are not offered again, late results change nothing."""
    voided = Job.objects.filter(action_execution_id__in=action_execution_ids, state__in=UNFINISHED, is_void=False)
    number = voided.update(is_void=True)
    if number:
        doorbell.ring("jobs", "void")
    return number
