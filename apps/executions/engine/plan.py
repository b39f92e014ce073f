"""What a definition asks for, reduced to what decisions need: stages, actions with run orders, conditions.

Source: reference sections 2.3 and 5.8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class Mode(StrEnum):
    SUPERSEDED = "SUPERSEDED"
    QUEUED = "QUEUED"
    PARALLEL = "PARALLEL"


class RetryMode(StrEnum):
    FAILED_ACTIONS = "FAILED_ACTIONS"
    ALL_ACTIONS = "ALL_ACTIONS"


class Kind(StrEnum):
    """Where a condition stands. The wire names the first two; ours are the same words for all three."""

    BEFORE_ENTRY = "BEFORE_ENTRY"
    ON_SUCCESS = "ON_SUCCESS"
    ON_FAILURE = "ON_FAILURE"


class Result(StrEnum):
    """What follows when a condition says so, or, for ON_FAILURE, when the stage fails."""

    FAIL = "FAIL"
    SKIP = "SKIP"
    ROLLBACK = "ROLLBACK"
    RETRY = "RETRY"


@dataclass(frozen=True)
class ConditionPlan:
    """One condition. Its rules run together."""

    kind: Kind
    result: Result
    rules: tuple[str, ...]


@dataclass(frozen=True)
class ActionPlan:
    """An action of a stage. `for_person` marks one that waits for somebody's decision."""

    name: str
    run_order: int
    for_person: bool = False


@dataclass(frozen=True)
class StagePlan:
    """A stage with its actions in the order of the definition.

    `on_failure` is what follows a failure without being asked: ROLLBACK or RETRY. A condition of kind ON_FAILURE asks
    its rules first.
    """

    name: str
    actions: tuple[ActionPlan, ...]
    conditions: Mapping[Kind, ConditionPlan] = field(default_factory=dict)
    on_failure: Result | None = None
    retry_mode: RetryMode = RetryMode.FAILED_ACTIONS

    @cached_property
    def groups(self) -> tuple[tuple[ActionPlan, ...], ...]:
        """Actions of equal run order, lowest first."""
        orders = sorted({action.run_order for action in self.actions})
        return tuple(tuple(action for action in self.actions if action.run_order == order) for order in orders)


@dataclass(frozen=True)
class Plan:
    """One version of a pipeline."""

    version: int
    stages: tuple[StagePlan, ...]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {stage.name: position for position, stage in enumerate(self.stages)}

    def stage(self, name: str) -> StagePlan | None:
        position = self._positions.get(name)
        return None if position is None else self.stages[position]

    def before(self, name: str) -> str | None:
        position = self._positions[name]
        return self.stages[position - 1].name if position else None

    def after(self, name: str) -> str | None:
        position = self._positions[name] + 1
        return self.stages[position].name if position < len(self.stages) else None


def plan_of(declaration: Mapping[str, Any], version: int) -> Plan:
    """Build the plan of a checked declaration. Shapes: `declaration` is PipelineDeclaration of the wire API."""
    return Plan(
        version=version,
        stages=tuple(
            StagePlan(
                name=stage["name"],
                actions=tuple(_action(action) for action in stage["actions"]),
                conditions=_conditions(stage),
                **_on_failure(stage.get("onFailure", {})),
            )
            for stage in declaration["stages"]
        ),
    )


def _action(action: Mapping[str, Any]) -> ActionPlan:
    return ActionPlan(action["name"], action.get("runOrder", 1), action["actionTypeId"]["category"] == "Approval")


MEMBERS = {Kind.BEFORE_ENTRY: "beforeEntry", Kind.ON_SUCCESS: "onSuccess", Kind.ON_FAILURE: "onFailure"}
DEFAULT_RESULTS = {Kind.BEFORE_ENTRY: Result.FAIL, Kind.ON_SUCCESS: Result.FAIL, Kind.ON_FAILURE: Result.ROLLBACK}


def _conditions(stage: Mapping[str, Any]) -> dict[Kind, ConditionPlan]:
    found = {}
    for kind, member in MEMBERS.items():
        for condition in stage.get(member, {}).get("conditions", [])[:1]:  # the model allows one of each kind
            rules = tuple(rule["name"] for rule in condition["rules"])
            found[kind] = ConditionPlan(kind, Result(condition.get("result", DEFAULT_RESULTS[kind])), rules)
    return found


def _on_failure(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return what follows a failure by itself. Where there are rules, they are asked instead."""
    if "result" not in declared or declared.get("conditions"):
        return {}
    mode = declared.get("retryConfiguration", {}).get("retryMode", RetryMode.FAILED_ACTIONS)
    return {"on_failure": Result(declared["result"]), "retry_mode": RetryMode(mode)}
