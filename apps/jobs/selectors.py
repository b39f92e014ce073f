"""Reads of jobs and logs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from apps.actions.models import ThirdPartyClient
from apps.core.statements import Statement
from apps.jobs.errors import InvalidClientToken, InvalidJob, JobNotFound
from apps.jobs.models import Job, LogChunk, WorkerCall
from apps.jobs.states import UNFINISHED
from apps.tenancy.models import Account


def own_jobs(account: Any) -> QuerySet[Job]:
    """Return the jobs that the account's own job workers do: a third party's worker does those with a client."""
    return Job.objects.for_account(account).filter(performer="outside", client=None)


OWN = Statement(
    lambda account, job: own_jobs(account).select_related("account").filter(pk=job).order_by(),
    account=Job.account,
    job=Job.id,
)


def job_of(account: Account, job_id: UUID) -> Job:
    """Return a job of the account's own job workers. Raises JobNotFound."""
    job: Job | None = OWN.first(account=account.pk, job=job_id)
    if job is None:
        raise job_not_found(job_id)
    return job


def third_party_job(poller: Account, job_id: str, token: str | None) -> Job:
    """Return a customer's job for a job worker of the publisher, who shows that it knows the customer by `token`.

    Without a token only whether the job is there for `poller` is looked at.
    Raises: JobNotFound, InvalidJob (a job of the poller's own, of no third-party type), InvalidClientToken.
    """
    related = ("account", "client__action_type")
    job = Job.objects.select_related(*related).filter(pk=_uuid(job_id), performer="outside").first()
    if job is None:
        raise job_not_found(job_id)
    if job.client is None and job.account_id == poller.pk:
        raise InvalidJob(f"The job '{job_id}' is none of a third-party action type. Use GetJobDetails.")
    if job.client is None or not job.client.action_type.is_polled_by(poller):
        raise job_not_found(job_id)
    if token is not None and not job.client.has_token(token):
        raise InvalidClientToken(f"The client token is not the one of the client of job '{job_id}'.")
    return job


def _uuid(text: str) -> UUID:
    """Third-party job ids are any text on the wire; ours are UUIDs, and another text names none of them."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def job_not_found(job_id: UUID | str) -> JobNotFound:
    return JobNotFound(f"No job with the id '{job_id}' was found. Poll for jobs to get one.")


def action_type_of(account: Account, job_id: str) -> str | None:
    """Return the action type of a job that the account's job workers may do, None when there is none of this id."""
    own = own_jobs(account).filter(pk=_uuid(job_id)).values_list("action_type", flat=True).first()
    if own is not None:
        return own
    try:
        return third_party_job(account, job_id, None).action_type
    except JobNotFound:
        return None


def unfinished_jobs(account: Account, action_execution_ids: Iterable[UUID]) -> Mapping[UUID, Job]:
    """Return the job that each action waits for now."""
    jobs = Job.objects.for_account(account).filter(
        action_execution_id__in=list(action_execution_ids), state__in=UNFINISHED, is_void=False
    )
    return {job.action_execution_id: job for job in jobs.order_by().defer("order", "sealed_secrets")}


def calls_for(account: Account, action_types: Iterable[str]) -> Mapping[str, WorkerCall]:
    """Return the last call of the account's job workers for each of these types."""
    rows = WorkerCall.objects.for_account(account).filter(action_type__in=list(action_types))
    return {row.action_type: row for row in rows.order_by()}


def publishers_calls_for(account: Account, action_types: Iterable[str]) -> Mapping[str, datetime]:
    """Return when a publisher's job workers, or those it named, last asked for each third-party type.

    Only types that the account is a client of are told, and the moment alone: who asks is another account's affair.
    """
    wanted, clients = set(action_types), ThirdPartyClient.objects.for_account(account).select_related("action_type")
    types = {str(client.action_type): client.action_type for client in clients.order_by()}
    may_ask = Q(pk__in=[])
    for name in wanted & types.keys():
        pollers = Q(account=types[name].account_id) | Q(account__number__in=types[name].polling_accounts)
        may_ask |= Q(action_type=name) & pollers
    rows = WorkerCall.objects.filter(may_ask).order_by()
    return dict(rows.values_list("action_type").annotate(last=Max("called_at")))


@dataclass(frozen=True)
class LogTail:
    """A stretch of a log. Units: `start` and `end` are offsets in bytes."""

    content: bytes
    start: int
    end: int


def log_from(account: Account, action_execution_id: UUID, *, start: int = 0, limit_bytes: int = 262_144) -> LogTail:
    """Return the log from an offset on, at most `limit_bytes` of it."""
    chunks = LogChunk.objects.for_account(account).filter(action_execution_id=action_execution_id)
    first = chunks.filter(start__lte=start).order_by("-start").values_list("start", flat=True).first()
    parts: list[bytes] = []
    end = start
    for chunk in chunks.filter(start__gte=first or 0).order_by("start").iterator(chunk_size=50):
        part = bytes(chunk.content)[max(0, end - chunk.start) :]
        parts.append(part[: limit_bytes - (end - start)])
        end += len(parts[-1])
        if end - start >= limit_bytes:
            break
    return LogTail(b"".join(parts), start, end)


def log_size(account: Account, action_execution_id: UUID) -> int:
    last = (
        LogChunk.objects.for_account(account).filter(action_execution_id=action_execution_id).order_by("-start").first()
    )
    return last.start + len(last.content) if last else 0
