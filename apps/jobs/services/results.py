"""Results: each counts once, an exact replay is taken without effect, a different one is refused."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps import events
from apps.core.statements import update
from apps.core.together import kept_together
from apps.jobs.errors import InvalidJobResult, InvalidJobState, InvalidNonce, OutputVariablesTooLarge
from apps.jobs.locks import locked_job
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services.making import continue_job
from apps.jobs.states import FINISHED, JobState
from apps.tenancy.models import Account

OUTPUT_VARIABLES_BYTES = 122_880


def finish_job(
    account: Account | None, job_id: UUID, outcome: Outcome, *, now: datetime, nonce: str | None = None
) -> None:
    """End a job with its result. With a continuation token the action goes on in a new job.

    `nonce` is given by holders whose lease may have ended meanwhile (our worker): an old lease's result is refused.
    Raises: JobNotFound, InvalidJobState, InvalidNonce, InvalidJobResult, OutputVariablesTooLarge.
    """
    _check(outcome)
    kept_together(lambda: _finish(account, job_id, outcome, now, nonce))


def _finish(account: Account | None, job_id: UUID, outcome: Outcome, now: datetime, nonce: str | None) -> None:
    with events.transaction():
        job = locked_job(account, job_id)
        if nonce is not None and job.nonce != nonce:
            raise InvalidNonce(f"The lease on job '{job_id}' ended and somebody else holds it now.")
        if _is_replay(job, outcome):
            return
        job.state = JobState.SUCCEEDED if outcome.succeeded else JobState.FAILED
        job.result_digest, job.ended_at, job.lease_until = outcome.digest(), now, None
        update(job, "state", "result_digest", "ended_at", "lease_until")
        if not job.is_void:
            _tell(job, outcome, now)


def _check(outcome: Outcome) -> None:
    if outcome.continuation_token and outcome.output_variables:
        raise InvalidJobResult(
            "A result with a continuationToken cannot hold outputVariables. Report them with the final result."
        )
    size = sum(len(key.encode()) + len(value.encode()) for key, value in outcome.output_variables.items())
    if size > OUTPUT_VARIABLES_BYTES:
        raise OutputVariablesTooLarge(
            f"The output variables have {size} bytes, more than the {OUTPUT_VARIABLES_BYTES} an action may report."
        )


def _is_replay(job: Job, outcome: Outcome) -> bool:
    if job.state in FINISHED and job.result_digest == outcome.digest():
        return True
    if job.state != JobState.IN_PROGRESS:
        raise InvalidJobState(
            f"The job '{job.id}' is {job.state} and does not take this result. "
            "Acknowledge a job before its result; a result cannot be changed later."
        )
    return False


def _tell(job: Job, outcome: Outcome, now: datetime) -> None:
    if outcome.continuation_token:
        pause = settings.CONTINUATION_PAUSE_SECONDS if outcome.pause_seconds is None else outcome.pause_seconds
        continue_job(job, token=outcome.continuation_token, pause_seconds=pause, now=now)
    kind = "JobContinued" if outcome.continuation_token else "JobSucceeded" if outcome.succeeded else "JobFailed"
    tell(kind, job, outcome, now)


def tell(kind: str, job: Job, outcome: Outcome, now: datetime) -> None:
    """Record what became of a job; whoever made it hears of it in this transaction."""
    context = job.order.get("context", {})
    events.record(
        kind,
        account=job.account,
        at=now,
        pipeline=context.get("pipeline_name", ""),
        execution_id=UUID(context["pipeline_execution_id"]) if "pipeline_execution_id" in context else None,
        stage=context.get("stage_name", ""),
        action=context.get("action_name", ""),
        action_execution_id=job.action_execution_id,
        payload=outcome,
        job=str(job.id),
        **({"rule": context["rule"]} if "rule" in context else {}),
    )
