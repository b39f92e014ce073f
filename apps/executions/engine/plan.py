"""What a definition asks for, reduced to what decisions need: stages in order, actions with their run order."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any


class Mode(StrEnum):
    SUPERSEDED = "SUPERSEDED"
    QUEUED = "QUEUED"
    PARALLEL = "PARALLEL"


@dataclass(frozen=True)
class ActionPlan:
    """An action of a stage. `for_person` marks one that waits for somebody's decision."""

    name: str
    run_order: int
    for_person: bool = False


@dataclass(frozen=True)
class StagePlan:
    """A stage with its actions in the order of the definition."""

    name: str
    actions: tuple[ActionPlan, ...]

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
            StagePlan(stage["name"], tuple(_action(action) for action in stage["actions"]))
            for stage in declaration["stages"]
        ),
    )


def _action(action: Mapping[str, Any]) -> ActionPlan:
    return ActionPlan(action["name"], action.get("runOrder", 1), action["actionTypeId"]["category"] == "Approval")
