"""Every state, every cause, every move: pipeline executions, stage executions, actions.

A pair that is not in its table does not exist. Source: CodePipeline user guide, "How pipeline executions work";
reference sections 5.1 to 5.4. Cancelling and Abandoning are ours: the wire says InProgress and Stopping.
"""

from enum import StrEnum
from typing import TypeVar


class IllegalMove(Exception):
    """The cause does not move something that is in this state."""


class ExecutionState(StrEnum):
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"  # running actions may finish, none may start
    ABANDONING = "Abandoning"  # running actions are given up
    CANCELLING = "Cancelling"  # the definition was updated: running actions may finish, none may start
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SUPERSEDED = "Superseded"
    CANCELLED = "Cancelled"


class ExecutionCause(StrEnum):
    STOP_AND_WAIT = "stop and wait"
    STOP_AND_ABANDON = "stop and abandon"
    DEFINITION_UPDATED = "definition updated"
    NEWER_ARRIVED = "newer execution arrived at the same entry"
    STAGE_FAILED = "stage failed"
    LAST_STAGE_SUCCEEDED = "last stage succeeded"
    ACTIONS_SETTLED = "all actions settled"
    STAGE_RETRIED = "stage retried"


class StageState(StrEnum):
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    CANCELLING = "Cancelling"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    SKIPPED = "Skipped"


class StageCause(StrEnum):
    ALL_ACTIONS_SUCCEEDED = "all actions succeeded"
    AN_ACTION_FAILED = "an action failed and the others settled"
    EXECUTION_STOPPING = "execution is being stopped"
    EXECUTION_CANCELLING = "execution is being cancelled"
    ACTIONS_SETTLED = "all actions settled"
    RETRIED = "retried"


class ActionState(StrEnum):
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


class ActionCause(StrEnum):
    SUCCESS = "its job succeeded"
    FAILURE = "its job failed, timed out or could not be made"
    ABANDON = "its execution was stopped without waiting"


EXECUTION_MOVES: dict[tuple[ExecutionState, ExecutionCause], ExecutionState] = {
    (ExecutionState.IN_PROGRESS, ExecutionCause.STOP_AND_WAIT): ExecutionState.STOPPING,
    (ExecutionState.IN_PROGRESS, ExecutionCause.STOP_AND_ABANDON): ExecutionState.ABANDONING,
    (ExecutionState.IN_PROGRESS, ExecutionCause.DEFINITION_UPDATED): ExecutionState.CANCELLING,
    (ExecutionState.IN_PROGRESS, ExecutionCause.NEWER_ARRIVED): ExecutionState.SUPERSEDED,
    (ExecutionState.IN_PROGRESS, ExecutionCause.STAGE_FAILED): ExecutionState.FAILED,
    (ExecutionState.IN_PROGRESS, ExecutionCause.LAST_STAGE_SUCCEEDED): ExecutionState.SUCCEEDED,
    (ExecutionState.STOPPING, ExecutionCause.STOP_AND_ABANDON): ExecutionState.ABANDONING,
    (ExecutionState.STOPPING, ExecutionCause.DEFINITION_UPDATED): ExecutionState.CANCELLING,
    (ExecutionState.STOPPING, ExecutionCause.ACTIONS_SETTLED): ExecutionState.STOPPED,
    (ExecutionState.ABANDONING, ExecutionCause.ACTIONS_SETTLED): ExecutionState.STOPPED,
    (ExecutionState.CANCELLING, ExecutionCause.STOP_AND_WAIT): ExecutionState.STOPPING,
    (ExecutionState.CANCELLING, ExecutionCause.STOP_AND_ABANDON): ExecutionState.ABANDONING,
    (ExecutionState.CANCELLING, ExecutionCause.ACTIONS_SETTLED): ExecutionState.CANCELLED,
    (ExecutionState.FAILED, ExecutionCause.STAGE_RETRIED): ExecutionState.IN_PROGRESS,
    (ExecutionState.STOPPED, ExecutionCause.STAGE_RETRIED): ExecutionState.IN_PROGRESS,
}

STAGE_MOVES: dict[tuple[StageState, StageCause], StageState] = {
    (StageState.IN_PROGRESS, StageCause.ALL_ACTIONS_SUCCEEDED): StageState.SUCCEEDED,
    (StageState.IN_PROGRESS, StageCause.AN_ACTION_FAILED): StageState.FAILED,
    (StageState.IN_PROGRESS, StageCause.EXECUTION_STOPPING): StageState.STOPPING,
    (StageState.IN_PROGRESS, StageCause.EXECUTION_CANCELLING): StageState.CANCELLING,
    (StageState.STOPPING, StageCause.EXECUTION_CANCELLING): StageState.CANCELLING,
    (StageState.STOPPING, StageCause.ACTIONS_SETTLED): StageState.STOPPED,
    (StageState.CANCELLING, StageCause.EXECUTION_STOPPING): StageState.STOPPING,
    (StageState.CANCELLING, StageCause.ACTIONS_SETTLED): StageState.CANCELLED,
    (StageState.FAILED, StageCause.RETRIED): StageState.IN_PROGRESS,
    (StageState.STOPPED, StageCause.RETRIED): StageState.IN_PROGRESS,
}

ACTION_MOVES: dict[tuple[ActionState, ActionCause], ActionState] = {
    (ActionState.IN_PROGRESS, ActionCause.SUCCESS): ActionState.SUCCEEDED,
    (ActionState.IN_PROGRESS, ActionCause.FAILURE): ActionState.FAILED,
    (ActionState.IN_PROGRESS, ActionCause.ABANDON): ActionState.ABANDONED,
}

# An execution in one of these states still does something, or waits to.
IN_FLIGHT = frozenset(
    {ExecutionState.IN_PROGRESS, ExecutionState.STOPPING, ExecutionState.ABANDONING, ExecutionState.CANCELLING}
)
# A stage in one of these states is locked by its execution.
HOLDING_THE_STAGE = frozenset({StageState.IN_PROGRESS, StageState.STOPPING, StageState.CANCELLING})

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=StrEnum)


def next_state(moves: dict[tuple[S, C], S], state: S, cause: C) -> S:
    """Return where `cause` takes something that is in `state`, by the table `moves`. Raises IllegalMove."""
    try:
        return moves[state, cause]
    except KeyError:
        raise IllegalMove(f"'{cause}' does not move what is {state}.") from None
