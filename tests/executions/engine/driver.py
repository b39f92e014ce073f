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
    ConditionOverridden,
    ConditionPlan,
    DefinitionUpdated,
    Effect,
    ExecutionStarted,
    ExecutionState,
    ExecutionView,
    Kind,
    Look,
    Mode,
    MoveExecution,
    NothingToRollBackTo,
    PipelineDeleted,
    Plan,
    Result,
    RetryMode,
    RollBack,
    RollbackStarted,
    RuleCause,
    RuleSettled,
    RuleState,
    Side,
    Snapshot,
    StagePlan,
    StageRetried,
    StageState,
    StopRequested,
    decide,
)
from apps.executions.engine.lifecycle import IN_FLIGHT

from .books import Book

Stages = Mapping[str, Mapping[str, int]]
APPROVAL = "Approve"  # an action of this name waits for a person


@dataclass(frozen=True)
class Guards:
    """What guards a stage: conditions, each a result and the names of its rules, and what follows a failure."""

    before_entry: tuple[Result, tuple[str, ...]] | None = None
    on_success: tuple[Result, tuple[str, ...]] | None = None
    on_failure: tuple[Result, tuple[str, ...]] | None = None
    result: Result | None = None
    retry_mode: RetryMode = RetryMode.FAILED_ACTIONS

    def conditions(self) -> dict[Kind, ConditionPlan]:
        named = zip(Kind, (self.before_entry, self.on_success, self.on_failure), strict=True)
        return {kind: ConditionPlan(kind, *declared) for kind, declared in named if declared}


UNGUARDED = Guards()


def plan_from(version: int, stages: Stages, guards: Mapping[str, Guards]) -> Plan:
    """Shapes: `stages` maps each stage to its actions with their run orders."""
    return Plan(version, tuple(stage_from(name, each, guards.get(name, UNGUARDED)) for name, each in stages.items()))


def stage_from(name: str, actions: Mapping[str, int], guards: Guards) -> StagePlan:
    plans = tuple(ActionPlan(action, order, action == APPROVAL) for action, order in actions.items())
    return StagePlan(name, plans, guards.conditions(), guards.result, guards.retry_mode)


@dataclass
class Pipeline:
    """Executions are named by their number: `start()` returns 1, 2, 3, …"""

    stages: Stages
    mode: Mode = Mode.SUPERSEDED
    guards: Mapping[str, Guards] = field(default_factory=dict)
    snapshot: Snapshot = field(init=False)
    ended: dict[UUID, ExecutionView] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    effects: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        self.snapshot = Snapshot({1: plan_from(1, self.stages, self.guards)}, 1, self.mode, {})
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
        self._revive(execution, StageRetried(UUID(int=execution), stage, mode))

    def override(self, execution: int, stage: str, kind: Kind) -> None:
        self._revive(execution, ConditionOverridden(UUID(int=execution), stage, kind))

    def _revive(self, execution: int, cause: Cause) -> None:
        """Do as the shell does, which adds the row of an execution that has ended to what is in flight."""
        before = self.snapshot
        if ended := self.ended.get(UUID(int=execution)):
            self.snapshot = replace(before, executions={**before.executions, ended.id: ended})
        try:
            self.take(cause)
        except Exception:
            self.snapshot = before
            raise

    def pass_rules(self, execution: int, *rules: str) -> None:
        self._settle_rules(execution, rules, RuleCause.SUCCESS)

    def fail_rules(self, execution: int, *rules: str, outcome: RuleCause = RuleCause.FAILURE) -> None:
        self._settle_rules(execution, rules, outcome)

    def roll_back(self, stage: str) -> int:
        number = next(self._numbers)
        self.take(RollbackStarted(UUID(int=number), number, self.snapshot.mode, stage))
        return number

    def update(
        self, stages: Stages | None = None, mode: Mode | None = None, guards: Mapping[str, Guards] | None = None
    ) -> None:
        version = self.snapshot.version + 1
        plan = plan_from(version, stages or self.stages, self.guards if guards is None else guards)
        plans = {**self.snapshot.plans, version: plan}
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
        """Take a cause, and whatever the shell would bring about in the same transaction."""
        before = self.snapshot
        decision = decide(before, cause)
        self.snapshot, self.effects = decision.snapshot, decision.effects
        self.book.write(before, cause, decision)
        self._keep_ended(before, cause, decision.effects)
        effects = decision.effects
        for effect in effects:
            if isinstance(effect, RollBack):
                self._roll_back_or_not(effect)
                self.effects = effects + self.effects

    def _roll_back_or_not(self, effect: RollBack) -> None:
        succeeded = [
            view for view in self.book.succeeded_in.get(effect.stage, ()) if view.version == self.snapshot.version
        ]
        if succeeded:
            self.roll_back(effect.stage)
        else:
            self.take(NothingToRollBackTo(effect.stage))

    def _settle_rules(self, execution: int, rules: tuple[str, ...], outcome: RuleCause) -> None:
        for rule in rules:
            view = self.view(execution)
            assert view.evaluated is not None
            self.take(RuleSettled(view.id, view.stage, view.evaluated, rule, outcome))

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

    def rules(self, execution: int) -> set[str]:
        """Return the rules that run now."""
        view = self.view(execution)
        if view.evaluated is None:
            return set()
        states = view.conditions[view.evaluated].rules
        return {rule for rule, state in states.items() if state is RuleState.IN_PROGRESS}

    def condition(self, execution: int, kind: Kind) -> str | None:
        condition = self.view(execution).conditions.get(kind)
        return condition.state.value if condition else None

    def stage_state(self, execution: int) -> StageState | None:
        return self.view(execution).stage_state

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
