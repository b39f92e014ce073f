"""Reads of executions: how a pipeline stands, and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.actions.catalogue import AccountCatalogue
from apps.core.pages import Page, page, read_token
from apps.core.statements import model_of
from apps.executions.errors import ExecutionNotFound
from apps.executions.links import entity_url
from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
from apps.executions.statements import (
    ACTION,
    ACTION_FIELDS,
    EXECUTION,
    EXECUTION_FIELDS,
    LATEST,
    STAGE,
    STAGE_FIELDS,
    WAITING,
)
from apps.pipelines.models import Pipeline, PipelineVersion, StageTransition
from apps.pipelines.selectors import current_version, pipeline_with_transitions
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId


@dataclass(frozen=True)
class ActionStanding:
    """An action of the current definition, with its latest attempt in the stage's latest execution."""

    name: str
    declared: Mapping[str, Any]
    latest: ActionExecution | None
    entity_url: str


@dataclass(frozen=True)
class StageStanding:
    """A stage of the current definition. `waiting`: who waits at its entry, oldest start first."""

    name: str
    inbound: StageTransition | None
    outbound: StageTransition | None
    latest: StageExecution | None
    waiting: tuple[PipelineExecution, ...]
    actions: tuple[ActionStanding, ...]


@dataclass(frozen=True)
class PipelineStanding:
    """How a pipeline stands now. `in_flight` holds the executions of `waiting` and those inside a stage."""

    pipeline: Pipeline
    version: PipelineVersion
    stages: tuple[StageStanding, ...]


def pipeline_standing(account: Account, name: str) -> PipelineStanding:
    """Return how a pipeline stands: three queries, whatever its size, and one more for custom action types.

    Raises PipelineNotFound.
    """
    pipeline, transitions = pipeline_with_transitions(account, name)
    version = current_version(pipeline)
    latest, actions = _latest(pipeline)
    waiting = WAITING.rows(pipeline=pipeline.pk)
    stages = version.declaration["stages"]
    catalogue = AccountCatalogue(account)
    catalogue.read(ActionTypeId(**action["actionTypeId"]) for stage in stages for action in stage["actions"])
    return PipelineStanding(
        pipeline,
        version,
        tuple(
            StageStanding(
                name=stage["name"],
                inbound=transitions.get((stage["name"], "Inbound")),
                outbound=transitions.get((stage["name"], "Outbound")),
                latest=latest.get(stage["name"]),
                waiting=tuple(row for row in waiting if row.stage == stage["name"]),
                actions=tuple(
                    _action_standing(action, latest.get(stage["name"]), actions, catalogue)
                    for action in stage["actions"]
                ),
            )
            for stage in stages
        ),
    )


def _latest(pipeline: Pipeline) -> tuple[dict[str, StageExecution], dict[tuple[int, str], ActionExecution]]:
    """Return the latest stage execution of each stage, and the actions in them by their stage execution and name."""
    stages: dict[str, StageExecution] = {}
    actions: dict[tuple[int, str], ActionExecution] = {}
    for row in LATEST.rows(pipeline=pipeline.pk):
        stage = model_of(StageExecution, STAGE_FIELDS, row[STAGE])
        if stage.stage not in stages:
            stages[stage.stage] = stage
            stage.execution = model_of(PipelineExecution, EXECUTION_FIELDS, row[EXECUTION])
        if row[ACTION.start] is not None:
            action = model_of(ActionExecution, ACTION_FIELDS, row[ACTION])
            actions[stage.pk, action.action] = action
    return stages, actions


def _action_standing(
    action: Mapping[str, Any],
    stage: StageExecution | None,
    actions: Mapping[tuple[int, str], ActionExecution],
    catalogue: AccountCatalogue,
) -> ActionStanding:
    spec = catalogue(ActionTypeId(**action["actionTypeId"]))
    return ActionStanding(
        name=action["name"],
        declared=action,
        latest=actions.get((stage.pk, action["name"])) if stage else None,
        entity_url=entity_url(spec, action.get("configuration", {})),
    )


def find_execution(account: Account, pipeline: Pipeline, execution_id: UUID) -> PipelineExecution:
    """Raises ExecutionNotFound."""
    rows = PipelineExecution.objects.for_account(account).filter(pipeline=pipeline, pk=execution_id)
    row = rows.first()
    if row is None:
        raise ExecutionNotFound(f"Pipeline '{pipeline.name}' does not have an execution with id '{execution_id}'")
    row.pipeline = pipeline
    return row


def list_executions(
    account: Account, pipeline: Pipeline, *, size: int, token: str | None, succeeded_in: str | None = None
) -> Page[PipelineExecution]:
    """Return a page of a pipeline's executions, newest start first. Raises InvalidNextToken.

    `succeeded_in` names a stage: only executions of the current version that succeeded there.
    """
    scope = {"of": "executions", "account": account.pk, "pipeline": pipeline.pk, "succeeded_in": succeeded_in}
    rows = PipelineExecution.objects.for_account(account).filter(pipeline=pipeline).order_by("-number")
    if succeeded_in is not None:
        succeeded = StageExecution.objects.filter(execution=OuterRef("pk"), stage=succeeded_in, state="Succeeded")
        rows = rows.filter(Exists(succeeded), version=pipeline.version)
    if key := read_token(token, scope=scope):
        rows = rows.filter(number__lt=key[0])
    rows = rows.defer("artifacts", "outputs", "overrides")
    return page(list(rows[: size + 1]), size, scope=scope, key=lambda row: [row.number])


@dataclass(frozen=True)
class ActionFilter:
    """Which attempts are asked for. `latest_only`: of each action the newest."""

    execution_id: UUID | None = None
    latest_only: bool = False
    nothing: bool = False


def list_action_executions(
    account: Account, pipeline: Pipeline, *, wanted: ActionFilter, size: int, token: str | None
) -> Page[ActionExecution]:
    """Return a page of started attempts, newest start first. Raises InvalidNextToken."""
    scope = {"of": "actions", "account": account.pk, "pipeline": pipeline.pk, "wanted": repr(wanted)}
    rows = _wanted(ActionExecution.objects.for_account(account).filter(pipeline=pipeline), wanted)
    if key := read_token(token, scope=scope):
        rows = rows.filter(Q(started_at__lt=key[0]) | Q(started_at=key[0], pk__lt=key[1]), started_at__lte=key[0])
    rows = rows.order_by("-started_at", "-pk")
    found = [] if wanted.nothing else list(rows[: size + 1])
    return page(found, size, scope=scope, key=lambda row: [row.started_at.isoformat(), str(row.pk)])


def _wanted(rows: QuerySet[ActionExecution], wanted: ActionFilter) -> QuerySet[ActionExecution]:
    if wanted.execution_id is not None:
        rows = rows.filter(execution_id=wanted.execution_id)
    if wanted.latest_only:
        newer = ActionExecution.objects.filter(
            execution=OuterRef("execution"), stage=OuterRef("stage"), action=OuterRef("action"),
            attempt__gt=OuterRef("attempt"),
        )  # fmt: skip
        rows = rows.filter(~Exists(newer))
    return rows
