"""What each cause does at first, before the pipeline is brought to rest."""

from uuid import UUID

from .board import Board
from .causes import ActionSettled, ExecutionStarted, StageRetried, StopRequested
from .errors import AlreadyStopping, NotLatest, NotRetryable, NotStoppable
from .lifecycle import IN_FLIGHT, ActionCause, ActionState, ExecutionCause, ExecutionState, StageCause, StageState
from .plan import Mode
from .snapshot import ExecutionView, RetryMode


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


def stop(board: Board, cause: StopRequested) -> None:
    """Stopping lets running actions finish, or abandons them. Raises NotStoppable, AlreadyStopping."""
    view = board.executions.get(cause.execution)
    if view is None or view.state not in IN_FLIGHT:
        raise NotStoppable
    if view.state is ExecutionState.ABANDONING or (view.state is ExecutionState.STOPPING and not cause.abandon):
        raise AlreadyStopping
    board.move_execution(view.id, ExecutionCause.STOP_AND_ABANDON if cause.abandon else ExecutionCause.STOP_AND_WAIT)
    if view.holds_its_stage and view.stage_state is not StageState.STOPPING:
        board.move_stage(view.id, StageCause.EXECUTION_STOPPING)
    if cause.abandon:
        _abandon_actions(board, view.id)


def _abandon_actions(board: Board, execution: UUID) -> None:
    for name, state in board.executions[execution].actions.items():
        if state is ActionState.IN_PROGRESS:
            board.settle_action(execution, name, ActionCause.ABANDON, tell=True)


def retry(board: Board, cause: StageRetried) -> None:
    """A failed or stopped stage is tried again, by the same execution. Raises NotRetryable, NotLatest.

    FAILED_ACTIONS is allowed while siblings of the failed action still run; ALL_ACTIONS is not.
    """
    view = board.executions.get(cause.execution)
    if view is None or view.stage != cause.stage or view.waiting:
        raise NotRetryable("This execution is not in the stage.")
    if board.latest_in_stage.get(cause.stage) != view.id and view.mode is not Mode.PARALLEL:
        raise NotLatest
    if view.version != board.base.version:
        raise NotRetryable("The pipeline was updated since the execution started.")
    stage = board.stage_plan(view)
    if stage is None or not _can_be_retried(view, len(stage.actions), cause.mode):
        raise NotRetryable("The stage has no failed or stopped work that can be retried in this way now.")
    if cause.mode is RetryMode.ALL_ACTIONS:
        repeated = tuple(view.actions)
    else:
        failed = {ActionState.FAILED, ActionState.ABANDONED}
        repeated = tuple(name for name, state in view.actions.items() if state in failed)
    board.resume(view.id, cause.mode, repeated)


def _can_be_retried(view: ExecutionView, actions_in_stage: int, mode: RetryMode) -> bool:
    if view.stage_state is StageState.FAILED:
        return True
    if view.stage_state is StageState.STOPPED:
        succeeded = sum(state is ActionState.SUCCEEDED for state in view.actions.values())
        return succeeded < actions_in_stage
    still_in_it = view.state is ExecutionState.IN_PROGRESS and view.stage_state is StageState.IN_PROGRESS
    return still_in_it and view.has_failed_actions and mode is RetryMode.FAILED_ACTIONS


def update(board: Board) -> None:
    """A new version cancels what is in flight: running actions finish, approvals are void. PARALLEL goes on."""
    for view in board.in_start_order():
        if view.mode is Mode.PARALLEL or view.state in {ExecutionState.ABANDONING, ExecutionState.CANCELLING}:
            continue
        board.move_execution(view.id, ExecutionCause.DEFINITION_UPDATED)
        if view.holds_its_stage:
            board.move_stage(view.id, StageCause.EXECUTION_CANCELLING)
            _void_approvals(board, view)


def _void_approvals(board: Board, view: ExecutionView) -> None:
    stage = board.stage_plan(view)
    for action in stage.actions if stage else ():
        if action.for_person and view.actions.get(action.name) is ActionState.IN_PROGRESS:
            board.settle_action(view.id, action.name, ActionCause.FAILURE, tell=True)


def delete(board: Board) -> None:
    """The pipeline goes away: everything in flight is given up at once."""
    for view in board.in_start_order():
        if view.state in IN_FLIGHT - {ExecutionState.ABANDONING}:
            stop(board, StopRequested(view.id, abandon=True))
