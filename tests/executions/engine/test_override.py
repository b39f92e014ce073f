"""Overriding a condition, with every refusal. Source: reference section 5.13, "Effect of overriding"."""

import pytest

from apps.executions.engine import ExecutionState, Kind, Mode, NotLatest, NotOverridable, Result, RuleCause, StageState
from tests.executions.engine.driver import Guards, Pipeline
from tests.executions.engine.test_conditions import BOTH, ENTRY, SUCCESS, guarded

outcomes = pytest.mark.parametrize("outcome", [RuleCause.FAILURE, RuleCause.ERROR])


@outcomes
def test_overriding_a_failed_entry_lets_the_actions_run(outcome):
    """Shows CP-125."""
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.fail_rules(1, "Window", outcome=outcome)
    pipeline.override(1, "Ship", ENTRY)
    assert (pipeline.state(1), pipeline.running(1)) == (ExecutionState.IN_PROGRESS, {"Send"})
    assert (pipeline.condition(1, ENTRY), pipeline.inside("Ship")) == ("Overridden", [1])


def test_overriding_while_rules_run_gives_them_up():
    pipeline = guarded(before_entry=(Result.FAIL, BOTH))
    pipeline.fail_rules(1, "Window")
    pipeline.override(1, "Ship", ENTRY)
    assert pipeline.running(1) == {"Send"}
    states = pipeline.view(1).conditions[ENTRY].rules
    assert {rule: state.value for rule, state in states.items()} == {"Window": "Failed", "Alarm": "Abandoned"}


@outcomes
@pytest.mark.parametrize(
    ("result", "before"), [(Result.FAIL, StageState.FAILED), (Result.ROLLBACK, StageState.REJECTED)]
)
def test_overriding_a_failed_success_condition_lets_the_execution_proceed(result, before, outcome):
    pipeline = guarded(on_success=(result, ("Alarm",)))
    pipeline.succeed(1, "Send")
    pipeline.fail_rules(1, "Alarm", outcome=outcome)
    assert pipeline.stage_state(1) is before
    pipeline.override(1, "Ship", SUCCESS)
    assert (pipeline.state(1), pipeline.running(1)) == (ExecutionState.IN_PROGRESS, {"Mail"})


def test_overriding_a_success_condition_of_the_last_stage_ends_the_execution_well():
    pipeline = Pipeline({"Build": {"Make": 1}}, guards={"Build": Guards(on_success=(Result.FAIL, BOTH))})
    pipeline.start()
    pipeline.succeed(1, "Make")
    pipeline.override(1, "Build", SUCCESS)
    assert (pipeline.state(1), pipeline.stage_state(1)) == (ExecutionState.SUCCEEDED, StageState.SUCCEEDED)


def test_a_skipped_entry_cannot_be_overridden():
    """Shows CP-126."""
    pipeline = guarded(before_entry=(Result.SKIP, ("Check",)))
    pipeline.fail_rules(1, "Check")
    with pytest.raises(NotOverridable):
        pipeline.override(1, "Ship", ENTRY)


def test_a_skip_condition_can_be_overridden_while_its_rules_run():
    pipeline = guarded(before_entry=(Result.SKIP, ("Check",)))
    pipeline.override(1, "Ship", ENTRY)
    assert pipeline.running(1) == {"Send"}


def test_a_condition_that_succeeded_was_overridden_or_is_absent_cannot_be_overridden():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.override(1, "Ship", ENTRY)
    for kind in (ENTRY, SUCCESS):
        with pytest.raises(NotOverridable):
            pipeline.override(1, "Ship", kind)
    passed = guarded(before_entry=(Result.FAIL, ("Window",)))
    passed.pass_rules(1, "Window")
    with pytest.raises(NotOverridable):
        passed.override(1, "Ship", ENTRY)


def test_a_passed_entry_of_a_stage_that_failed_later_cannot_be_overridden():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.pass_rules(1, "Window")
    pipeline.fail(1, "Send")
    with pytest.raises(NotOverridable):
        pipeline.override(1, "Ship", ENTRY)


def test_nothing_is_overridden_of_an_execution_that_was_stopped():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.stop(1)
    with pytest.raises(NotOverridable):
        pipeline.override(1, "Ship", ENTRY)


@pytest.mark.parametrize("stage", ["Build", "Tell", "Nowhere"])
def test_another_stage_than_the_one_it_is_in_has_nothing_to_override(stage):
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    with pytest.raises(NotOverridable):
        pipeline.override(1, stage, ENTRY)


def test_an_execution_that_never_was_or_waits_has_nothing_to_override():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.start()
    pipeline.succeed(2, "Make")
    for execution in (2, 99):
        with pytest.raises(NotOverridable):
            pipeline.override(execution, "Ship", ENTRY)


def test_after_a_newer_execution_entered_it_is_too_late():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.fail_rules(1, "Window")
    pipeline.start()
    pipeline.succeed(2, "Make")
    with pytest.raises(NotLatest):
        pipeline.override(1, "Ship", ENTRY)


def test_in_parallel_mode_another_execution_does_not_matter():
    pipeline = guarded(Mode.PARALLEL, before_entry=(Result.FAIL, ("Window",)))
    pipeline.fail_rules(1, "Window")
    pipeline.start()
    pipeline.succeed(2, "Make")
    pipeline.override(1, "Ship", ENTRY)
    assert pipeline.running(1) == {"Send"}


def test_after_an_update_of_the_definition_nothing_is_overridden():
    pipeline = guarded(before_entry=(Result.FAIL, ("Window",)))
    pipeline.fail_rules(1, "Window")
    pipeline.update()
    with pytest.raises(NotOverridable, match="updated"):
        pipeline.override(1, "Ship", Kind.BEFORE_ENTRY)
