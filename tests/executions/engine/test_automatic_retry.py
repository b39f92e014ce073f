"""One automatic attempt for each stage execution. Source: reference section 5.11."""

import pytest

from apps.executions.engine import ExecutionState, Mode, Result, ResumeStage, RetryMode, RetryTrigger
from tests.executions.engine.driver import Guards, Pipeline

STAGES = {"Build": {"Lint": 1, "Test": 1}, "Ship": {"Send": 1}}


def retrying(mode: RetryMode = RetryMode.FAILED_ACTIONS, pipeline_mode: Mode = Mode.SUPERSEDED) -> Pipeline:
    pipeline = Pipeline(STAGES, pipeline_mode, {"Build": Guards(result=Result.RETRY, retry_mode=mode)})
    pipeline.start()
    return pipeline


def fail_once(pipeline: Pipeline) -> None:
    pipeline.fail(1, "Test")
    pipeline.succeed(1, "Lint")


@pytest.mark.parametrize(
    ("mode", "running"), [(RetryMode.FAILED_ACTIONS, {"Test"}), (RetryMode.ALL_ACTIONS, {"Lint", "Test"})]
)
def test_a_failed_stage_is_tried_once_more_by_itself(mode, running):
    """Shows CP-115."""
    pipeline = retrying(mode)
    fail_once(pipeline)
    assert (pipeline.state(1), pipeline.running(1)) == (ExecutionState.IN_PROGRESS, running)
    (resumed,) = [effect for effect in pipeline.effects if isinstance(effect, ResumeStage)]
    assert (resumed.mode, resumed.trigger) == (mode, RetryTrigger.AUTOMATED)


def test_a_second_failure_is_final():
    """Shows CP-115."""
    pipeline = retrying()
    fail_once(pipeline)
    pipeline.fail(1, "Test")
    assert pipeline.state(1) is ExecutionState.FAILED


def test_a_manual_retry_remains_and_is_followed_by_no_automatic_one():
    pipeline = retrying()
    fail_once(pipeline)
    pipeline.fail(1, "Test")
    pipeline.retry(1, "Build")
    pipeline.fail(1, "Test")
    assert pipeline.state(1) is ExecutionState.FAILED


def test_the_attempt_waits_for_siblings_that_still_run():
    pipeline = retrying()
    pipeline.fail(1, "Test")
    assert pipeline.running(1) == {"Lint"}


def test_the_stage_stays_locked_between_the_attempts():
    pipeline = retrying()
    pipeline.start()
    fail_once(pipeline)
    assert (pipeline.inside("Build"), pipeline.waiting("Build")) == ([1], [2])


def test_each_stage_execution_has_its_own_attempt():
    pipeline = retrying()
    fail_once(pipeline)
    pipeline.succeed(1, "Test")
    pipeline.start()
    pipeline.fail(2, "Lint"), pipeline.succeed(2, "Test")
    assert pipeline.running(2) == {"Lint"}


def test_a_stage_that_is_being_stopped_is_not_retried():
    pipeline = retrying()
    pipeline.stop(1)
    fail_once(pipeline)
    assert pipeline.state(1) is ExecutionState.STOPPED


def test_all_actions_asks_the_entry_again():
    guards = Guards(before_entry=(Result.FAIL, ("Window",)), result=Result.RETRY, retry_mode=RetryMode.ALL_ACTIONS)
    pipeline = Pipeline(STAGES, guards={"Build": guards})
    pipeline.start()
    pipeline.pass_rules(1, "Window")
    fail_once(pipeline)
    assert (pipeline.rules(1), pipeline.running(1)) == ({"Window"}, set())


def test_parallel_executions_are_retried_too():
    pipeline = retrying(pipeline_mode=Mode.PARALLEL)
    fail_once(pipeline)
    assert pipeline.running(1) == {"Test"}
