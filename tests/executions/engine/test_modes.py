"""Who waits, who enters, who is superseded. Source: reference sections 5.6 and 5.7."""

import pytest

from apps.executions.engine import ExecutionState, Mode, MoveExecution
from tests.executions.engine.driver import Pipeline

TWO = {"Build": {"Make": 1}, "Deploy": {"Ship": 1}}


@pytest.fixture
def superseding() -> Pipeline:
    return Pipeline(TWO, Mode.SUPERSEDED)


@pytest.fixture
def queued() -> Pipeline:
    return Pipeline(TWO, Mode.QUEUED)


@pytest.fixture
def parallel() -> Pipeline:
    return Pipeline(TWO, Mode.PARALLEL)


def test_a_second_execution_waits_while_the_stage_is_locked(superseding):
    """Shows CP-084."""
    first, second = superseding.start(), superseding.start()
    assert (superseding.inside("Build"), superseding.waiting("Build")) == ([first], [second])
    assert superseding.actions(second) == {}


def test_a_third_supersedes_the_one_that_waits_and_is_named_as_its_successor(superseding):
    """Shows CP-085."""
    _, second, third = superseding.start(), superseding.start(), superseding.start()
    assert superseding.state(second) is ExecutionState.SUPERSEDED
    assert superseding.waiting("Build") == [third]
    move = next(effect for effect in superseding.effects if isinstance(effect, MoveExecution))
    assert move.superseded_by == superseding.view(third).id


def test_an_execution_inside_a_stage_is_never_superseded(superseding):
    """Shows CP-086."""
    first = superseding.start()
    for _ in range(4):
        superseding.start()
    assert superseding.state(first) is ExecutionState.IN_PROGRESS
    assert superseding.running(first) == {"Make"}


def test_superseding_happens_between_stages_too(superseding):
    first = superseding.start()
    superseding.succeed(first, "Make")
    second = superseding.start()
    superseding.succeed(second, "Make")
    assert superseding.waiting("Deploy") == [second]
    third = superseding.start()
    superseding.succeed(third, "Make")
    assert superseding.state(second) is ExecutionState.SUPERSEDED
    superseding.succeed(first, "Ship")
    assert superseding.inside("Deploy") == [third]


def test_one_that_leaves_a_stage_lets_the_waiter_in(superseding):
    first, second = superseding.start(), superseding.start()
    superseding.succeed(first, "Make")
    assert (superseding.inside("Deploy"), superseding.inside("Build")) == ([first], [second])


@pytest.mark.parametrize("mode", [Mode.SUPERSEDED, Mode.QUEUED])
def test_a_failed_stage_is_free_for_the_next_waiter(mode):
    """Shows CP-094."""
    pipeline = Pipeline(TWO, mode)
    first, second = pipeline.start(), pipeline.start()
    pipeline.fail(first, "Make")
    assert pipeline.state(first) is ExecutionState.FAILED
    assert pipeline.running(second) == {"Make"}


def test_a_queue_is_served_in_the_order_of_starts_and_supersedes_nobody(queued):
    """Shows CP-088, CP-089."""
    first, second, third = queued.start(), queued.start(), queued.start()
    assert queued.waiting("Build") == [second, third]
    for execution in (first, second, third):
        assert queued.inside("Build") == [execution]
        queued.succeed(execution, "Make")
        queued.succeed(execution, "Ship")
        assert queued.state(execution) is ExecutionState.SUCCEEDED


def test_a_queue_keeps_its_order_at_every_stage(queued):
    executions = [queued.start() for _ in range(3)]
    for execution in executions:
        queued.succeed(execution, "Make")
    assert (queued.inside("Deploy"), queued.waiting("Deploy")) == ([1], [2, 3])
    queued.fail(1, "Ship")
    assert (queued.inside("Deploy"), queued.waiting("Deploy")) == ([2], [3])


def test_parallel_executions_are_in_one_stage_together(parallel):
    """Shows CP-090."""
    first, second = parallel.start(), parallel.start()
    assert parallel.inside("Build") == [first, second]
    parallel.succeed(second, "Make")
    assert (parallel.inside("Build"), parallel.inside("Deploy")) == ([first], [second])


def test_parallel_executions_end_each_on_its_own(parallel):
    first, second = parallel.start(), parallel.start()
    parallel.fail(first, "Make")
    parallel.succeed(second, "Make")
    parallel.succeed(second, "Ship")
    assert [parallel.state(first), parallel.state(second)] == [ExecutionState.FAILED, ExecutionState.SUCCEEDED]
