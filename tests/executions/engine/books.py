"""The books of a pipeline in memory: effects replayed on rows of their own, each move checked against its table.

What the engine says about its snapshot is not believed: the views here are built from the effects alone, as the
shell's rows are, and must come out equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from apps.executions.engine import (
    ActionSettled,
    ActionState,
    ArriveAtStage,
    Cause,
    Decision,
    Effect,
    EnterStage,
    ExecutionStarted,
    ExecutionState,
    ExecutionView,
    MoveAction,
    MoveExecution,
    MoveStage,
    ResumeStage,
    Snapshot,
    StageState,
    StartAction,
)
from apps.executions.engine.lifecycle import ACTION_MOVES, EXECUTION_MOVES, IN_FLIGHT, STAGE_MOVES


class NotInTheTable(AssertionError):
    """A move was made that no table knows."""


def check_move(moves: Mapping[tuple[Any, Any], Any], before: object, after: object) -> None:
    if not any(state is before and target is after for (state, _), target in moves.items()):
        raise NotInTheTable(f"{before} → {after}")


@dataclass
class Book:
    """`views` holds every execution there ever was. `entered` lists who entered each stage, in that order."""

    views: dict[UUID, ExecutionView] = field(default_factory=dict)
    entered: dict[str, list[UUID]] = field(default_factory=dict)
    history: list[Effect] = field(default_factory=list)

    def write(self, before: Snapshot, cause: Cause, decision: Decision) -> None:
        self.views |= before.executions  # what time has done to them: staleness
        if isinstance(cause, ExecutionStarted):
            self.views[cause.execution] = ExecutionView(
                cause.execution, cause.number, ExecutionState.IN_PROGRESS, before.version, cause.mode, stage=""
            )
        if isinstance(cause, ActionSettled):
            self._settled(cause)
        for effect in decision.effects:
            self._apply(effect)
        self.history += decision.effects
        in_flight = {view.id: view for view in self.views.values() if view.state in IN_FLIGHT}
        assert in_flight == dict(decision.snapshot.executions), "the effects do not lead to the snapshot"

    def _settled(self, cause: ActionSettled) -> None:
        view = self.views.get(cause.execution)
        if view and view.stage == cause.stage and view.actions.get(cause.action) is ActionState.IN_PROGRESS:
            self._set_action(view, cause.action, ActionState.SUCCEEDED if cause.succeeded else ActionState.FAILED)

    def _apply(self, effect: Effect) -> None:
        view = self.views[effect.execution]
        match effect:
            case ArriveAtStage():
                self._put(view, stage=effect.stage, waiting=True, stale=False, stage_state=None, actions={})
            case EnterStage():
                assert view.waiting, "entered without having waited"
                self.entered.setdefault(effect.stage, []).append(view.id)
                self._put(view, waiting=False, stage_state=StageState.IN_PROGRESS, actions={})
            case ResumeStage():
                self._resume(view, effect)
            case StartAction():
                assert effect.action not in view.actions, "started twice in one attempt"
                assert view.state is ExecutionState.IN_PROGRESS, "started while the execution comes to its end"
                self._put(view, actions={**view.actions, effect.action: ActionState.IN_PROGRESS})
            case MoveAction():
                self._set_action(view, effect.action, effect.state)
            case MoveStage():
                check_move(STAGE_MOVES, view.stage_state, effect.state)
                self._put(view, stage_state=effect.state)
            case MoveExecution():
                check_move(EXECUTION_MOVES, view.state, effect.state)
                self._put(view, state=effect.state)

    def _resume(self, view: ExecutionView, effect: ResumeStage) -> None:
        if view.state is not ExecutionState.IN_PROGRESS:
            check_move(EXECUTION_MOVES, view.state, ExecutionState.IN_PROGRESS)
            check_move(STAGE_MOVES, view.stage_state, StageState.IN_PROGRESS)
        kept = {name: state for name, state in view.actions.items() if name not in effect.repeated}
        self._put(view, state=ExecutionState.IN_PROGRESS, stage_state=StageState.IN_PROGRESS, actions=kept)

    def _set_action(self, view: ExecutionView, action: str, state: ActionState) -> None:
        check_move(ACTION_MOVES, view.actions[action], state)
        self._put(view, actions={**view.actions, action: state})

    def _put(self, view: ExecutionView, **fields: Any) -> None:
        self.views[view.id] = replace(view, **fields)
