"""Reading a pipeline's rows and drawing the engine's snapshot from them.

Nothing here is asked for in an order: the engine keeps its own, and the models' would join the tables it goes by.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from apps.core.statements import ask_key
from apps.executions.engine import (
    ActionState,
    ConditionState,
    ConditionView,
    ExecutionState,
    ExecutionView,
    Kind,
    Mode,
    Plan,
    RuleState,
    Side,
    Snapshot,
    StageState,
    plan_of,
)
from apps.executions.models import (
    IN_FLIGHT,
    ROLLBACK,
    ActionExecution,
    ConditionExecution,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)
from apps.executions.statements import (
    ACTIONS_INSIDE,
    ALONE,
    CLOSED,
    CLOSED_BEFORE,
    DECIDED_FIELDS,
    INSIDE,
    OF_THE_PIPELINE,
)
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.versions import kept_version

STALE_AFTER = timedelta(days=30)
Stages = dict[tuple[UUID, str], StageExecution]
Actions = dict[tuple[UUID, str, str], ActionExecution]


@dataclass
class Rows:
    """The rows of one pipeline that a decision may read or change, by what the engine calls them."""

    executions: dict[UUID, PipelineExecution]
    stages: Stages
    actions: Actions
    versions: dict[int, PipelineVersion]
    plans: dict[int, Plan]
    conditions: dict[tuple[UUID, Kind], ConditionExecution]
    rules: dict[tuple[UUID, Kind, str], RuleExecution]
    closed: frozenset[tuple[str, Side]]


class Inside:
    """The stage that an execution is in, asked before it is known which that is.

    With PostgreSQL that is answered together with what else is asked at the moment.
    """

    def __init__(self, execution: UUID) -> None:
        self.execution = execution
        self.stages = INSIDE.ask(execution=execution)
        self.actions = ACTIONS_INSIDE.ask(execution=execution)


@dataclass
class Asked:
    """What is asked along with something else, before a decision. Each is a function that returns the answer.

    `inside` and `execution` are of the execution that the cause is about, if it has begun: where it stands, and its
    row, once that is known. `in_flight`: all of the pipeline. `stage_key` is for the first stage that is entered.
    """

    closed: Callable[[], list[tuple[str, str]]]
    stage_key: Callable[[], int | None]
    inside: Inside | None = None
    execution: PipelineExecution | None = None
    in_flight: Callable[[], list[PipelineExecution]] | None = None


def ask_about(execution: UUID) -> Asked:
    """Ask what a decision needs about an execution, by nothing but its id."""
    return Asked(CLOSED_BEFORE.ask(execution=execution), ask_key(StageExecution), inside=Inside(execution))


def ask_for_start(pipeline: Pipeline) -> Asked:
    """Ask what a decision about a new execution needs."""
    is_alone = pipeline.execution_mode == Mode.PARALLEL
    in_flight = None if is_alone else OF_THE_PIPELINE.ask(pipeline=pipeline.pk)
    return Asked(CLOSED.ask(pipeline=pipeline.pk), ask_key(StageExecution), in_flight=in_flight)


def load(pipeline: Pipeline, *, about: UUID | None, target: UUID | None, asked: Asked | None = None) -> Rows:
    """Read what is in flight, and `target` in whatever state it is. `asked`: what was asked already.

    Executions of a PARALLEL pipeline do not know each other, so there only the one that the cause is `about` is read:
    a decision costs the same however many run.
    """
    alone = about if pipeline.execution_mode == Mode.PARALLEL else None
    if asked is not None and alone:
        own = asked.execution
        found: Iterable[PipelineExecution] = [own] if own is not None and own.ended_at is None else []
    elif asked is not None and asked.in_flight is not None:
        found = asked.in_flight()
    else:
        found = _executions(pipeline, alone, target)
    closed = asked.closed() if asked else CLOSED.rows(pipeline=pipeline.pk)
    executions = {row.pk: row for row in found}
    inside = [row for row in executions.values() if not row.waiting and row.stage]
    stages, actions = _insides(inside, asked.inside if asked else None)
    numbers = {pipeline.version, *(row.version for row in executions.values())}
    versions = {number: row for number in numbers if (row := kept_version(pipeline, number)) is not None}
    plans = {number: _plan(row) for number, row in versions.items()}
    conditions, rules = _conditions(inside, stages, plans)
    gates = frozenset((stage, Side(side)) for stage, side in closed)
    return Rows(executions, stages, actions, versions, plans, conditions, rules, gates)


def _executions(pipeline: Pipeline, alone: UUID | None, target: UUID | None) -> list[PipelineExecution]:
    if target is not None:
        wanted = Q(pk=alone) & IN_FLIGHT if alone else IN_FLIGHT
        return list(PipelineExecution.objects.filter(wanted | Q(pk=target), pipeline=pipeline).order_by())
    if alone:
        return ALONE.rows(pipeline=pipeline.pk, execution=alone)
    return OF_THE_PIPELINE.rows(pipeline=pipeline.pk)


def _plan(version: PipelineVersion) -> Plan:
    """Return the plan of a saved definition. It never changes, so it is drawn once for each that is kept."""
    plan: Plan | None = version.__dict__.get("plan")
    if plan is None:
        plan = version.__dict__["plan"] = plan_of(version.declaration, version.version)
    return plan


def _insides(inside: list[PipelineExecution], asked: Inside | None) -> tuple[Stages, Actions]:
    """Read the stages that these executions are in, and what counts of their actions."""
    if not inside:
        return {}, {}
    if len(inside) == 1:
        if asked is None or asked.execution != inside[0].pk:
            asked = Inside(inside[0].pk)
        stages: Iterable[StageExecution] = asked.stages()
        actions: Iterable[ActionExecution] = asked.actions()
    else:
        current = {row.pk: row.stage for row in inside}
        found = StageExecution.objects.filter(execution_id__in=current, stage__in=set(current.values())).order_by()
        stages = [row for row in found if current[row.execution_id] == row.stage]
        running = ActionExecution.objects.filter(stage_execution__in=stages, is_current=True)
        actions = running.only(*DECIDED_FIELDS).order_by()
    return (
        {(row.execution_id, row.stage): row for row in stages},
        {(row.execution_id, row.stage, row.action): row for row in actions},
    )


def _conditions(
    inside: list[PipelineExecution], stages: Stages, plans: dict[int, Plan]
) -> tuple[dict[tuple[UUID, Kind], ConditionExecution], dict[tuple[UUID, Kind, str], RuleExecution]]:
    """Read the evaluations that count, where a plan has conditions at all."""
    guarded = [
        stages[row.pk, row.stage].pk
        for row in inside
        if (row.pk, row.stage) in stages and (plan := plans[row.version].stage(row.stage)) and plan.conditions
    ]
    if not guarded:
        return {}, {}
    asked = ConditionExecution.objects.filter(stage_execution_id__in=guarded, is_current=True).order_by()
    conditions = {row.pk: row for row in asked}
    rules = RuleExecution.objects.filter(condition_id__in=conditions).order_by()
    return (
        {(row.execution_id, Kind(row.kind)): row for row in conditions.values()},
        {(row.execution_id, Kind(row.kind), row.rule): row for row in rules},
    )


def snapshot_of(pipeline: Pipeline, rows: Rows, *, now: datetime, with_latest: bool) -> Snapshot:
    """Draw the engine's picture. `with_latest`: also who entered each stage last, which only a retry asks."""
    return Snapshot(
        plans=rows.plans,
        version=pipeline.version,
        mode=Mode(pipeline.execution_mode),
        executions={row.pk: _view(row, rows, now) for row in rows.executions.values()},
        closed=rows.closed,
        latest_in_stage=_latest(pipeline) if with_latest else {},
    )


