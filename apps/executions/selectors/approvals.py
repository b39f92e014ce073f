"""Approvals that wait: what is asked for, who has approved, and who may not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.core.pages import Page, page, read_token
from apps.executions.engine import Tally
from apps.executions.models import IN_FLIGHT, ActionExecution, ApprovalGiven, PipelineExecution
from apps.jobs.models import Job
from apps.jobs.selectors import unfinished_jobs
from apps.pipelines.models import ApprovalRule
from apps.pipelines.selectors import approval_rule, find_pipeline
from apps.tenancy.models import Account


@dataclass(frozen=True)
class WaitingApproval:
    """An approval that waits, by its action and its job. `given` are the approvals so far, first one first."""

    action: ActionExecution
    job: Job
    tally: Tally
    rule: ApprovalRule
    given: tuple[ApprovalGiven, ...]

    @property
    def expires_at(self) -> datetime:
        return self.job.deadline_at


def list_waiting_approvals(
    account: Account, pipeline_name: str, *, size: int, token: str | None
) -> Page[WaitingApproval]:
    """Return a page of the approvals of a pipeline that wait, oldest first.

    Raises: PipelineNotFound, InvalidNextToken.
    """
    pipeline = find_pipeline(account, pipeline_name)
    scope = {"of": "approvals", "account": account.pk, "pipeline": pipeline.pk}
    rows = ActionExecution.objects.for_account(account).filter(
        execution__in=PipelineExecution.objects.filter(IN_FLIGHT, pipeline=pipeline).order_by(),
        state="InProgress",
        action_type__startswith="Approval/",
    )
    if key := read_token(token, scope=scope):
        since = datetime.fromisoformat(key[0])
        rows = rows.filter(Q(started_at__gt=since) | Q(started_at=since, pk__gt=UUID(key[1])))
    found = page(
        list(rows.select_related("execution").order_by("started_at", "pk")[: size + 1]),
        size,
        scope=scope,
        key=lambda row: [row.started_at.isoformat(), str(row.pk)],
    )
    return Page(waiting_approvals(account, pipeline.name, found.rows), found.next_token)


def waiting_approvals(
    account: Account, pipeline_name: str, actions: Sequence[ActionExecution]
) -> list[WaitingApproval]:
    """Return how each of these approvals of one pipeline stands. One that was decided meanwhile is left out."""
    ids = [row.pk for row in actions]
    jobs, given = unfinished_jobs(account, ids), approvals_given(account, ids)
    rule = approval_rule(account, pipeline_name)
    return [
        WaitingApproval(row, jobs[row.pk], tally_of(rule, row.execution, so_far), rule, tuple(so_far))
        for row in actions
        if row.pk in jobs
        for so_far in [given.get(row.pk, [])]
    ]


def approvals_given(account: Account, action_execution_ids: Iterable[UUID]) -> dict[UUID, list[ApprovalGiven]]:
    """Return the approvals given to each attempt at an approval, first one first."""
    rows = ApprovalGiven.objects.for_account(account).filter(action_execution_id__in=list(action_execution_ids))
    found: dict[UUID, list[ApprovalGiven]] = {}
    for row in rows.order_by("pk"):
        found.setdefault(row.action_execution_id, []).append(row)
    return found


def tally_of(rule: ApprovalRule, execution: PipelineExecution, given: Iterable[ApprovalGiven]) -> Tally:
    return Tally(
        needed=rule.needed,
        barred=frozenset(execution.started_by) if rule.not_the_starter else frozenset(),
        given_by=frozenset(row.by for row in given),
    )
