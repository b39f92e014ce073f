"""Trying a stage again, by the same execution: when somebody asks, and once by itself. Source: reference 5.11."""

from .board import Board
from .causes import StageRetried
from .conditions import has_passed
from .effects import RetryTrigger
from .errors import NotLatest, NotRetryable
from .lifecycle import ActionState, ExecutionState, StageState
from .plan import Kind, Mode, RetryMode, StagePlan
from .snapshot import ExecutionView

UNSUCCESSFUL = frozenset({ActionState.FAILED, ActionState.ABANDONED})


def retry(board: Board, cause: StageRetried) -> None:
    """A failed or stopped stage is tried again. Raises NotRetryable, NotLatest.

    FAILED_ACTIONS is allowed while siblings of the failed action still run; ALL_ACTIONS is not.
    """
    view = board.executions.get(cause.execution)
    if view is None or view.stage != cause.stage or view.waiting:
        raise NotRetryable("This execution is not in the stage.")
    if board.latest_in_stage.get(cause.stage) != view.id and view.mode is not Mode.PARALLEL:
        raise NotLatest
    if view.version != board.base.version:
        raise NotRetryable("The pipeline was updated since the execution started.")
    if not _can_be_retried(view, board.stage_plan(view), cause.mode):
        raise NotRetryable("The stage has no failed or stopped work that can be retried in this way now.")
    _resume(board, view, cause.mode, RetryTrigger.MANUAL)


def retry_by_itself(board: Board, view: ExecutionView, stage: StagePlan) -> None:
    """The one automatic attempt of a stage execution, which has just failed."""
    _resume(board, view, stage.retry_mode, RetryTrigger.AUTOMATED)


def _can_be_retried(view: ExecutionView, stage: StagePlan, mode: RetryMode) -> bool:
    turned_away = Kind.BEFORE_ENTRY in view.conditions and not has_passed(view, Kind.BEFORE_ENTRY)
    if view.stage_state is StageState.FAILED:
        return mode is RetryMode.ALL_ACTIONS or view.has_failed_actions or turned_away
    if view.stage_state is StageState.STOPPED:
        succeeded = sum(state is ActionState.SUCCEEDED for state in view.actions.values())
        return succeeded < len(stage.actions)
    still_in_it = view.state is ExecutionState.IN_PROGRESS and view.stage_state is StageState.IN_PROGRESS
    asks_rules = view.evaluated is not None
    return still_in_it and view.has_failed_actions and not asks_rules and mode is RetryMode.FAILED_ACTIONS


def _resume(board: Board, view: ExecutionView, mode: RetryMode, trigger: RetryTrigger) -> None:
    """Go on without what is repeated. The entry is asked again with ALL_ACTIONS, or when it has not let us in yet."""
    if mode is RetryMode.ALL_ACTIONS:
        repeated, kept = tuple(view.actions), False
    else:
        repeated = tuple(name for name, state in view.actions.items() if state in UNSUCCESSFUL)
        kept = has_passed(view, Kind.BEFORE_ENTRY)
    reconsidered = tuple(kind for kind in view.conditions if kind is not Kind.BEFORE_ENTRY or not kept)
    board.resume(view.id, mode, trigger, repeated=repeated, reconsidered=reconsidered)
