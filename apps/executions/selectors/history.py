"""What a pipeline did: its executions, its actions, its rules."""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core.pages import Page, page, read_token
from apps.executions.errors import ActionExecutionNotFound, ExecutionNotFound
from apps.executions.models import STANDARD, ActionExecution, PipelineExecution, RuleExecution, StageExecution
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account

Attempt = TypeVar("Attempt", ActionExecution, RuleExecution)


def find_execution(account: Account, pipeline: Pipeline, execution_id: UUID) -> PipelineExecution:
    """Raises ExecutionNotFound."""
    rows = PipelineExecution.objects.for_account(account).filter(pipeline=pipeline, pk=execution_id)
    row = rows.first()
    if row is None:
        raise ExecutionNotFound(f"Pipeline '{pipeline.name}' does not have an execution with id '{execution_id}'")
    row.pipeline = pipeline
    return row


def latest_execution(pipeline: Pipeline) -> PipelineExecution | None:
    """Return the execution that started last."""
    rows = PipelineExecution.objects.for_account(pipeline.account).filter(pipeline=pipeline)
    return rows.order_by("-number").first()


def latest_revision(pipeline: Pipeline, action: str) -> ActionExecution | None:
    """Return the newest attempt at a source action that says which revision it took."""
    rows = ActionExecution.objects.for_account(pipeline.account).filter(pipeline=pipeline, action=action)
    return rows.filter(action_type__startswith="Source/", revision__isnull=False).order_by("-started_at", "-pk").first()


def find_action_execution(account: Account, attempt_id: UUID, *, pipeline: Pipeline | None = None) -> ActionExecution:
    """Return an attempt at an action, of `pipeline` where one is given. Raises ActionExecutionNotFound."""
    rows = ActionExecution.objects.for_account(account).filter(pk=attempt_id)
    row = (rows if pipeline is None else rows.filter(pipeline=pipeline)).first()
    if row is None:
        raise action_execution_not_found(attempt_id)
    return row


def action_execution_not_found(attempt_id: UUID | str) -> ActionExecutionNotFound:
    return ActionExecutionNotFound(
        f"No action execution with the id '{attempt_id}' was found. ListActionExecutions shows the ids."
    )


def list_executions(
    account: Account,
    pipeline: Pipeline,
    *,
    size: int,
    token: str | None,
    succeeded_in: str | None = None,
    without_rollbacks: bool = False,
) -> Page[PipelineExecution]:
    """Return a page of a pipeline's executions, newest start first. Raises InvalidNextToken.

    `succeeded_in` names a stage: only executions of the current version that succeeded there.
    """
    scope = {"of": "executions", "account": account.pk, "pipeline": pipeline.pk, "succeeded_in": succeeded_in}
    scope |= {"type": STANDARD} if without_rollbacks else {}
    rows = PipelineExecution.objects.for_account(account).filter(pipeline=pipeline).order_by("-number")
    if succeeded_in is not None:
        succeeded = StageExecution.objects.filter(execution=OuterRef("pk"), stage=succeeded_in, state="Succeeded")
        rows = rows.filter(Exists(succeeded), version=pipeline.version)
    if without_rollbacks:
        rows = rows.filter(type=STANDARD)
    if key := read_token(token, scope=scope):
        rows = rows.filter(number__lt=key[0])
    rows = rows.defer("artifacts", "outputs", "overrides")
    return page(list(rows[: size + 1]), size, scope=scope, key=lambda row: [row.number])


@dataclass(frozen=True)
class AttemptFilter:
    """Which attempts at actions or rules are asked for. `latest_only`: of each the newest."""

    execution_id: UUID | None = None
    latest_only: bool = False
    nothing: bool = False


def list_action_executions(
    account: Account, pipeline: Pipeline, *, wanted: AttemptFilter, size: int, token: str | None
) -> Page[ActionExecution]:
    """Return a page of started attempts, newest start first. Raises InvalidNextToken."""
    scope = {"of": "actions", "account": account.pk, "pipeline": pipeline.pk, "wanted": repr(wanted)}
    rows = ActionExecution.objects.for_account(account).filter(pipeline=pipeline)
    newer = ActionExecution.objects.filter(action=OuterRef("action"))
    return _attempts(rows, newer, wanted=wanted, size=size, token=token, scope=scope)


def list_rule_executions(
    account: Account, pipeline: Pipeline, *, wanted: AttemptFilter, size: int, token: str | None
) -> Page[RuleExecution]:
    """Return a page of started rule executions, newest start first. Raises InvalidNextToken."""
    scope = {"of": "rules", "account": account.pk, "pipeline": pipeline.pk, "wanted": repr(wanted)}
    rows = RuleExecution.objects.for_account(account).filter(pipeline=pipeline)
    newer = RuleExecution.objects.filter(kind=OuterRef("kind"), rule=OuterRef("rule"))
    return _attempts(rows, newer, wanted=wanted, size=size, token=token, scope=scope)


def _attempts(
    rows: QuerySet[Attempt],
    newer: QuerySet[Attempt],
    *,
    wanted: AttemptFilter,
    size: int,
    token: str | None,
    scope: dict[str, Any],
) -> Page[Attempt]:
    key = read_token(token, scope=scope)
    if wanted.nothing:
        return Page([], None)
    if wanted.execution_id is not None:
        rows = rows.filter(execution_id=wanted.execution_id)
    if wanted.latest_only:
        same_place = newer.filter(execution=OuterRef("execution"), stage=OuterRef("stage"))
        rows = rows.filter(~Exists(same_place.filter(attempt__gt=OuterRef("attempt"))))
    if key:
        rows = rows.filter(Q(started_at__lt=key[0]) | Q(started_at=key[0], pk__lt=key[1]), started_at__lte=key[0])
    found = list(rows.order_by("-started_at", "-pk")[: size + 1])
    return page(found, size, scope=scope, key=lambda row: [row.started_at.isoformat(), str(row.pk)])
