"""Inside a stage: its entry, its actions by run order, its success or failure, and leaving it.

The order is: lock, beforeEntry, actions by run order, onSuccess or onFailure, leave. Source: reference sections 5.3,
5.8, 5.11 to 5.13. onFailure follows failed actions; where a condition turned the execution away nothing was done that
could be undone.
"""

from . import retrying
from .board import Board
from .conditions import Verdict, ask
from .lifecycle import ActionState, ExecutionCause, StageCause
from .plan import Kind, Mode, Result, StagePlan
from .snapshot import ExecutionView

ACTIONS_AT_ONCE_IN_PARALLEL_MODE = 5


def work(board: Board, view: ExecutionView) -> None:
    """Do the next thing in the stage that the execution is in."""
    stage = board.stage_plan(view)
    match ask(board, view, stage.conditions.get(Kind.BEFORE_ENTRY)):
        case Verdict.FAILED:
            _turn_away(board, view, stage)
        case Verdict.PASSED if view.has_failed_actions:
            if not view.has_running_actions:
                _fail(board, view, stage)
        case Verdict.PASSED:
            _act(board, view, stage)


def _turn_away(board: Board, view: ExecutionView, stage: StagePlan) -> None:
    """The beforeEntry condition failed: no action runs."""
    if stage.conditions[Kind.BEFORE_ENTRY].result is Result.SKIP:
        board.move_stage(view.id, StageCause.ENTRY_DECLINED)
    else:
        board.move_stage(view.id, StageCause.CONDITION_FAILED)
        board.move_execution(view.id, ExecutionCause.STAGE_FAILED)


def _act(board: Board, view: ExecutionView, stage: StagePlan) -> None:
    """Start the actions of the lowest run order that is not through; after the last, the stage has succeeded."""
    for group in stage.groups:
        if any(view.actions.get(action.name) is not ActionState.SUCCEEDED for action in group):
            _start_missing(board, view, [action.name for action in group])
            return
    _succeed(board, view, stage)


def _start_missing(board: Board, view: ExecutionView, group: list[str]) -> None:
    missing = [name for name in group if name not in view.actions]
    if view.mode is Mode.PARALLEL:
        running = sum(state is ActionState.IN_PROGRESS for state in view.actions.values())
        missing = missing[: max(0, ACTIONS_AT_ONCE_IN_PARALLEL_MODE - running)]
    for name in missing:
        board.start_action(view.id, name)


def _succeed(board: Board, view: ExecutionView, stage: StagePlan) -> None:
    """All actions succeeded. The onSuccess condition may still say FAIL, or ROLLBACK."""
    condition = stage.conditions.get(Kind.ON_SUCCESS)
    verdict = ask(board, view, condition)
    if verdict is Verdict.PASSED:
        board.move_stage(view.id, StageCause.ALL_ACTIONS_SUCCEEDED)
    elif verdict is Verdict.FAILED and condition is not None:
        wants_rollback = condition.result is Result.ROLLBACK
        board.move_stage(view.id, StageCause.SUCCESS_REJECTED if wants_rollback else StageCause.CONDITION_FAILED)
        board.move_execution(view.id, ExecutionCause.STAGE_FAILED)
        if wants_rollback:
            _roll_back(board, view)


def _fail(board: Board, view: ExecutionView, stage: StagePlan) -> None:
    """An action failed and the others have settled. The stage is retried by itself, or fails and is rolled back."""
    condition = stage.conditions.get(Kind.ON_FAILURE)
    verdict = ask(board, view, condition)
    if verdict is Verdict.PENDING:
        return
    board.move_stage(view.id, StageCause.AN_ACTION_FAILED)
    if stage.on_failure is Result.RETRY and not view.auto_retried:
        retrying.retry_by_itself(board, board.executions[view.id], stage)
        return
    board.move_execution(view.id, ExecutionCause.STAGE_FAILED)
    asked_for = condition is not None and verdict is Verdict.PASSED
    if asked_for or stage.on_failure is Result.ROLLBACK:
        _roll_back(board, view)


def _roll_back(board: Board, view: ExecutionView) -> None:
    """Ask for a rollback, where there can be one. A rollback that fails brings no other about."""
    is_first = board.plan(view).before(view.stage) is None
    if not view.rollback and not is_first and view.mode is not Mode.PARALLEL:
        board.ask_for_rollback(view.id, view.stage)


def leave(board: Board, view: ExecutionView) -> None:
    """Go to the entry of the next stage. A rollback runs one stage only."""
    following = None if view.rollback else board.plan(view).after(view.stage)
    if following is None:
        board.move_execution(view.id, ExecutionCause.LAST_STAGE_SUCCEEDED)
    else:
        board.arrive(view.id, following)
