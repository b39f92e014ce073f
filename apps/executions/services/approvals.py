"""Deciding an approval. Source: reference section 8."""

from datetime import datetime
from uuid import UUID

from apps import events
from apps.executions.errors import ApprovalAlreadyCompleted, ApprovalSummaryRequired, InvalidApprovalToken
from apps.executions.models import ActionExecution
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import finish_job
from apps.jobs.states import FINISHED
from apps.pipelines.selectors import declared_action, locked_pipeline
from apps.tenancy.models import Account


def decide_approval(
    account: Account,
    pipeline_name: str,
    stage: str,
    action: str,
    *,
    token: UUID,
    approved: bool,
    summary: str,
    by: str,
    now: datetime,
) -> datetime:
    """Approve or reject what waits for a person, once. Returns the moment of the decision.

    Raises: PipelineNotFound, StageNotFound, ActionNotFound, InvalidApprovalToken, ApprovalAlreadyCompleted,
    ApprovalSummaryRequired.
    """
    with events.transaction():
        pipeline = locked_pipeline(account, pipeline_name)
        row = ActionExecution.objects.for_account(account).filter(
            pk=token, pipeline=pipeline, stage=stage, action=action, action_type__startswith="Approval/"
        )
        approval = row.first()
        if approval is None or approval.ended_at:  # one that waits may be of an earlier version, in PARALLEL mode
            declared_action(pipeline, stage, action)
        job = _waiting_job(account, approval, token)
        if approval and approval.configuration.get("IsSummaryRequired", "").lower() == "true" and not summary.strip():
            raise ApprovalSummaryRequired(f"The approval '{action}' asks for a summary. Say why, and answer again.")
        finish_job(account, job.pk, Outcome(succeeded=approved, summary=summary, by=by), now=now)
    return now


def _waiting_job(account: Account, approval: ActionExecution | None, token: UUID) -> Job:
    job = None
    if approval is not None:
        job = Job.objects.for_account(account).filter(action_execution_id=approval.pk, performer="person").first()
    was_refused = job is None and approval is not None and approval.ended_at  # it failed when it started
    if not was_refused and (job is None or job.is_void):
        raise InvalidApprovalToken(f"The approval token '{token}' is not valid: no approval waits for it.")
    if job is None or job.state in FINISHED:
        raise ApprovalAlreadyCompleted("The approval action has already been approved or rejected, or it has expired.")
    return job
