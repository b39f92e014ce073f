"""Stopping, in every combination. Source: reference section 5.10."""

from dataclasses import replace

import pytest

from apps.executions.engine import (
    ActionState,
    AlreadyStopping,
    ExecutionState,
    Mode,
    MoveAction,
    MoveExecution,
    NotStoppable,
    StageState,
    StopRequested,
    decide,
)
from tests.executions.engine.driver import Pipeline

PAIR = {"Build": {"Lint": 1, "Test": 1, "Pack": 2}, "Deploy": {"Ship": 1}}


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline(PAIR)
    pipeline.start()
    return pipeline


def test_stop_and_wait_lets_running_actions_finish_and_starts_none(pipeline):
    """Shows CP-104."""
    pipeline.stop(1)
    assert (pipeline.state(1), pipeline.view(1).stage_state) == (ExecutionState.STOPPING, StageState.STOPPING)
    pipeline.succeed(1, "Lint")
    assert pipeline.state(1) is ExecutionState.STOPPING
    pipeline.succeed(1, "Test")
    assert (pipeline.state(1), pipeline.view(1).stage_state) == (ExecutionState.STOPPED, StageState.STOPPED)
    assert pipeline.actions(1) == {"Lint": "Succeeded", "Test": "Succeeded"}


def test_an_action_that_fails_while_stopping_leads_to_stopped_and_not_to_failed(pipeline):
    pipeline.stop(1)
    pipeline.fail(1, "Lint", "Test")
    assert pipeline.state(1) is ExecutionState.STOPPED


def test_a_stopping_execution_keeps_its_stage_until_it_has_stopped(pipeline):
    pipeline.stop(1)
    second = pipeline.start()
    assert pipeline.waiting("Build") == [second]
    pipeline.succeed(1, "Lint", "Test")
    assert pipeline.inside("Build") == [second]


def test_stop_and_abandon_gives_up_running_actions_at_once(pipeline):
    """Shows CP-105."""
    pipeline.succeed(1, "Lint")
    pipeline.stop(1, abandon=True)
    assert pipeline.state(1) is ExecutionState.STOPPED
    assert pipeline.actions(1) == {"Lint": "Succeeded", "Test": "Abandoned"}
    told = [(effect.action, effect.state) for effect in pipeline.effects if isinstance(effect, MoveAction)]
    assert told == [("Test", ActionState.ABANDONED)]


def test_abandoning_is_told_before_the_end(pipeline):
    pipeline.stop(1, abandon=True)
    states = [effect.state for effect in pipeline.effects if isinstance(effect, MoveExecution)]
    assert states == [ExecutionState.ABANDONING, ExecutionState.STOPPED]


def test_a_second_stop_and_wait_is_refused(pipeline):
    """Shows CP-106."""
    pipeline.stop(1)
    with pytest.raises(AlreadyStopping):
        pipeline.stop(1)


def test_abandoning_after_stop_and_wait_is_taken(pipeline):
    """Shows CP-106."""
    pipeline.stop(1)
    pipeline.stop(1, abandon=True)
    assert pipeline.state(1) is ExecutionState.STOPPED
    assert set(pipeline.actions(1).values()) == {"Abandoned"}


@pytest.mark.parametrize("abandon", [False, True])
def test_an_execution_that_is_being_abandoned_is_being_stopped_already(pipeline, abandon):
    view = replace(pipeline.view(1), state=ExecutionState.ABANDONING, stage_state=StageState.STOPPING)
    with pytest.raises(AlreadyStopping):
        decide(replace(pipeline.snapshot, executions={view.id: view}), StopRequested(view.id, abandon))


@pytest.mark.parametrize("abandon", [False, True])
@pytest.mark.parametrize("ending", ["Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"])
def test_an_execution_that_has_ended_cannot_be_stopped(ending, abandon):
    """Shows CP-107."""
    pipeline = Pipeline({"Build": {"Make": 1}})
    {
        "Succeeded": lambda: pipeline.succeed(pipeline.start(), "Make"),
        "Failed": lambda: pipeline.fail(pipeline.start(), "Make"),
        "Stopped": lambda: pipeline.stop(pipeline.start(), abandon=True),
        "Superseded": lambda: [pipeline.close("Build"), pipeline.start(), pipeline.start()],
        "Cancelled": lambda: [pipeline.close("Build"), pipeline.start(), pipeline.update()],
    }[ending]()
    assert pipeline.state(1) == ending
    with pytest.raises(NotStoppable):
        pipeline.stop(1, abandon=abandon)


def test_an_execution_that_never_was_cannot_be_stopped(pipeline):
    with pytest.raises(NotStoppable):
        pipeline.stop(99)


@pytest.mark.parametrize("abandon", [False, True])
@pytest.mark.parametrize("mode", list(Mode))
def test_one_that_waits_is_stopped_at_once(mode, abandon):
    pipeline = Pipeline(PAIR, mode)
    pipeline.close("Build")
    pipeline.start()
    pipeline.stop(1, abandon=abandon)
    assert pipeline.state(1) is ExecutionState.STOPPED
    assert pipeline.waiting("Build") == []


@pytest.mark.parametrize(
    ("abandon", "state"), [(False, ExecutionState.STOPPING), (True, ExecutionState.STOPPED)], ids=["wait", "abandon"]
)
def test_one_that_is_being_cancelled_can_be_stopped_instead(pipeline, abandon, state):
    pipeline.update()
    pipeline.stop(1, abandon=abandon)
    assert pipeline.state(1) is state


def test_a_late_word_about_an_abandoned_action_changes_nothing(pipeline):
    pipeline.stop(1, abandon=True)
    pipeline.start()
    standing = pipeline.snapshot
    pipeline.succeed(1, "Test")
    assert (pipeline.effects, pipeline.snapshot) == ((), standing)
