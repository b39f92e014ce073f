"""Rolling back: a new execution runs one stage again with what an earlier one had. Source: reference section 5.12.

It comes from no stage before, so it waits at no entry and passes no transition: it takes the stage at once or is
refused. After a failure the engine keeps the stage free for it, so that no waiting execution slips in between. Which
execution it goes back to is looked up in the history by whoever starts it.
"""

from .board import Board
from .causes import NothingToRollBackTo, RollbackStarted
from .errors import CannotRollBack
from .lifecycle import ExecutionState
from .plan import Mode
from .snapshot import ExecutionView


def start(board: Board, cause: RollbackStarted) -> None:
    """Raises CannotRollBack."""
    plan = board.base.plans[board.base.version]
    if cause.mode is Mode.PARALLEL:
        raise CannotRollBack("Its pipeline runs executions in PARALLEL mode.")
    if plan.before(cause.stage) is None:
        raise CannotRollBack("It is the stage of the sources, which are read anew each time.")
    board.reserved.discard(cause.stage)
    if board.is_locked(cause.stage):
        raise CannotRollBack("An execution is in progress in it. Wait until that ends, or stop it.")
    board.add(
        ExecutionView(
            id=cause.execution,
            number=cause.number,
            state=ExecutionState.IN_PROGRESS,
            version=board.base.version,
            mode=cause.mode,
            stage=cause.stage,
            waiting=True,
            rollback=True,
        )
    )
    board.arrive(cause.execution, cause.stage)
    board.enter(cause.execution)


def give_up(board: Board, cause: NothingToRollBackTo) -> None:
    """The stage stays as it failed."""
    board.reserved.discard(cause.stage)
