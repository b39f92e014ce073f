"""The life of a job, as a table. Source: CodePipeline API reference, JobDetails; reference section 7.2."""

from enum import StrEnum


class JobState(StrEnum):
    QUEUED = "Queued"
    DISPATCHED = "Dispatched"  # offered with a nonce, not acknowledged yet
    IN_PROGRESS = "InProgress"
    TIMED_OUT = "TimedOut"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class JobCause(StrEnum):
    OFFERED = "offered to a job worker that polled"
    ACKNOWLEDGED = "acknowledged with its nonce"
    CLAIMED = "claimed by our worker, or waiting for a person"
    LEASE_ENDED = "nobody heard of its holder in time"
    SUCCEEDED = "its holder reported success"
    FAILED = "its holder reported failure, or crashed too often"
    DEADLINE = "its deadline passed"


JOB_MOVES: dict[tuple[JobState, JobCause], JobState] = {
    (JobState.QUEUED, JobCause.OFFERED): JobState.DISPATCHED,
    (JobState.QUEUED, JobCause.CLAIMED): JobState.IN_PROGRESS,
    (JobState.QUEUED, JobCause.DEADLINE): JobState.TIMED_OUT,
    (JobState.DISPATCHED, JobCause.ACKNOWLEDGED): JobState.IN_PROGRESS,
    (JobState.DISPATCHED, JobCause.LEASE_ENDED): JobState.QUEUED,
    (JobState.DISPATCHED, JobCause.DEADLINE): JobState.TIMED_OUT,
    (JobState.IN_PROGRESS, JobCause.LEASE_ENDED): JobState.QUEUED,
    (JobState.IN_PROGRESS, JobCause.SUCCEEDED): JobState.SUCCEEDED,
    (JobState.IN_PROGRESS, JobCause.FAILED): JobState.FAILED,
    (JobState.IN_PROGRESS, JobCause.DEADLINE): JobState.TIMED_OUT,
}

UNFINISHED = (JobState.QUEUED, JobState.DISPATCHED, JobState.IN_PROGRESS)
FINISHED = (JobState.TIMED_OUT, JobState.SUCCEEDED, JobState.FAILED)
