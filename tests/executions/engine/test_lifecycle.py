"""Each move of executions, stages and actions stands here once more; every pair left out is refused."""

from itertools import product

import pytest

from apps.executions.engine.lifecycle import (
    ACTION_MOVES,
    CONDITION_MOVES,
    EXECUTION_MOVES,
    HOLDING_THE_STAGE,
    IN_FLIGHT,
    RULE_MOVES,
    STAGE_MOVES,
    ActionCause,
    ActionState,
    ConditionCause,
    ConditionState,
    ExecutionCause,
    ExecutionState,
    IllegalMove,
    RuleCause,
    RuleState,
    StageCause,
    StageState,
    next_state,
)

EXECUTIONS = {
    ("InProgress", "stop and wait"): "Stopping",
    ("InProgress", "stop and abandon"): "Abandoning",
    ("InProgress", "definition updated"): "Cancelling",
    ("InProgress", "newer execution arrived at the same entry"): "Superseded",
    ("InProgress", "stage failed"): "Failed",
    ("InProgress", "last stage succeeded or was skipped"): "Succeeded",
    ("Stopping", "stop and abandon"): "Abandoning",
    ("Stopping", "definition updated"): "Cancelling",
    ("Stopping", "all actions settled"): "Stopped",
    ("Abandoning", "all actions settled"): "Stopped",
    ("Cancelling", "stop and wait"): "Stopping",
    ("Cancelling", "stop and abandon"): "Abandoning",
    ("Cancelling", "all actions settled"): "Cancelled",
    ("Failed", "stage retried"): "InProgress",
    ("Stopped", "stage retried"): "InProgress",
    ("Failed", "failed condition overridden"): "InProgress",
}
STAGES = {
    ("InProgress", "all actions succeeded"): "Succeeded",
    ("InProgress", "an action failed and the others settled"): "Failed",
    ("InProgress", "execution is being stopped"): "Stopping",
    ("InProgress", "execution is being cancelled"): "Cancelling",
    ("Stopping", "execution is being cancelled"): "Cancelling",
    ("Stopping", "all actions settled"): "Stopped",
    ("Cancelling", "execution is being stopped"): "Stopping",
    ("Cancelling", "all actions settled"): "Cancelled",
    ("Failed", "retried"): "InProgress",
    ("Stopped", "retried"): "InProgress",
    ("InProgress", "a condition with the result FAIL failed"): "Failed",
    ("InProgress", "the beforeEntry condition with the result SKIP failed"): "Skipped",
    ("InProgress", "the onSuccess condition with the result ROLLBACK failed"): "Rejected",
    ("Failed", "its failed beforeEntry condition was overridden"): "InProgress",
    ("Failed", "its failed onSuccess condition was overridden"): "Succeeded",
    ("Rejected", "its failed onSuccess condition was overridden"): "Succeeded",
}
ACTIONS = {
    ("InProgress", "its job succeeded"): "Succeeded",
    ("InProgress", "its job failed, timed out or could not be made"): "Failed",
    ("InProgress", "its execution was stopped without waiting"): "Abandoned",
}
CONDITIONS = {
    ("InProgress", "all rules succeeded"): "Succeeded",
    ("InProgress", "a rule failed and the others settled"): "Failed",
    ("InProgress", "a rule could not be evaluated and the others settled"): "Errored",
    ("InProgress", "its execution is being stopped or cancelled"): "Cancelled",
    ("InProgress", "its execution was stopped without waiting"): "Abandoned",
    ("InProgress", "overridden"): "Overridden",
    ("Failed", "overridden"): "Overridden",
    ("Errored", "overridden"): "Overridden",
}
RULES = {
    ("InProgress", "its job succeeded"): "Succeeded",
    ("InProgress", "its job failed or timed out"): "Failed",
    ("InProgress", "it could not be evaluated"): "Errored",
    ("InProgress", "its condition was overridden or given up"): "Abandoned",
}
TABLES = [
    ("execution", EXECUTION_MOVES, ExecutionState, ExecutionCause, EXECUTIONS),
    ("stage", STAGE_MOVES, StageState, StageCause, STAGES),
    ("action", ACTION_MOVES, ActionState, ActionCause, ACTIONS),
    ("condition", CONDITION_MOVES, ConditionState, ConditionCause, CONDITIONS),
    ("rule", RULE_MOVES, RuleState, RuleCause, RULES),
]
MOVED = [
    pytest.param(moves, states(before), causes(cause), states(after), id=f"{name}: {before}, {cause}")
    for name, moves, states, causes, expected in TABLES
    for (before, cause), after in expected.items()
]
LEFT_OUT = [
    pytest.param(moves, state, cause, id=f"{name}: {state}, {cause}")
    for name, moves, states, causes, expected in TABLES
    for state, cause in product(states, causes)
    if (state.value, cause.value) not in expected
]


@pytest.mark.parametrize(("moves", "state", "cause", "expected"), MOVED)
def test_a_cause_moves_what_it_concerns(moves, state, cause, expected):
    assert next_state(moves, state, cause) is expected


@pytest.mark.parametrize(("moves", "state", "cause"), LEFT_OUT)
def test_any_other_cause_is_refused_and_says_why(moves, state, cause):
    with pytest.raises(IllegalMove, match=f"'{cause}' does not move what is {state}."):
        next_state(moves, state, cause)


def test_every_state_that_can_still_move_by_itself_is_in_flight():
    settling = {state for state, cause in EXECUTION_MOVES if cause is ExecutionCause.ACTIONS_SETTLED}
    assert settling | {ExecutionState.IN_PROGRESS} == IN_FLIGHT


def test_only_a_retry_or_an_override_brings_back_what_has_ended():
    revived = {(state, cause) for (state, cause) in EXECUTION_MOVES if state not in IN_FLIGHT}
    assert revived == {
        (ExecutionState.FAILED, ExecutionCause.STAGE_RETRIED),
        (ExecutionState.STOPPED, ExecutionCause.STAGE_RETRIED),
        (ExecutionState.FAILED, ExecutionCause.CONDITION_OVERRIDDEN),
    }
    freed = {cause for state, cause in STAGE_MOVES if state not in HOLDING_THE_STAGE}
    assert freed == {StageCause.RETRIED, StageCause.ENTRY_OVERRIDDEN, StageCause.SUCCESS_OVERRIDDEN}
