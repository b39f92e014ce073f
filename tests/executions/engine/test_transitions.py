"""Closed transitions hold, open ones let through. Source: reference section 5.9."""

import pytest

from apps.executions.engine import ExecutionState, Mode, Side
from tests.executions.engine.driver import Pipeline

TWO = {"Build": {"Make": 1}, "Deploy": {"Ship": 1}}
BOTH_WAYS_TO_CLOSE = pytest.mark.parametrize(
    ("stage", "side"), [("Deploy", Side.INBOUND), ("Build", Side.OUTBOUND)], ids=["inbound", "outbound"]
)


@BOTH_WAYS_TO_CLOSE
@pytest.mark.parametrize("mode", list(Mode))
def test_a_closed_transition_holds_the_execution_after_the_stage_before(mode, stage, side):
    """Shows CP-097, CP-102."""
    pipeline = Pipeline(TWO, mode)
    pipeline.close(stage, side)
    first = pipeline.start()
    pipeline.succeed(first, "Make")
    assert (pipeline.waiting("Deploy"), pipeline.inside("Build")) == ([first], [])
    assert pipeline.actions(first) == {}


@BOTH_WAYS_TO_CLOSE
def test_opening_it_lets_the_waiting_execution_in(stage, side):
    """Shows CP-099."""
    pipeline = Pipeline(TWO)
    pipeline.close(stage, side)
    first = pipeline.start()
    pipeline.succeed(first, "Make")
    pipeline.open(stage, side)
    assert pipeline.running(first) == {"Ship"}


def test_both_sides_must_be_open():
    pipeline = Pipeline(TWO)
    pipeline.close("Build", Side.OUTBOUND)
    pipeline.close("Deploy", Side.INBOUND)
    first = pipeline.start()
    pipeline.succeed(first, "Make")
    pipeline.open("Deploy", Side.INBOUND)
    assert pipeline.waiting("Deploy") == [first]
    pipeline.open("Build", Side.OUTBOUND)
    assert pipeline.inside("Deploy") == [first]


def test_the_first_stage_can_be_closed_and_holds_new_executions():
    pipeline = Pipeline(TWO)
    pipeline.close("Build")
    first = pipeline.start()
    assert pipeline.waiting("Build") == [first]
    pipeline.open("Build")
    assert pipeline.running(first) == {"Make"}


def test_an_execution_past_a_closed_transition_goes_on():
    """Shows CP-101."""
    pipeline = Pipeline(TWO)
    first = pipeline.start()
    pipeline.succeed(first, "Make")
    pipeline.close("Deploy")
    pipeline.succeed(first, "Ship")
    assert pipeline.state(first) is ExecutionState.SUCCEEDED


def test_opening_lets_the_newest_in_when_executions_supersede():
    pipeline = Pipeline(TWO)
    pipeline.close("Deploy")
    for _ in range(2):
        pipeline.succeed(pipeline.start(), "Make")
    assert (pipeline.state(1), pipeline.waiting("Deploy")) == (ExecutionState.SUPERSEDED, [2])
    pipeline.open("Deploy")
    assert pipeline.inside("Deploy") == [2]


def test_opening_lets_the_oldest_in_when_executions_queue():
    pipeline = Pipeline(TWO, Mode.QUEUED)
    pipeline.close("Deploy")
    for _ in range(2):
        pipeline.succeed(pipeline.start(), "Make")
    pipeline.open("Deploy")
    assert (pipeline.inside("Deploy"), pipeline.waiting("Deploy")) == ([1], [2])


def test_opening_lets_all_in_when_executions_are_parallel():
    pipeline = Pipeline(TWO, Mode.PARALLEL)
    pipeline.close("Deploy")
    for _ in range(2):
        pipeline.succeed(pipeline.start(), "Make")
    pipeline.open("Deploy")
    assert pipeline.inside("Deploy") == [1, 2]


def test_who_has_waited_more_than_thirty_days_does_not_go_on_when_it_opens():
    """Shows CP-103."""
    pipeline = Pipeline(TWO)
    pipeline.close("Deploy")
    first = pipeline.start()
    pipeline.succeed(first, "Make")
    pipeline.grow_stale(first)
    pipeline.open("Deploy")
    assert (pipeline.waiting("Deploy"), pipeline.effects) == ([first], ())


def test_a_new_start_wakes_who_had_gone_stale():
    pipeline = Pipeline(TWO)
    pipeline.close("Deploy")
    first = pipeline.start()
    pipeline.succeed(first, "Make")
    pipeline.grow_stale(first)
    pipeline.open("Deploy")
    pipeline.start()
    assert pipeline.inside("Deploy") == [first]


def test_a_stale_head_holds_the_queue_behind_it():
    pipeline = Pipeline(TWO, Mode.QUEUED)
    pipeline.close("Build")
    first, second = pipeline.start(), pipeline.start()
    pipeline.grow_stale(first)
    pipeline.open("Build")
    assert pipeline.waiting("Build") == [first, second]


def test_looking_at_a_pipeline_at_rest_changes_nothing():
    pipeline = Pipeline(TWO)
    pipeline.start()
    standing = pipeline.snapshot
    pipeline.open("Deploy")
    assert (pipeline.effects, pipeline.snapshot) == ((), standing)
