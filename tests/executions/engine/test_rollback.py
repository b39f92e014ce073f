"""Rollbacks, asked for and by themselves, with what the engine refuses. Source: reference section 5.12."""

import pytest

from apps.executions.engine import CannotRollBack, ExecutionState, Mode, Result, RetryMode, StageState
from tests.executions.engine.driver import Guards, Pipeline

STAGES = {"Build": {"Make": 1}, "Ship": {"Send": 1}, "Tell": {"Mail": 1}}


@pytest.fixture
def shipped() -> Pipeline:
    """The first execution is through."""
    return through(Pipeline(STAGES))


def through(pipeline: Pipeline) -> Pipeline:
    pipeline.start()
    for action in ("Make", "Send", "Mail"):
        pipeline.succeed(1, action)
    return pipeline


def test_a_rollback_runs_only_its_stage(shipped):
    """Shows CP-117."""
    rollback = shipped.roll_back("Ship")
    assert shipped.running(rollback) == {"Send"}
    shipped.succeed(rollback, "Send")
    assert (shipped.state(rollback), shipped.waiting("Tell")) == (ExecutionState.SUCCEEDED, [])


def test_a_rollback_locks_its_stage(shipped):
    rollback = shipped.roll_back("Ship")
    second = shipped.start()
    shipped.succeed(second, "Make")
    assert (shipped.inside("Ship"), shipped.waiting("Ship")) == ([rollback], [second])


def test_a_rollback_passes_waiting_executions_and_closed_transitions(shipped):
    shipped.close("Ship")
    second = shipped.start()
    shipped.succeed(second, "Make")
    rollback = shipped.roll_back("Ship")
    assert (shipped.inside("Ship"), shipped.waiting("Ship")) == ([rollback], [second])


def test_a_rollback_is_refused_while_the_stage_runs(shipped):
    """Shows CP-120."""
    second = shipped.start()
    shipped.succeed(second, "Make")
    with pytest.raises(CannotRollBack, match="in progress"):
        shipped.roll_back("Ship")


def test_the_first_stage_is_not_rolled_back(shipped):
    with pytest.raises(CannotRollBack, match="sources"):
        shipped.roll_back("Build")


def test_a_parallel_pipeline_is_not_rolled_back():
    pipeline = through(Pipeline(STAGES, Mode.PARALLEL))
    with pytest.raises(CannotRollBack, match="PARALLEL"):
        pipeline.roll_back("Ship")


def test_a_failed_rollback_can_be_retried(shipped):
    rollback = shipped.roll_back("Ship")
    shipped.fail(rollback, "Send")
    shipped.retry(rollback, "Ship", RetryMode.ALL_ACTIONS)
    shipped.succeed(rollback, "Send")
    assert shipped.state(rollback) is ExecutionState.SUCCEEDED


def test_a_rollback_can_be_stopped(shipped):
    rollback = shipped.roll_back("Ship")
    shipped.stop(rollback, abandon=True)
    assert shipped.state(rollback) is ExecutionState.STOPPED


# By itself


@pytest.fixture
def guarded() -> Pipeline:
    """The first execution is through; the second is in Ship, which rolls back by itself."""
    pipeline = through(Pipeline(STAGES, guards={"Ship": Guards(result=Result.ROLLBACK)}))
    pipeline.start()
    pipeline.succeed(2, "Make")
    return pipeline


def test_a_failed_stage_is_rolled_back_and_the_execution_stays_failed(guarded):
    """Shows CP-122."""
    guarded.fail(2, "Send")
    assert guarded.state(2) is ExecutionState.FAILED
    assert (guarded.inside("Ship"), guarded.view(3).rollback) == ([3], True)


def test_no_waiting_execution_slips_in_before_the_rollback(guarded):
    guarded.start()
    guarded.succeed(3, "Make")
    assert guarded.waiting("Ship") == [3]
    guarded.fail(2, "Send")
    assert (guarded.inside("Ship"), guarded.waiting("Ship")) == ([4], [3])


def test_without_an_earlier_success_the_stage_just_fails_and_the_next_one_enters():
    """Shows CP-121."""
    pipeline = Pipeline(STAGES, guards={"Ship": Guards(result=Result.ROLLBACK)})
    pipeline.start()
    pipeline.succeed(1, "Make")
    pipeline.start()
    pipeline.succeed(2, "Make")
    pipeline.fail(1, "Send")
    assert pipeline.state(1) is ExecutionState.FAILED
    assert pipeline.inside("Ship") == [2]


def test_a_failing_rollback_brings_about_no_other(guarded):
    guarded.fail(2, "Send")
    guarded.fail(3, "Send")
    assert (guarded.state(3), guarded.inside("Ship")) == (ExecutionState.FAILED, [])


def test_the_first_stage_is_never_rolled_back_by_itself():
    pipeline = through(Pipeline(STAGES, guards={"Build": Guards(result=Result.ROLLBACK)}))
    pipeline.start()
    pipeline.fail(2, "Make")
    assert (pipeline.state(2), pipeline.inside("Build")) == (ExecutionState.FAILED, [])


def test_a_stage_that_is_being_stopped_is_not_rolled_back(guarded):
    guarded.stop(2)
    guarded.fail(2, "Send")
    assert (guarded.stage_state(2), guarded.inside("Ship")) == (StageState.STOPPED, [])
