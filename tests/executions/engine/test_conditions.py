"""Conditions at a stage's entry, after success and after failure. Source: reference section 5.13."""

import pytest

from apps.executions.engine import (
    ExecutionState,
    Kind,
    Mode,
    NotRetryable,
    Result,
    RetryMode,
    RuleCause,
    RuleSettled,
    StageState,
)
from tests.executions.engine.driver import Guards, Pipeline

STAGES = {"Build": {"Make": 1}, "Ship": {"Send": 1}, "Tell": {"Mail": 1}}
BOTH = ("Window", "Alarm")
ENTRY, SUCCESS, FAILURE = Kind
fails = pytest.mark.parametrize(("outcome", "condition"), [(RuleCause.FAILURE, "Failed"), (RuleCause.ERROR, "Errored")])


def guarded(mode: Mode = Mode.SUPERSEDED, **guards) -> Pipeline:
    """An execution that has just entered Ship, which has these guards."""
    pipeline = Pipeline(STAGES, mode, {"Ship": Guards(**guards)})
    pipeline.start()
    pipeline.succeed(1, "Make")
    return pipeline


def test_entry_rules_run_together_and_hold_the_lock_before_any_action():
    pipeline = guarded(before_entry=(Result.FAIL, BOTH))
    assert pipeline.rules(1) == {"Window", "Alarm"}
    assert (pipeline.running(1), pipeline.inside("Ship")) == (set(), [1])


def test_actions_begin_when_all_entry_rules_have_succeeded():
    pipeline = guarded(before_entry=(Result.FAIL, BOTH))
    pipeline.pass_rules(1, "Window")
    assert pipeline.running(1) == set()
    pipeline.pass_rules(1, "Alarm")
    assert pipeline.running(1) == {"Send"}
    assert pipeline.condition(1, ENTRY) == "Succeeded"


@fails
def test_a_failed_entry_with_fail_ends_the_execution_and_no_action_ran(outcome, condition):
    """Shows CP-123."""
    pipeline = guarded(before_entry=(Result.FAIL, BOTH))
    pipeline.fail_rules(1, "Window", outcome=outcome)
    assert pipeline.state(1) is ExecutionState.IN_PROGRESS, "the other rule is left to finish"
    pipeline.pass_rules(1, "Alarm")
    assert (pipeline.state(1), pipeline.stage_state(1)) == (ExecutionState.FAILED, StageState.FAILED)
    assert (pipeline.actions(1), pipeline.condition(1, ENTRY)) == ({}, condition)


@fails
def test_a_failed_entry_with_skip_goes_on_to_the_next_stage(outcome, condition):
    """Shows CP-124."""
    pipeline = guarded(before_entry=(Result.SKIP, ("Check",)))
    pipeline.fail_rules(1, "Check", outcome=outcome)
    assert (pipeline.view(1).stage, pipeline.running(1)) == ("Tell", {"Mail"})


def test_an_execution_whose_last_stage_was_skipped_has_succeeded():
    pipeline = Pipeline(STAGES, guards={"Tell": Guards(before_entry=(Result.SKIP, ("Check",)))})
    pipeline.start()
    pipeline.succeed(1, "Make")
    pipeline.succeed(1, "Send")
    pipeline.fail_rules(1, "Check")
    assert (pipeline.state(1), pipeline.stage_state(1)) == (ExecutionState.SUCCEEDED, StageState.SKIPPED)


def test_a_failed_entry_is_not_retried_or_rolled_back_by_itself():
    for result in (Result.RETRY, Result.ROLLBACK):
        pipeline = guarded(before_entry=(Result.FAIL, ("Check",)), result=result)
        pipeline.fail_rules(1, "Check")
        assert pipeline.state(1) is ExecutionState.FAILED


