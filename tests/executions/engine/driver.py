"""A pipeline in memory: it feeds causes to the engine and keeps its books as the shell keeps rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

from apps.executions.engine import (
    ActionPlan,
    ActionSettled,
    ActionState,
    Cause,
    DefinitionUpdated,
    Effect,
    ExecutionStarted,
    ExecutionState,
    ExecutionView,
    Look,
    Mode,
    MoveExecution,
    PipelineDeleted,
    Plan,
    RetryMode,
    Side,
    Snapshot,
    StagePlan,
    StageRetried,
    StopRequested,
    decide,
)
from apps.executions.engine.lifecycle import IN_FLIGHT

from .books import Book

Stages = Mapping[str, Mapping[str, int]]
APPROVAL = "Approve"  # an action of this name waits for a person


def plan_from(version: int, stages: Stages) -> Plan:
    """Shapes: `stages` maps each stage to its actions with their run orders."""
    return Plan(
        version,
        tuple(
            StagePlan(stage, tuple(ActionPlan(name, order, name == APPROVAL) for name, order in actions.items()))
            for stage, actions in stages.items()
        ),
    )


@dataclass
class Pipeline:
    """Executions are named by their number: `start()` returns 1, 2, 3, …"""

    stages: Stages
    mode: Mode = Mode.SUPERSEDED
    snapshot: Snapshot = field(init=False)
    ended: dict[UUID, ExecutionView] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    effects: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        self.snapshot = Snapshot({1: plan_from(1, self.stages)}, 1, self.mode, {})
        self._numbers = count(1)

    # What may happen

    def start(self) -> int:
        number = next(self._numbers)
        self.take(ExecutionStarted(UUID(int=number), number, self.snapshot.mode))
        return number

    def succeed(self, execution: int, *actions: str) -> None:
        self._settle(execution, actions, succeeded=True)

    def fail(self, execution: int, *actions: str) -> None:
        self._settle(execution, actions, succeeded=False)

    def stop(self, execution: int, *, abandon: bool = False) -> None:
        self.take(StopRequested(UUID(int=execution), abandon))

    def retry(self, execution: int, stage: str, mode: RetryMode = RetryMode.FAILED_ACTIONS) -> None:
        """Retry as the shell does, which adds the row of the execution to what is in flight."""
        before = self.snapshot
        if ended := self.ended.get(UUID(int=execution)):
            self.snapshot = replace(before, executions={**before.executions, ended.id: ended})
        try:
            self.take(StageRetried(UUID(int=execution), stage, mode))
        except Exception:
            self.snapshot = before
            raise

    def update(self, stages: Stages | None = None, mode: Mode | None = None) -> None:
        version = self.snapshot.version + 1
        plans = {**self.snapshot.plans, version: plan_from(version, stages or self.stages)}
        self.snapshot = replace(self.snapshot, plans=plans, version=version, mode=mode or self.snapshot.mode)
        self.take(DefinitionUpdated())

    def delete(self) -> None:
        self.take(PipelineDeleted())

    def close(self, stage: str, side: Side = Side.INBOUND) -> None:
        self.snapshot = replace(self.snapshot, closed=self.snapshot.closed | {(stage, side)})

    def open(self, stage: str, side: Side = Side.INBOUND) -> None:
        self.snapshot = replace(self.snapshot, closed=self.snapshot.closed - {(stage, side)})
        self.take(Look())

    def grow_stale(self, execution: int) -> None:
        """More than 30 days pass while the execution waits."""
        view = replace(self.view(execution), stale=True)
        self.snapshot = replace(self.snapshot, executions={**self.snapshot.executions, view.id: view})

    def take(self, cause: Cause) -> None:
        before = self.snapshot
        decision = decide(before, cause)
        self.snapshot, self.effects = decision.snapshot, decision.effects
        self.book.write(before, cause, decision)
        self._keep_ended(before, cause, decision.effects)

    def _settle(self, execution: int, actions: tuple[str, ...], *, succeeded: bool) -> None:
        for action in actions:
            self.take(ActionSettled(UUID(int=execution), self.view(execution).stage, action, succeeded))

    def _keep_ended(self, before: Snapshot, cause: Cause, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, MoveExecution) and effect.state not in IN_FLIGHT:
                self.ended[effect.execution] = self.book.views[effect.execution]
        for execution in self.snapshot.executions:
            self.ended.pop(execution, None)

    # How it stands

    def view(self, execution: int) -> ExecutionView:
        key = UUID(int=execution)
        return self.snapshot.executions.get(key) or self.ended[key]

    def state(self, execution: int) -> ExecutionState:
        return self.view(execution).state

    def actions(self, execution: int) -> dict[str, str]:
        """Return the actions of the stage that the execution is in, as far as they have started."""
        return {name: state.value for name, state in self.view(execution).actions.items()}

    def running(self, execution: int) -> set[str]:
        return {name for name, state in self.view(execution).actions.items() if state is ActionState.IN_PROGRESS}

    def waiting(self, stage: str) -> list[int]:
        """Return who waits at the entry, oldest start first."""
        return sorted(
            view.number
            for view in self.snapshot.executions.values()
            if view.stage == stage and view.waiting and view.state is ExecutionState.IN_PROGRESS
        )

    def inside(self, stage: str) -> list[int]:
        views = self.snapshot.executions.values()
        return sorted(view.number for view in views if view.stage == stage and view.holds_its_stage)
