"""Reads of jobs and logs."""

from dataclasses import dataclass
from uuid import UUID

from apps.jobs.errors import JobNotFound
from apps.jobs.models import Job, LogChunk
from apps.tenancy.models import Account


def job_of(account: Account, job_id: UUID) -> Job:
    """Return a job of an outside worker. Raises JobNotFound."""
    job = Job.objects.for_account(account).select_related("account").filter(pk=job_id, performer="outside").first()
    if job is None:
        raise job_not_found(job_id)
    return job


def job_not_found(job_id: UUID | str) -> JobNotFound:
    return JobNotFound(f"No job with the id '{job_id}' was found. Poll for jobs to get one.")


def action_type_of(account: Account, job_id: str) -> str | None:
    """Return the action type of a job, None when the account has no job of this id."""
    try:
        asked = UUID(job_id)
    except ValueError:
        return None
    return Job.objects.for_account(account).filter(pk=asked).values_list("action_type", flat=True).first()


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
