"""Deciding an approval. Source: reference section 8; decision 0019 for what a rule asks for beyond it."""

from datetime import datetime
from uuid import UUID

from apps import events
from apps.core.arns import user_arn
from apps.executions.engine import Tally
from apps.executions.errors import (
    ApprovalAlreadyCompleted,
    ApprovalSummaryRequired,
    InvalidApprovalToken,
    StarterMayNotApprove,
)
from apps.executions.models import ActionExecution, ApprovalGiven
from apps.executions.selectors import approvals_given, tally_of
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import finish_job
from apps.jobs.states import FINISHED
from apps.pipelines.selectors import approval_rule, declared_action, locked_pipeline
from apps.tenancy.models import Account
from apps.tenancy.selectors import releasers_of

MOST_NAMED = 5


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

    Where the pipeline's rule needs several people, the last of them ends it; those before get the moment of their own
    approval, and get it again when they repeat it. One rejection rejects.
    Shapes: `by` is an ARN.
    Raises: PipelineNotFound, StageNotFound, ActionNotFound, InvalidApprovalToken, ApprovalAlreadyCompleted,
    ApprovalSummaryRequired, StarterMayNotApprove.
    """
    with events.transaction():
        pipeline = locked_pipeline(account, pipeline_name)
        rows = ActionExecution.objects.for_account(account).select_related("account", "execution", "pipeline")
        row = rows.filter(pk=token, pipeline=pipeline, stage=stage, action=action, action_type__startswith="Approval/")
        approval = row.first()
        if approval is None or approval.ended_at:  # one that waits may be of an earlier version, in PARALLEL mode
            declared_action(pipeline, stage, action)
        job = _waiting_job(account, approval, token)
        if approval and approval.configuration.get("IsSummaryRequired", "").lower() == "true" and not summary.strip():
            raise ApprovalSummaryRequired(f"The approval '{action}' asks for a summary. Say why, and answer again.")
        if approved and approval:
            mine, is_enough = _approve(approval, summary=summary, by=by, now=now)
            if not is_enough:
                return mine.given_at
        finish_job(account, job.pk, Outcome(succeeded=approved, summary=summary, by=by), now=now)
    return now


def _approve(approval: ActionExecution, *, summary: str, by: str, now: datetime) -> tuple[ApprovalGiven, bool]:
    """Count a person's approval. Returns it, and whether there are as many now as are needed.

    The pipeline's lock is held: two people at the same moment count one after the other.
    """
    account, pipeline = approval.account, approval.pipeline.name
    rule = approval_rule(account, pipeline)
    given = approvals_given(account, [approval.pk]).get(approval.pk, [])
    before = tally_of(rule, approval.execution, given)
    if by in before.barred:
        raise StarterMayNotApprove(_who_else(account, pipeline, before))
    mine = next((row for row in given if row.by == by), None)
    tally = before.with_approval_of(by)
    if mine is None:
        mine = ApprovalGiven.objects.create(
            account=account, action_execution=approval, by=by, summary=summary, given_at=now
        )
        if tally.needed > 1:  # one that is needed alone is told by the end of its action
            _tell(approval, by, tally, now)
    return mine, tally.is_reached


def _tell(approval: ActionExecution, by: str, tally: Tally, now: datetime) -> None:
    events.record(
        "ApprovalGiven",
        account=approval.account,
        at=now,
        pipeline=approval.pipeline.name,
        execution_id=approval.execution_id,
        stage=approval.stage,
        action=approval.action,
        action_execution_id=approval.pk,
        by=by,
        given=len(tally.counted),
        needed=tally.needed,
    )


def _who_else(account: Account, pipeline: str, tally: Tally) -> str:
    """Say why a starter may not approve, and who may."""
    why = f"You started this execution, and the approval rule of pipeline '{pipeline}' asks for somebody else."
    able = [name for name in releasers_of(account) if user_arn(account.number, name) not in tally.barred]
    if not able:
        return f"{why} No other member has the role of releaser: ask an admin to give it to somebody."
    more = f" and {len(able) - MOST_NAMED} others" if len(able) > MOST_NAMED else ""
    return f"{why} Who can approve: {', '.join(able[:MOST_NAMED])}{more}."


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
