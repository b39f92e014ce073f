"""Every state, every cause, every move: pipeline executions, stage executions, actions, conditions, rules.

A pair that is not in its table does not exist. Source: CodePipeline user guide, "How pipeline executions work" and
"How do stage conditions work"; reference sections 5.1 to 5.4 and 5.13. Some states are ours. The wire says InProgress
for Cancelling, Stopping for Abandoning, Succeeded for a Rejected stage, Failed for an Errored rule.
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
    LAST_STAGE_SUCCEEDED = "last stage succeeded or was skipped"
    ACTIONS_SETTLED = "all actions settled"
    STAGE_RETRIED = "stage retried"
    CONDITION_OVERRIDDEN = "failed condition overridden"


class StageState(StrEnum):
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    CANCELLING = "Cancelling"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    SKIPPED = "Skipped"
    REJECTED = "Rejected"  # all actions succeeded, then the onSuccess condition asked for a rollback


class StageCause(StrEnum):
    ALL_ACTIONS_SUCCEEDED = "all actions succeeded"
    AN_ACTION_FAILED = "an action failed and the others settled"
    EXECUTION_STOPPING = "execution is being stopped"
    EXECUTION_CANCELLING = "execution is being cancelled"
    ACTIONS_SETTLED = "all actions settled"
    RETRIED = "retried"
    CONDITION_FAILED = "a condition with the result FAIL failed"
    ENTRY_DECLINED = "the beforeEntry condition with the result SKIP failed"
    SUCCESS_REJECTED = "the onSuccess condition with the result ROLLBACK failed"
    ENTRY_OVERRIDDEN = "its failed beforeEntry condition was overridden"
    SUCCESS_OVERRIDDEN = "its failed onSuccess condition was overridden"


class ActionState(StrEnum):
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


class ActionCause(StrEnum):
    SUCCESS = "its job succeeded"
    FAILURE = "its job failed, timed out or could not be made"
    ABANDON = "its execution was stopped without waiting"


class ConditionState(StrEnum):
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERRORED = "Errored"  # has the effect of Failed
    CANCELLED = "Cancelled"
    ABANDONED = "Abandoned"
    OVERRIDDEN = "Overridden"  # has the effect of Succeeded


class ConditionCause(StrEnum):
    ALL_RULES_SUCCEEDED = "all rules succeeded"
    A_RULE_FAILED = "a rule failed and the others settled"
    A_RULE_ERRED = "a rule could not be evaluated and the others settled"
    EXECUTION_ENDING = "its execution is being stopped or cancelled"
    ABANDON = "its execution was stopped without waiting"
    OVERRIDE = "overridden"


class RuleState(StrEnum):
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERRORED = "Errored"
    ABANDONED = "Abandoned"


class RuleCause(StrEnum):
    SUCCESS = "its job succeeded"
    FAILURE = "its job failed or timed out"
    ERROR = "it could not be evaluated"
    ABANDON = "its condition was overridden or given up"


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
    (ExecutionState.FAILED, ExecutionCause.CONDITION_OVERRIDDEN): ExecutionState.IN_PROGRESS,
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
    (StageState.IN_PROGRESS, StageCause.CONDITION_FAILED): StageState.FAILED,
    (StageState.IN_PROGRESS, StageCause.ENTRY_DECLINED): StageState.SKIPPED,
    (StageState.IN_PROGRESS, StageCause.SUCCESS_REJECTED): StageState.REJECTED,
    (StageState.FAILED, StageCause.ENTRY_OVERRIDDEN): StageState.IN_PROGRESS,
    (StageState.FAILED, StageCause.SUCCESS_OVERRIDDEN): StageState.SUCCEEDED,
    (StageState.REJECTED, StageCause.SUCCESS_OVERRIDDEN): StageState.SUCCEEDED,
}

ACTION_MOVES: dict[tuple[ActionState, ActionCause], ActionState] = {
    (ActionState.IN_PROGRESS, ActionCause.SUCCESS): ActionState.SUCCEEDED,
    (ActionState.IN_PROGRESS, ActionCause.FAILURE): ActionState.FAILED,
    (ActionState.IN_PROGRESS, ActionCause.ABANDON): ActionState.ABANDONED,
}

CONDITION_MOVES: dict[tuple[ConditionState, ConditionCause], ConditionState] = {
    (ConditionState.IN_PROGRESS, ConditionCause.ALL_RULES_SUCCEEDED): ConditionState.SUCCEEDED,
    (ConditionState.IN_PROGRESS, ConditionCause.A_RULE_FAILED): ConditionState.FAILED,
    (ConditionState.IN_PROGRESS, ConditionCause.A_RULE_ERRED): ConditionState.ERRORED,
    (ConditionState.IN_PROGRESS, ConditionCause.EXECUTION_ENDING): ConditionState.CANCELLED,
    (ConditionState.IN_PROGRESS, ConditionCause.ABANDON): ConditionState.ABANDONED,
    (ConditionState.IN_PROGRESS, ConditionCause.OVERRIDE): ConditionState.OVERRIDDEN,
    (ConditionState.FAILED, ConditionCause.OVERRIDE): ConditionState.OVERRIDDEN,
    (ConditionState.ERRORED, ConditionCause.OVERRIDE): ConditionState.OVERRIDDEN,
}

RULE_MOVES: dict[tuple[RuleState, RuleCause], RuleState] = {
    (RuleState.IN_PROGRESS, RuleCause.SUCCESS): RuleState.SUCCEEDED,
    (RuleState.IN_PROGRESS, RuleCause.FAILURE): RuleState.FAILED,
    (RuleState.IN_PROGRESS, RuleCause.ERROR): RuleState.ERRORED,
    (RuleState.IN_PROGRESS, RuleCause.ABANDON): RuleState.ABANDONED,
}

# An execution in one of these states still does something, or waits to.
IN_FLIGHT = frozenset(
    {ExecutionState.IN_PROGRESS, ExecutionState.STOPPING, ExecutionState.ABANDONING, ExecutionState.CANCELLING}
)
# A stage in one of these states is locked by its execution.
HOLDING_THE_STAGE = frozenset({StageState.IN_PROGRESS, StageState.STOPPING, StageState.CANCELLING})
# A condition in one of these states lets the execution go on.
PASSED = frozenset({ConditionState.SUCCEEDED, ConditionState.OVERRIDDEN})

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=StrEnum)


def next_state(moves: dict[tuple[S, C], S], state: S, cause: C) -> S:
    """Return where `cause` takes something that is in `state`, by the table `moves`. Raises IllegalMove."""
    try:
        return moves[state, cause]
    except KeyError:
        raise IllegalMove(f"'{cause}' does not move what is {state}.") from None
