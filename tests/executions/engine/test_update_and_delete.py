"""What a new definition, or none any more, does to executions in flight. Source: reference sections 4.3 and 4.4."""

import pytest

from apps.executions.engine import ActionState, ExecutionState, Mode, MoveAction, StageState
from tests.executions.engine.driver import APPROVAL, Pipeline

STAGES = {"Build": {"Lint": 1, "Test": 1, "Pack": 2}, "Deploy": {"Ship": 1}}
locking = pytest.mark.parametrize("mode", [Mode.SUPERSEDED, Mode.QUEUED])


@locking
def test_running_actions_finish_and_then_the_execution_is_cancelled(mode):
    """Shows CP-095."""
    pipeline = Pipeline(STAGES, mode)
    pipeline.start()
    pipeline.update()
    assert (pipeline.state(1), pipeline.view(1).stage_state) == (ExecutionState.CANCELLING, StageState.CANCELLING)
    pipeline.succeed(1, "Lint")
    pipeline.succeed(1, "Test")
    assert (pipeline.state(1), pipeline.view(1).stage_state) == (ExecutionState.CANCELLED, StageState.CANCELLED)
    assert pipeline.actions(1) == {"Lint": "Succeeded", "Test": "Succeeded"}


@locking
def test_who_waits_is_cancelled_at_once(mode):
    pipeline = Pipeline(STAGES, mode)
    pipeline.start(), pipeline.start()
    pipeline.update()
    assert (pipeline.state(2), pipeline.waiting("Build")) == (ExecutionState.CANCELLED, [])


def test_one_that_is_being_stopped_is_cancelled_instead():
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.stop(1)
    pipeline.update()
    pipeline.fail(1, "Lint", "Test")
    assert pipeline.state(1) is ExecutionState.CANCELLED


def test_a_second_update_changes_nothing_about_one_that_is_being_cancelled():
    pipeline = Pipeline(STAGES)
    pipeline.start()
    pipeline.update()
    pipeline.update()
    assert (pipeline.effects, pipeline.state(1)) == ((), ExecutionState.CANCELLING)


def test_an_approval_is_void_and_its_action_failed():
    pipeline = Pipeline({"Gate": {APPROVAL: 1, "Test": 1}})
    pipeline.start()
    pipeline.update()
    told = [(effect.action, effect.state) for effect in pipeline.effects if isinstance(effect, MoveAction)]
    assert told == [(APPROVAL, ActionState.FAILED)]
    assert pipeline.actions(1) == {APPROVAL: "Failed", "Test": "InProgress"}


def test_with_nothing_but_an_approval_running_the_execution_is_cancelled_at_once():
    pipeline = Pipeline({"Gate": {APPROVAL: 1}})
    pipeline.start()
    pipeline.update()
    assert pipeline.state(1) is ExecutionState.CANCELLED


def test_parallel_executions_go_on_by_their_own_version():
    """Shows CP-096."""
    pipeline = Pipeline(STAGES, Mode.PARALLEL)
    pipeline.start()
    pipeline.update({"Build": {"Other": 1}})
    assert (pipeline.effects, pipeline.state(1)) == ((), ExecutionState.IN_PROGRESS)
    pipeline.succeed(1, "Lint", "Test", "Pack")
    assert pipeline.running(1) == {"Ship"}
    second = pipeline.start()
    assert pipeline.running(second) == {"Other"}


@locking
def test_becoming_parallel_cancels_what_is_in_flight(mode):
    pipeline = Pipeline(STAGES, mode)
    pipeline.start()
    pipeline.update(mode=Mode.PARALLEL)
    assert pipeline.state(1) is ExecutionState.CANCELLING


@locking
def test_executions_from_before_the_mode_changed_run_in_parallel_to_the_end(mode):
    pipeline = Pipeline(STAGES, Mode.PARALLEL)
    pipeline.start(), pipeline.start()
    pipeline.update(mode=mode)
    third = pipeline.start()
    assert pipeline.inside("Build") == [1, 2, third]
    assert pipeline.waiting("Build") == []
    fourth = pipeline.start()
    assert pipeline.waiting("Build") == [fourth]


@locking
def test_the_new_definition_waits_for_the_old_to_leave_the_stage(mode):
    pipeline = Pipeline(STAGES, mode)
    pipeline.start()
    pipeline.update()
    second = pipeline.start()
    assert pipeline.waiting("Build") == [second]
    pipeline.succeed(1, "Lint", "Test")
    assert pipeline.inside("Build") == [second]


@pytest.mark.parametrize("mode", list(Mode))
def test_deleting_gives_up_everything_in_flight_at_once(mode):
    pipeline = Pipeline(STAGES, mode)
    for _ in range(3):
        pipeline.start()
    pipeline.stop(1)
    pipeline.delete()
    assert pipeline.snapshot.executions == {}
    assert set(pipeline.actions(1).values()) == {"Abandoned"}
    ended = {ExecutionState.STOPPED, ExecutionState.SUPERSEDED}
    assert {pipeline.state(number) for number in (1, 2, 3)} <= ended
