"""How a pipeline stands now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.actions.catalogue import rule_spec
from apps.actions.shown import Specs, shown_specs
from apps.actions.types import action_type_of
from apps.core.statements import model_of, relate
from apps.executions.engine import Kind, Mode
from apps.executions.engine.plan import DEFAULT_RESULTS, MEMBERS
from apps.executions.links import entity_url
from apps.executions.models import (
    ActionExecution,
    ConditionExecution,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)
from apps.executions.statements import (
    ACTION,
    ACTION_FIELDS,
    AT_ENTRIES,
    EXECUTION,
    EXECUTION_FIELDS,
    LATEST,
    STAGE,
    STAGE_FIELDS,
)
from apps.pipelines.models import Pipeline, PipelineVersion, StageTransition
from apps.pipelines.selectors import current_version, pipeline_with_transitions
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId

KINDS = tuple(Kind)
CONDITIONED = frozenset(MEMBERS.values())  # a stage with none of these members has no conditions


@dataclass(frozen=True)
class ActionStanding:
    """An action of the current definition, with its latest attempt in the stage's latest execution."""

    name: str
    declared: Mapping[str, Any]
    latest: ActionExecution | None
    entity_url: str


@dataclass(frozen=True)
class RuleStanding:
    """A rule of the current definition, with its latest evaluation in the stage's latest execution."""

    name: str
    declared: Mapping[str, Any]
    latest: RuleExecution | None
    entity_url: str


@dataclass(frozen=True)
class ConditionStanding:
    """A condition of the current definition, with its latest evaluation in the stage's latest execution."""

    kind: Kind
    result: str
    latest: ConditionExecution | None
    rules: tuple[RuleStanding, ...]


@dataclass(frozen=True)
class StageStanding:
    """A stage of the current definition. `waiting`: who waits at its entry, oldest start first.

    `turned_away`: where nobody waits or came in since, who was stopped or cancelled at the entry last.
    """

    name: str
    inbound: StageTransition | None
    outbound: StageTransition | None
    latest: StageExecution | None
    waiting: tuple[PipelineExecution, ...]
    actions: tuple[ActionStanding, ...]
    turned_away: PipelineExecution | None = None
    conditions: tuple[ConditionStanding, ...] = ()


@dataclass(frozen=True)
class PipelineStanding:
    """How a pipeline stands now. `in_flight` holds the executions of `waiting` and those inside a stage."""

    pipeline: Pipeline
    version: PipelineVersion
    stages: tuple[StageStanding, ...]


def pipeline_standing(account: Account, name: str) -> PipelineStanding:
    """Return how a pipeline stands: three queries, whatever its size, one more for custom action types the first
    time, one for types that others offer, and one for its conditions if it has any.

    Raises PipelineNotFound.
    """
    pipeline, transitions = pipeline_with_transitions(account, name)
    version = current_version(pipeline)
    latest, actions = _latest(pipeline)
    at_entries = _at_entries(pipeline)
    stages = version.declaration["stages"]
    evaluations = _evaluations(stages, latest)
    specs = shown_specs(account, (action_type_of(action) for stage in stages for action in stage["actions"]))
    return PipelineStanding(
        pipeline,
        version,
        tuple(
            StageStanding(
                name=stage["name"],
                inbound=transitions.get((stage["name"], "Inbound")),
                outbound=transitions.get((stage["name"], "Outbound")),
                latest=latest.get(stage["name"]),
                waiting=tuple(row for row in at_entries.get(stage["name"], ()) if row.state == "InProgress"),
                turned_away=_turned_away(at_entries.get(stage["name"], []), latest.get(stage["name"])),
                conditions=_condition_standings(stage, latest.get(stage["name"]), evaluations),
                actions=tuple(
                    _action_standing(action, latest.get(stage["name"]), actions, specs) for action in stage["actions"]
                ),
            )
            for stage in stages
        ),
    )


