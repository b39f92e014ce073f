"""How a pipeline stands: its plans, its closed transitions, its executions in flight."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from .lifecycle import HOLDING_THE_STAGE, ActionState, ConditionState, ExecutionState, RuleState, StageState
from .plan import Kind, Mode, Plan


class Side(StrEnum):
    """Which side of a stage a transition lies on."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


@dataclass(frozen=True)
class ConditionView:
    """One evaluation of a condition, with its rules."""

    state: ConditionState
    rules: Mapping[str, RuleState] = field(default_factory=dict)


@dataclass(frozen=True)
class ExecutionView:
    """One execution: where it is, and how the actions of that stage stand (latest attempt; absent: not started).

    `waiting`: it waits at the entry of `stage`. `stale`: it has waited for more than 30 days. `rollback`: it runs this
    one stage only. `conditions` holds the evaluations that count in this stage; `auto_retried`: the stage had its
    automatic attempt.
    """

    id: UUID
    number: int  # start order
    state: ExecutionState
    version: int
    mode: Mode
    stage: str
    waiting: bool = False
    stale: bool = False
    stage_state: StageState | None = None
    actions: Mapping[str, ActionState] = field(default_factory=dict)
    conditions: Mapping[Kind, ConditionView] = field(default_factory=dict)
    rollback: bool = False
    auto_retried: bool = False

    @property
    def holds_its_stage(self) -> bool:
        return not self.waiting and self.stage_state in HOLDING_THE_STAGE

    @property
    def has_running_actions(self) -> bool:
        return ActionState.IN_PROGRESS in self.actions.values()

    @property
    def has_failed_actions(self) -> bool:
        return any(state in {ActionState.FAILED, ActionState.ABANDONED} for state in self.actions.values())

    @property
    def evaluated(self) -> Kind | None:
        """The condition whose rules run now. There is never more than one."""
        running = (kind for kind, view in self.conditions.items() if view.state is ConditionState.IN_PROGRESS)
        return next(running, None)


@dataclass(frozen=True)
class Snapshot:
    """A pipeline at one moment. `plans` holds every version that an execution in it runs under, and the current one.

    `latest_in_stage` names, for each stage, the execution that entered it last. `reserved` stages are kept free for a
    rollback that the engine asked for, until it hears of it.
    """

    plans: Mapping[int, Plan]
    version: int
    mode: Mode
    executions: Mapping[UUID, ExecutionView]
    closed: frozenset[tuple[str, Side]] = frozenset()
    latest_in_stage: Mapping[str, UUID] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
