"""What each cause does at first, before the pipeline is brought to rest.

Source: reference sections 4.3 (update), 5.5 (start), 5.10 (stop) and 5.13 (override).
"""

from uuid import UUID

from . import conditions
from .board import Board
from .causes import ActionSettled, ConditionOverridden, ExecutionStarted, RuleSettled, StopRequested
from .errors import AlreadyStopping, NotLatest, NotOverridable, NotStoppable
from .lifecycle import (
    IN_FLIGHT,
    ActionCause,
    ActionState,
    ConditionCause,
    ConditionState,
    ExecutionCause,
    ExecutionState,
    RuleState,
    StageCause,
    StageState,
)
from .plan import Kind, Mode
from .snapshot import ExecutionView

OVERRIDABLE = frozenset({ConditionState.FAILED, ConditionState.ERRORED})


def start(board: Board, cause: ExecutionStarted) -> None:
    """A new execution arrives at the first stage. A start also wakes waiters that had gone stale."""
    for view in board.in_start_order():
        if view.stale:
            board.arrive(view.id, view.stage)
    first = board.base.plans[board.base.version].stages[0].name
    board.add(
        ExecutionView(
            cause.execution, cause.number, ExecutionState.IN_PROGRESS, board.base.version, cause.mode, first, True
        )
    )
    board.arrive(cause.execution, first)


def settle(board: Board, cause: ActionSettled) -> None:
    """An action ended. A word about one that was given up, or was repeated since, changes nothing."""
    view = board.executions.get(cause.execution)
    if view is None or view.stage != cause.stage or view.actions.get(cause.action) is not ActionState.IN_PROGRESS:
        return
    outcome = ActionCause.SUCCESS if cause.succeeded else ActionCause.FAILURE
    board.settle_action(view.id, cause.action, outcome, tell=False)


def settle_rule(board: Board, cause: RuleSettled) -> None:
    """A rule ended. A word about one that was given up, or is asked anew since, changes nothing."""
    view = board.executions.get(cause.execution)
    condition = view.conditions.get(cause.kind) if view and view.stage == cause.stage else None
    if view and condition and condition.rules.get(cause.rule) is RuleState.IN_PROGRESS:
        board.settle_rule(view.id, cause.kind, cause.rule, cause.outcome, tell=False)


def stop(board: Board, cause: StopRequested) -> None:
    """Stopping lets running actions finish, or abandons them. Rules are given up either way.

    Raises NotStoppable, AlreadyStopping.
    """
    view = board.executions.get(cause.execution)
    if view is None or view.state not in IN_FLIGHT:
        raise NotStoppable
    if view.state is ExecutionState.ABANDONING or (view.state is ExecutionState.STOPPING and not cause.abandon):
        raise AlreadyStopping
    board.move_execution(view.id, ExecutionCause.STOP_AND_ABANDON if cause.abandon else ExecutionCause.STOP_AND_WAIT)
    if view.holds_its_stage and view.stage_state is not StageState.STOPPING:
        board.move_stage(view.id, StageCause.EXECUTION_STOPPING)
    conditions.end(board, view, ConditionCause.ABANDON if cause.abandon else ConditionCause.EXECUTION_ENDING)
    if cause.abandon:
        _abandon_actions(board, view.id)


def _abandon_actions(board: Board, execution: UUID) -> None:
    for name, state in board.executions[execution].actions.items():
        if state is ActionState.IN_PROGRESS:
            board.settle_action(execution, name, ActionCause.ABANDON, tell=True)


def override(board: Board, cause: ConditionOverridden) -> None:
    """A person lets the execution pass a condition, while its rules run or after it failed.

    Raises NotOverridable, NotLatest. Source: reference section 5.13, "Effect of overriding".
    """
    view = board.executions.get(cause.execution)
    if view is None or view.stage != cause.stage or view.stage_state is None:
        raise NotOverridable("This execution is not in the stage.")
    if board.latest_in_stage.get(cause.stage) != view.id and view.mode is not Mode.PARALLEL:
        raise NotLatest
    if view.version != board.base.version and view.state is not ExecutionState.IN_PROGRESS:
        raise NotOverridable("The pipeline was updated since the execution started.")
    condition = view.conditions.get(cause.kind)
    runs = view.state is ExecutionState.IN_PROGRESS and condition and condition.state is ConditionState.IN_PROGRESS
    lost = view.state is ExecutionState.FAILED and condition and condition.state in OVERRIDABLE
    if not runs and not lost:
        raise NotOverridable("The condition is not being evaluated and did not fail the execution.")
    board.move_condition(view.id, cause.kind, ConditionCause.OVERRIDE)
    if lost:
        entry = cause.kind is Kind.BEFORE_ENTRY
        board.move_execution(view.id, ExecutionCause.CONDITION_OVERRIDDEN)
        board.move_stage(view.id, StageCause.ENTRY_OVERRIDDEN if entry else StageCause.SUCCESS_OVERRIDDEN)


def update(board: Board) -> None:
    """A new version cancels what is in flight: running actions finish, approvals and rules are void. Not PARALLEL."""
    for view in board.in_start_order():
        if view.mode is Mode.PARALLEL or view.state in {ExecutionState.ABANDONING, ExecutionState.CANCELLING}:
            continue
        board.move_execution(view.id, ExecutionCause.DEFINITION_UPDATED)
        if view.holds_its_stage:
            board.move_stage(view.id, StageCause.EXECUTION_CANCELLING)
            conditions.end(board, view, ConditionCause.EXECUTION_ENDING)
            _void_approvals(board, view)


def _void_approvals(board: Board, view: ExecutionView) -> None:
    stage = board.stage_plan(view)
    for action in stage.actions:
        if action.for_person and view.actions.get(action.name) is ActionState.IN_PROGRESS:
            board.settle_action(view.id, action.name, ActionCause.FAILURE, tell=True)


def delete(board: Board) -> None:
    """The pipeline goes away: everything in flight is given up at once."""
    for view in board.in_start_order():
        if view.state in IN_FLIGHT - {ExecutionState.ABANDONING}:
            stop(board, StopRequested(view.id, abandon=True))