def test_success_rules_run_after_the_actions_while_the_stage_is_held():
    pipeline = guarded(on_success=(Result.FAIL, BOTH))
    pipeline.succeed(1, "Send")
    assert pipeline.rules(1) == {"Window", "Alarm"}
    assert (pipeline.stage_state(1), pipeline.inside("Ship")) == (StageState.IN_PROGRESS, [1])
    pipeline.pass_rules(1, *BOTH)
    assert pipeline.running(1) == {"Mail"}


@fails
def test_a_failed_success_condition_with_fail_ends_the_execution(outcome, condition):
    pipeline = guarded(on_success=(Result.FAIL, ("Alarm",)))
    pipeline.succeed(1, "Send")
    pipeline.fail_rules(1, "Alarm", outcome=outcome)
    assert (pipeline.state(1), pipeline.stage_state(1)) == (ExecutionState.FAILED, StageState.FAILED)
    assert pipeline.condition(1, SUCCESS) == condition


def test_a_failed_success_condition_with_rollback_rolls_back():
    pipeline = guarded(on_success=(Result.ROLLBACK, ("Alarm",)))
    pipeline.succeed(1, "Send")
    pipeline.pass_rules(1, "Alarm")
    pipeline.start()
    pipeline.succeed(2, "Make"), pipeline.succeed(2, "Send")
    pipeline.fail_rules(2, "Alarm")
    assert (pipeline.state(2), pipeline.stage_state(2)) == (ExecutionState.FAILED, StageState.REJECTED)
    assert (pipeline.inside("Ship"), pipeline.running(3)) == ([3], {"Send"})


def test_nothing_is_rolled_back_to_where_the_success_condition_failed():
    pipeline = guarded(on_success=(Result.ROLLBACK, ("Alarm",)))
    pipeline.succeed(1, "Send")
    pipeline.fail_rules(1, "Alarm")
    pipeline.start()
    pipeline.succeed(2, "Make"), pipeline.succeed(2, "Send")
    pipeline.fail_rules(2, "Alarm")
    assert pipeline.inside("Ship") == []


def test_failure_rules_that_all_succeed_roll_back():
    pipeline = guarded(on_failure=(Result.ROLLBACK, BOTH))
    pipeline.succeed(1, "Send")
    pipeline.start()
    pipeline.succeed(2, "Make"), pipeline.fail(2, "Send")
    assert (pipeline.state(2), pipeline.inside("Ship")) == (ExecutionState.IN_PROGRESS, [2])
    pipeline.pass_rules(2, *BOTH)
    assert pipeline.state(2) is ExecutionState.FAILED
    assert (pipeline.inside("Ship"), pipeline.view(3).rollback) == ([3], True)


def test_a_failure_rule_that_fails_leaves_the_stage_failed():
    pipeline = guarded(on_failure=(Result.ROLLBACK, BOTH))
    pipeline.succeed(1, "Send")
    pipeline.start()
    pipeline.succeed(2, "Make"), pipeline.fail(2, "Send")
    pipeline.fail_rules(2, "Window"), pipeline.pass_rules(2, "Alarm")
    assert (pipeline.state(2), pipeline.inside("Ship")) == (ExecutionState.FAILED, [])


def test_a_retry_is_refused_while_failure_rules_run():
    pipeline = guarded(on_failure=(Result.ROLLBACK, ("Alarm",)))
    pipeline.fail(1, "Send")
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Ship")


@pytest.mark.parametrize(
    ("abandon", "condition"),
    [pytest.param(False, "Cancelled", id="wait"), pytest.param(True, "Abandoned", id="abandon")],
)
@pytest.mark.parametrize("kind", [ENTRY, SUCCESS])
def test_stopping_gives_rules_up_at_once(abandon, condition, kind):
    guards = {"before_entry" if kind is ENTRY else "on_success": (Result.FAIL, BOTH)}
    pipeline = guarded(**guards)
    if kind is SUCCESS:
        pipeline.succeed(1, "Send")
    pipeline.pass_rules(1, "Window")
    pipeline.stop(1, abandon=abandon)
    assert (pipeline.state(1), pipeline.stage_state(1)) == (ExecutionState.STOPPED, StageState.STOPPED)
    assert pipeline.condition(1, kind) == condition
    assert {each.value for each in pipeline.view(1).conditions[kind].rules.values()} == {"Succeeded", "Abandoned"}


