"""The working copy of a snapshot during one decision: each change is a legal move, and is kept as an effect."""

from dataclasses import replace
from uuid import UUID

from .effects import ArriveAtStage, Effect, EnterStage, MoveAction, MoveExecution, MoveStage, ResumeStage, StartAction
from .lifecycle import (
    ACTION_MOVES,
    EXECUTION_MOVES,
    IN_FLIGHT,
    STAGE_MOVES,
    ActionCause,
    ActionState,
    ExecutionCause,
    ExecutionState,
    StageCause,
    StageState,
    next_state,
)
from .plan import Mode, Plan, StagePlan
from .snapshot import ExecutionView, RetryMode, Side, Snapshot


class Board:
    """A pipeline while a decision is being made."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.base = snapshot
        self.executions = dict(snapshot.executions)
        self.latest_in_stage = dict(snapshot.latest_in_stage)
        self.effects: list[Effect] = []

    def snapshot(self) -> Snapshot:
        in_flight = {view.id: view for view in self.executions.values() if view.state in IN_FLIGHT}
        return replace(self.base, executions=in_flight, latest_in_stage=self.latest_in_stage)

    def in_start_order(self) -> list[ExecutionView]:
        return sorted(self.executions.values(), key=lambda view: view.number)

    def plan(self, view: ExecutionView) -> Plan:
        return self.base.plans[view.version]

    def stage_plan(self, view: ExecutionView) -> StagePlan | None:
        return self.plan(view).stage(view.stage)

    def is_locked(self, stage: str) -> bool:
        return any(
            view.stage == stage and view.holds_its_stage and view.mode is not Mode.PARALLEL
            for view in self.executions.values()
        )

    def is_open(self, stage: str, plan: Plan) -> bool:
        """Tell whether the transition into `stage` lets executions through, on both of its sides."""
        before = plan.before(stage)
        return (stage, Side.INBOUND) not in self.base.closed and (
            before is None or (before, Side.OUTBOUND) not in self.base.closed
        )

    def waiters(self, stage: str) -> list[ExecutionView]:
        """Return who waits at the entry of `stage`, oldest start first."""
        return [
            view
            for view in self.in_start_order()
            if view.waiting
            and view.stage == stage
            and view.state is ExecutionState.IN_PROGRESS
            and view.mode is not Mode.PARALLEL
        ]

    def add(self, view: ExecutionView) -> None:
        self.executions[view.id] = view

    def arrive(self, execution: UUID, stage: str) -> None:
        self._change(execution, stage=stage, waiting=True, stale=False, stage_state=None, actions={})
        self.effects.append(ArriveAtStage(execution, stage))

    def enter(self, execution: UUID) -> None:
        view = self._change(execution, waiting=False, stage_state=StageState.IN_PROGRESS, actions={})
        self.latest_in_stage[view.stage] = execution
        self.effects.append(EnterStage(execution, view.stage))

    def resume(self, execution: UUID, mode: RetryMode, repeated: tuple[str, ...]) -> None:
        view = self.executions[execution]
        kept = {name: state for name, state in view.actions.items() if name not in repeated}
        if view.stage_state is not StageState.IN_PROGRESS:
            view = self._change(
                execution,
                state=next_state(EXECUTION_MOVES, view.state, ExecutionCause.STAGE_RETRIED),
                stage_state=next_state(STAGE_MOVES, view.stage_state or StageState.SKIPPED, StageCause.RETRIED),
            )
        self._change(execution, actions=kept)
        self.effects.append(ResumeStage(execution, view.stage, mode, repeated))

    def start_action(self, execution: UUID, action: str) -> None:
        view = self.executions[execution]
        self._change(execution, actions={**view.actions, action: ActionState.IN_PROGRESS})
        self.effects.append(StartAction(execution, view.stage, action))

    def settle_action(self, execution: UUID, action: str, cause: ActionCause, *, tell: bool) -> None:
        """Move an action to its end. `tell`: the shell does not know of it yet."""
        view = self.executions[execution]
        state = next_state(ACTION_MOVES, view.actions[action], cause)
        self._change(execution, actions={**view.actions, action: state})
        if tell:
            self.effects.append(MoveAction(execution, view.stage, action, state))

    def move_stage(self, execution: UUID, cause: StageCause) -> None:
        view = self.executions[execution]
        state = next_state(STAGE_MOVES, view.stage_state or StageState.SKIPPED, cause)
        self._change(execution, stage_state=state)
        self.effects.append(MoveStage(execution, view.stage, state))

    def move_execution(self, execution: UUID, cause: ExecutionCause, *, by: UUID | None = None) -> None:
        state = next_state(EXECUTION_MOVES, self.executions[execution].state, cause)
        self._change(execution, state=state)
        self.effects.append(MoveExecution(execution, state, by))

    def _change(self, execution: UUID, **fields: object) -> ExecutionView:
        view = replace(self.executions[execution], **fields)  # type: ignore[arg-type]
        self.executions[execution] = view
        return view
