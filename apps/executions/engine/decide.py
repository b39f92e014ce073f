"""Deciding: take the cause in, then bring the pipeline to rest.

At rest nothing more follows: every action that may start has started, every execution that may enter a stage is in
it, and whatever has come to its end has been told so. Waiting at a stage's entry, by the mode of the execution, is
decided here. Source: reference sections 5.2, 5.6, 5.7 and 5.9.
"""

from dataclasses import dataclass

from . import requests, retrying, rollback
from .board import Board
from .causes import (
    ActionSettled,
    Cause,
    ConditionOverridden,
    DefinitionUpdated,
    ExecutionStarted,
    NothingToRollBackTo,
    PipelineDeleted,
    RollbackStarted,
    RuleSettled,
    StageRetried,
    StopRequested,
)
from .effects import Effect
from .lifecycle import ExecutionCause, ExecutionState, StageCause, StageState
from .plan import Mode
from .snapshot import ExecutionView, Snapshot
from .stage import leave, work


@dataclass(frozen=True)
class Decision:
    """What to do, and how the pipeline stands when it is done."""

    effects: tuple[Effect, ...]
    snapshot: Snapshot


def decide(snapshot: Snapshot, cause: Cause) -> Decision:
    """Return what follows from `cause`. Raises a subclass of EngineRefusal when the cause cannot be served."""
    board = Board(snapshot)
    _take_in(board, cause)
    while _step(board):
        pass
    return Decision(tuple(board.effects), board.snapshot())


def _take_in(board: Board, cause: Cause) -> None:
    match cause:
        case ExecutionStarted():
            requests.start(board, cause)
        case ActionSettled():
            requests.settle(board, cause)
        case RuleSettled():
            requests.settle_rule(board, cause)
        case StopRequested():
            requests.stop(board, cause)
        case StageRetried():
            retrying.retry(board, cause)
        case ConditionOverridden():
            requests.override(board, cause)
        case RollbackStarted():
            rollback.start(board, cause)
        case NothingToRollBackTo():
            rollback.give_up(board, cause)
        case DefinitionUpdated():
            requests.update(board)
        case PipelineDeleted():
            requests.delete(board)


def _step(board: Board) -> bool:
    """Do whatever follows for each execution, oldest first. Returns whether anything did."""
    before = len(board.effects)
    for view in board.in_start_order():
        if view.state is ExecutionState.IN_PROGRESS:
            _go_on(board, board.executions[view.id])
        else:
            _come_to_rest(board, board.executions[view.id])
    return len(board.effects) > before


def _go_on(board: Board, view: ExecutionView) -> None:
    if view.state is not ExecutionState.IN_PROGRESS:
        return  # a newer one superseded it within this step
    if view.waiting:
        _wait_or_enter(board, view)
    elif view.stage_state is StageState.IN_PROGRESS:
        work(board, view)
    elif view.stage_state in {StageState.SUCCEEDED, StageState.SKIPPED}:
        leave(board, view)


def _wait_or_enter(board: Board, view: ExecutionView) -> None:
    """At a stage entry: be superseded by the newest waiter, or enter when the stage is free and the transition open."""
    if view.mode is not Mode.PARALLEL:
        waiters = board.waiters(view.stage)
        if view.mode is Mode.SUPERSEDED and waiters[-1].id != view.id:
            board.move_execution(view.id, ExecutionCause.NEWER_ARRIVED, by=waiters[-1].id)
            return
        if waiters[0].id != view.id or board.is_locked(view.stage):
            return
    if not view.stale and board.is_open(view.stage, board.plan(view)):
        board.enter(view.id)


def _come_to_rest(board: Board, view: ExecutionView) -> None:
    """Stopping, abandoning or cancelling ends when no action of the execution runs any more."""
    if view.state not in {ExecutionState.STOPPING, ExecutionState.ABANDONING, ExecutionState.CANCELLING}:
        return
    if view.has_running_actions:
        return
    if view.holds_its_stage:
        board.move_stage(view.id, StageCause.ACTIONS_SETTLED)
    board.move_execution(view.id, ExecutionCause.ACTIONS_SETTLED)
