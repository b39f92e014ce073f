from apps.executions.engine import ActionSettled, ExecutionState, Mode
from tests.executions.engine.driver import Pipeline

TWO_GROUPS = {"Build": {"Lint": 1, "Test": 1, "Pack": 5}, "Deploy": {"Ship": 1}}


def test_a_start_begins_every_action_of_the_lowest_run_order_at_once():
    pipeline = Pipeline(TWO_GROUPS)
    first = pipeline.start()
    assert pipeline.actions(first) == {"Lint": "InProgress", "Test": "InProgress"}


def test_the_next_group_waits_for_all_of_the_group_before_it():
    """Shows CP-081, CP-082; gaps in run orders are fine."""
    pipeline = Pipeline(TWO_GROUPS)
    first = pipeline.start()
    pipeline.succeed(first, "Test")
    assert pipeline.running(first) == {"Lint"}
    pipeline.succeed(first, "Lint")
    assert pipeline.running(first) == {"Pack"}


def test_a_stage_whose_actions_all_succeeded_hands_on_to_the_next():
    pipeline = Pipeline(TWO_GROUPS)
    first = pipeline.start()
    pipeline.succeed(first, "Lint", "Test", "Pack")
    assert (pipeline.view(first).stage, pipeline.running(first)) == ("Deploy", {"Ship"})
    assert pipeline.inside("Build") == []


def test_the_last_stage_ends_the_execution():
    pipeline = Pipeline(TWO_GROUPS)
    first = pipeline.start()
    pipeline.succeed(first, "Lint", "Test", "Pack")
    pipeline.succeed(first, "Ship")
    assert pipeline.state(first) is ExecutionState.SUCCEEDED
    assert pipeline.snapshot.executions == {}


def test_a_failure_lets_its_running_siblings_finish_and_starts_no_later_group():
    """Shows CP-083."""
    pipeline = Pipeline(TWO_GROUPS)
    first = pipeline.start()
    pipeline.fail(first, "Lint")
    assert pipeline.state(first) is ExecutionState.IN_PROGRESS
    assert pipeline.actions(first) == {"Lint": "Failed", "Test": "InProgress"}
    pipeline.succeed(first, "Test")
    assert pipeline.state(first) is ExecutionState.FAILED
    assert pipeline.actions(first) == {"Lint": "Failed", "Test": "Succeeded"}


def test_a_word_about_an_action_that_has_settled_changes_nothing():
    pipeline = Pipeline(TWO_GROUPS)
    first = pipeline.start()
    pipeline.succeed(first, "Lint")
    standing = pipeline.snapshot
    pipeline.fail(first, "Lint")
    assert (pipeline.effects, pipeline.snapshot) == ((), standing)


def test_a_word_about_an_action_of_an_earlier_stage_changes_nothing():
    pipeline = Pipeline({"Build": {"Go": 1}, "Deploy": {"Go": 1}})
    first = pipeline.start()
    late = pipeline.view(first).stage
    pipeline.succeed(first, "Go")
    standing = pipeline.snapshot
    pipeline.take(ActionSettled(pipeline.view(first).id, late, "Go", succeeded=False))
    assert (pipeline.effects, pipeline.snapshot) == ((), standing)


def test_in_parallel_mode_at_most_five_actions_of_an_execution_run_at_once():
    """Shows CP-091."""
    pipeline = Pipeline({"Build": {f"A{number}": 1 for number in range(7)}}, Mode.PARALLEL)
    first = pipeline.start()
    assert pipeline.running(first) == {"A0", "A1", "A2", "A3", "A4"}
    pipeline.succeed(first, "A3")
    assert pipeline.running(first) == {"A0", "A1", "A2", "A4", "A5"}
    pipeline.succeed(first, "A0", "A1", "A2", "A4", "A5", "A6")
    assert pipeline.state(first) is ExecutionState.SUCCEEDED


def test_in_the_other_modes_a_group_has_no_such_limit():
    pipeline = Pipeline({"Build": {f"A{number}": 1 for number in range(7)}}, Mode.QUEUED)
    assert len(pipeline.running(pipeline.start())) == 7
