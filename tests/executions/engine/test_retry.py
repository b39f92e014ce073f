"""Retrying a stage, in both modes, with every refusal. Source: reference section 5.11."""

import pytest

from apps.executions.engine import ExecutionState, Mode, NotLatest, NotRetryable, RetryMode
from tests.executions.engine.driver import Pipeline

STAGES = {"Build": {"Lint": 1, "Test": 1, "Pack": 2}, "Deploy": {"Ship": 1}}
FAILED, ALL = RetryMode.FAILED_ACTIONS, RetryMode.ALL_ACTIONS
both = pytest.mark.parametrize("mode", [FAILED, ALL])


@pytest.fixture
def failed() -> Pipeline:
    """The first execution's Build failed by Test; Lint succeeded."""
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.fail(1, "Test")
    pipeline.succeed(1, "Lint")
    return pipeline


def test_failed_actions_repeats_just_what_failed_and_goes_on(failed):
    """Shows CP-109."""
    failed.retry(1, "Build", FAILED)
    assert failed.state(1) is ExecutionState.IN_PROGRESS
    assert failed.actions(1) == {"Lint": "Succeeded", "Test": "InProgress"}
    failed.succeed(1, "Test")
    assert failed.running(1) == {"Pack"}


def test_all_actions_repeats_everything_from_the_lowest_run_order(failed):
    """Shows CP-110."""
    failed.retry(1, "Build", ALL)
    assert failed.actions(1) == {"Lint": "InProgress", "Test": "InProgress"}


@both
def test_a_retried_execution_goes_through_the_later_stages_as_any_other(failed, mode):
    failed.retry(1, "Build", mode)
    failed.succeed(1, "Test", *({"Lint"} if mode is ALL else ()))
    failed.succeed(1, "Pack")
    failed.succeed(1, "Ship")
    assert failed.state(1) is ExecutionState.SUCCEEDED


@both
def test_a_retry_that_fails_again_can_be_retried_again(failed, mode):
    failed.retry(1, "Build", mode)
    failed.fail(1, *failed.running(1))
    assert failed.state(1) is ExecutionState.FAILED
    failed.retry(1, "Build", mode)
    assert "Test" in failed.running(1)


def test_failed_actions_is_taken_while_a_sibling_still_runs():
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.fail(1, "Test")
    pipeline.retry(1, "Build", FAILED)
    assert pipeline.actions(1) == {"Lint": "InProgress", "Test": "InProgress"}
    pipeline.succeed(1, "Lint", "Test")
    assert pipeline.running(1) == {"Pack"}


def test_all_actions_is_refused_while_an_action_runs():
    """Shows CP-110."""
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.fail(1, "Test")
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Build", ALL)


@both
def test_a_stage_in_which_nothing_failed_yet_cannot_be_retried(mode):
    pipeline = Pipeline(STAGES)
    pipeline.start()
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Build", mode)


@both
def test_a_second_retry_while_the_first_runs_is_refused(failed, mode):
    failed.retry(1, "Build", mode)
    with pytest.raises(NotRetryable):
        failed.retry(1, "Build", mode)


@both
def test_a_stage_that_succeeded_cannot_be_retried(mode):
    """Shows CP-111."""
    pipeline = Pipeline({"Build": {"Make": 1}})
    pipeline.succeed(pipeline.start(), "Make")
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Build", mode)


@both
def test_a_stage_before_the_one_that_failed_cannot_be_retried(mode):
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.succeed(1, "Lint", "Test", "Pack")
    pipeline.fail(1, "Ship")
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Build", mode)


@both
def test_a_stage_that_another_execution_entered_since_cannot_be_retried(failed, mode):
    """Shows CP-112."""
    failed.start()
    with pytest.raises(NotLatest):
        failed.retry(1, "Build", mode)


@both
def test_that_other_one_having_ended_changes_nothing_about_it(failed, mode):
    failed.start()
    failed.stop(2, abandon=True)
    with pytest.raises(NotLatest):
        failed.retry(1, "Build", mode)


@both
def test_in_parallel_mode_another_execution_does_not_matter(mode):
    pipeline = Pipeline(STAGES, Mode.PARALLEL)
    pipeline.start(), pipeline.start()
    pipeline.fail(1, "Lint", "Test")
    pipeline.retry(1, "Build", mode)
    assert pipeline.running(1) == {"Lint", "Test"}


@both
def test_after_an_update_of_the_definition_nothing_is_retried(failed, mode):
    """Shows CP-113."""
    failed.update()
    with pytest.raises(NotRetryable, match="updated"):
        failed.retry(1, "Build", mode)


@both
def test_a_superseded_execution_cannot_be_retried(mode):
    """Shows CP-087."""
    pipeline = Pipeline(STAGES)
    for _ in range(3):
        pipeline.start()
    assert pipeline.state(2) is ExecutionState.SUPERSEDED
    with pytest.raises(NotRetryable):
        pipeline.retry(2, "Build", mode)


@both
def test_an_execution_that_was_stopped_while_it_waited_cannot_be_retried(mode):
    pipeline = Pipeline(STAGES)
    pipeline.start(), pipeline.start()
    pipeline.stop(2)
    with pytest.raises(NotRetryable):
        pipeline.retry(2, "Build", mode)


@both
def test_an_execution_that_never_was_cannot_be_retried(failed, mode):
    with pytest.raises(NotRetryable):
        failed.retry(99, "Build", mode)


def test_a_stopped_stage_is_retried_where_it_was_abandoned():
    """Shows CP-114."""
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.succeed(1, "Lint")
    pipeline.stop(1, abandon=True)
    pipeline.retry(1, "Build", FAILED)
    assert pipeline.actions(1) == {"Lint": "Succeeded", "Test": "InProgress"}
    assert pipeline.state(1) is ExecutionState.IN_PROGRESS


def test_a_stage_stopped_between_two_groups_goes_on_with_the_next():
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.stop(1)
    pipeline.succeed(1, "Lint", "Test")
    pipeline.retry(1, "Build", FAILED)
    assert pipeline.running(1) == {"Pack"}


@both
def test_a_stopped_stage_whose_actions_all_succeeded_has_nothing_to_retry(mode):
    pipeline = Pipeline({"Build": {"Make": 1}})
    pipeline.start()
    pipeline.stop(1)
    pipeline.succeed(1, "Make")
    assert pipeline.state(1) is ExecutionState.STOPPED
    with pytest.raises(NotRetryable):
        pipeline.retry(1, "Build", mode)


@both
def test_a_retry_locks_the_stage_again(failed, mode):
    failed.retry(1, "Build", mode)
    second = failed.start()
    assert (failed.inside("Build"), failed.waiting("Build")) == ([1], [second])