def _view(row: PipelineExecution, rows: Rows, now: datetime) -> ExecutionView:
    stage = rows.stages.get((row.pk, row.stage))
    return ExecutionView(
        id=row.pk,
        number=row.number,
        state=ExecutionState(row.state),
        version=row.version,
        mode=Mode(row.mode),
        stage=row.stage,
        waiting=row.waiting,
        stale=bool(row.waiting and row.waiting_since and now - row.waiting_since > STALE_AFTER),
        stage_state=StageState(stage.state) if stage else None,
        actions=_states(row, rows.actions.values()),
        conditions=_asked(row, rows),
        rollback=row.type == ROLLBACK,
        auto_retried=bool(stage and stage.automatic_retries),
    )


def _asked(row: PipelineExecution, rows: Rows) -> dict[Kind, ConditionView]:
    return {
        kind: ConditionView(
            ConditionState(condition.state),
            {rule.rule: RuleState(rule.state) for rule in rows.rules.values() if rule.condition_id == condition.pk},
        )
        for (execution, kind), condition in rows.conditions.items()
        if execution == row.pk and not row.waiting
    }


def _states(row: PipelineExecution, actions: Iterable[ActionExecution]) -> dict[str, ActionState]:
    return {
        action.action: ActionState(action.state)
        for action in actions
        if action.execution_id == row.pk and action.stage == row.stage and not row.waiting
    }


def _latest(pipeline: Pipeline) -> dict[str, UUID]:
    rows = (
        StageExecution.objects.filter(pipeline=pipeline, is_latest=True, in_parallel=False)
        .order_by()
        .values_list("stage", "execution_id")
    )
    return dict(rows)