def _latest(pipeline: Pipeline) -> tuple[dict[str, StageExecution], dict[tuple[int, str], ActionExecution]]:
    """Return the latest stage execution of each stage, and the actions in them by their stage execution and name."""
    stages: dict[str, StageExecution] = {}
    actions: dict[tuple[int, str], ActionExecution] = {}
    for row in LATEST.rows(pipeline=pipeline.pk, in_parallel=pipeline.execution_mode == Mode.PARALLEL):
        stage = model_of(StageExecution, STAGE_FIELDS, row[STAGE])
        if stage.stage not in stages:
            stages[stage.stage] = stage
            relate(stage, "execution", model_of(PipelineExecution, EXECUTION_FIELDS, row[EXECUTION]))
        if row[ACTION.start] is not None:
            action = model_of(ActionExecution, ACTION_FIELDS, row[ACTION])
            actions[stage.pk, action.action] = action
    return stages, actions


def _at_entries(pipeline: Pipeline) -> dict[str, list[PipelineExecution]]:
    """Return who stands at each stage's entry, oldest start first."""
    found: dict[str, list[PipelineExecution]] = {}
    for row in AT_ENTRIES.rows(pipeline=pipeline.pk):
        found.setdefault(row.stage, []).append(row)
    return found


def _turned_away(at_entry: list[PipelineExecution], latest: StageExecution | None) -> PipelineExecution | None:
    if not at_entry or any(row.state == "InProgress" for row in at_entry):
        return None
    newest = at_entry[-1]
    return None if latest and latest.execution.number > newest.number else newest


Evaluations = dict[tuple[int, str], tuple[ConditionExecution, dict[str, RuleExecution]]]


def _evaluations(stages: Iterable[Mapping[str, Any]], latest: Mapping[str, StageExecution]) -> Evaluations:
    """Read the evaluations that count in the stages that have conditions, by one query, with their rules."""
    guarded = [
        latest[stage["name"]].pk for stage in stages if CONDITIONED.intersection(stage) and stage["name"] in latest
    ]
    if not guarded:
        return {}
    found: Evaluations = {}
    rules = RuleExecution.objects.filter(condition__stage_execution_id__in=guarded, condition__is_current=True)
    for rule in rules.select_related("condition").order_by():
        condition = rule.condition
        place = (condition.stage_execution_id, condition.kind)
        found.setdefault(place, (condition, {}))[1][rule.rule] = rule
    return found


def _declared_rules(stage: Mapping[str, Any], kind: Kind) -> list[Mapping[str, Any]]:
    return [rule for each in stage.get(MEMBERS[kind], {}).get("conditions", [])[:1] for rule in each["rules"]]


def _condition_standings(
    stage: Mapping[str, Any], latest: StageExecution | None, evaluations: Evaluations
) -> tuple[ConditionStanding, ...]:
    if not CONDITIONED.intersection(stage):
        return ()
    found = []
    for kind in KINDS:
        if declared := _declared_rules(stage, kind):
            row, rules = evaluations.get((latest.pk, kind), (None, {})) if latest else (None, {})
            standings = tuple(_rule_standing(rule, rules.get(rule["name"])) for rule in declared)
            result = stage[MEMBERS[kind]]["conditions"][0].get("result", DEFAULT_RESULTS[kind])
            found.append(ConditionStanding(kind, result, row, standings))
    return tuple(found)


def _rule_standing(rule: Mapping[str, Any], latest: RuleExecution | None) -> RuleStanding:
    spec = rule_spec(ActionTypeId(**{"owner": "AWS", "version": "1", **rule["ruleTypeId"]}))
    return RuleStanding(rule["name"], rule, latest, entity_url(spec, rule.get("configuration", {})))


def _action_standing(
    action: Mapping[str, Any],
    stage: StageExecution | None,
    actions: Mapping[tuple[int, str], ActionExecution],
    specs: Specs,
) -> ActionStanding:
    spec = specs.get(action_type_of(action))
    return ActionStanding(
        name=action["name"],
        declared=action,
        latest=actions.get((stage.pk, action["name"])) if stage else None,
        entity_url=entity_url(spec, action.get("configuration", {})),
    )