def test_an_update_cancels_a_condition():
    pipeline = guarded(before_entry=(Result.FAIL, BOTH))
    pipeline.update()
    assert (pipeline.state(1), pipeline.condition(1, ENTRY)) == (ExecutionState.CANCELLED, "Cancelled")


def test_a_deletion_abandons_a_condition():
    pipeline = guarded(before_entry=(Result.FAIL, BOTH))
    pipeline.delete()
    assert pipeline.condition(1, ENTRY) == "Abandoned"


def test_a_late_word_of_a_rule_changes_nothing():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    late = RuleSettled(pipeline.view(1).id, "Ship", ENTRY, "Window", RuleCause.SUCCESS)
    pipeline.stop(1, abandon=True)
    pipeline.take(late)
    assert pipeline.state(1) is ExecutionState.STOPPED


# Retrying


def entered_and_failed() -> Pipeline:
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)), on_success=(Result.FAIL, ("Alarm",)))
    pipeline.pass_rules(1, "Window")
    pipeline.fail(1, "Send")
    return pipeline


def test_all_actions_asks_the_entry_again():
    pipeline = entered_and_failed()
    pipeline.retry(1, "Ship", RetryMode.ALL_ACTIONS)
    assert (pipeline.rules(1), pipeline.running(1)) == ({"Window"}, set())


def test_failed_actions_does_not_ask_an_entry_that_had_passed():
    pipeline = entered_and_failed()
    pipeline.retry(1, "Ship", RetryMode.FAILED_ACTIONS)
    assert pipeline.running(1) == {"Send"}


@pytest.mark.parametrize("mode", list(RetryMode))
def test_no_retry_goes_round_an_entry_that_has_not_passed(mode):
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.fail_rules(1, "Window")
    pipeline.retry(1, "Ship", mode)
    assert (pipeline.rules(1), pipeline.running(1)) == ({"Window"}, set())


@pytest.mark.parametrize("mode", list(RetryMode))
def test_an_entry_that_was_stopped_is_asked_again(mode):
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.stop(1)
    pipeline.retry(1, "Ship", mode)
    assert pipeline.rules(1) == {"Window"}


def test_where_only_the_success_condition_failed_there_are_no_failed_actions_to_retry():
    pipeline = guarded(on_success=(Result.FAIL, ("Alarm",)))
    pipeline.succeed(1, "Send")
    pipeline.fail_rules(1, "Alarm")
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Ship", RetryMode.FAILED_ACTIONS)
    pipeline.retry(1, "Ship", RetryMode.ALL_ACTIONS)
    pipeline.succeed(1, "Send")
    assert pipeline.rules(1) == {"Alarm"}, "the success condition is asked anew"


def test_a_skipped_stage_cannot_be_retried():
    pipeline = Pipeline(STAGES, guards={"Tell": Guards(before_entry=(Result.SKIP, ("Check",)))})
    pipeline.start()
    pipeline.succeed(1, "Make")
    pipeline.succeed(1, "Send")
    pipeline.fail_rules(1, "Check")
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Tell", RetryMode.ALL_ACTIONS)


def test_in_parallel_mode_each_execution_is_asked_by_itself():
    pipeline = guarded(Mode.PARALLEL, before_entry=(Result.FAIL, ("Window",)))
    pipeline.start()
    pipeline.succeed(2, "Make")
    pipeline.fail_rules(1, "Window")
    assert (pipeline.state(1), pipeline.rules(2)) == (ExecutionState.FAILED, {"Window"})
