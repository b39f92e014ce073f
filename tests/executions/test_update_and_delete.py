from datetime import timedelta

import pytest

from apps.executions.models import PipelineExecution
from apps.jobs.models import Job
from apps.pipelines.errors import PipelineNotFound, StageNotFound
from apps.pipelines.models import Pipeline
from apps.pipelines.services import delete_pipeline, set_transition, update_pipeline
from tests.factories import (
    BY,
    NOW,
    attempt_at,
    first_execution,
    job_of,
    make_account,
    make_declaration,
    make_execution,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db


def update(pipeline: Pipeline, *, account=None, **members):
    return update_pipeline(
        account or pipeline.account, make_declaration(account or pipeline.account, **members), by=BY, now=NOW
    )


def gate(pipeline: Pipeline, stage: str, *, enabled: bool, side: str = "Inbound", account=None) -> None:
    account = account or pipeline.account
    set_transition(account, pipeline.name, stage, side, enabled=enabled, by=BY, now=NOW, reason="closed")


def states(pipeline: Pipeline) -> list[str]:
    rows = PipelineExecution.objects.filter(pipeline=pipeline).order_by("number")
    return list(rows.values_list("state", flat=True))


def test_an_update_lets_running_actions_finish_and_cancels_the_execution():
    """Shows CP-095."""
    execution = make_execution()
    assert update(execution.pipeline).version == 2
    assert states(execution.pipeline) == ["Cancelling"]
    settle(execution, "Make")
    assert (execution.state, execution.ended_at) == ("Cancelled", NOW)
    assert attempt_at(execution, "Make").state == "Succeeded"


def test_an_update_cancels_who_waits_at_once_and_starts_nothing():
    pipeline = make_pipeline()
    start(pipeline)
    update(pipeline)
    assert states(pipeline) == ["Cancelling", "Cancelled"]


def test_parallel_executions_end_by_the_version_that_they_started_with():
    """Shows CP-096."""
    execution = make_execution(make_pipeline(mode="PARALLEL"))
    update(execution.pipeline, stages={"Other": {"Thing": 1}}, mode="PARALLEL")
    settle(execution, "Make")
    assert (execution.state, execution.version) == ("Succeeded", 1)


def test_an_update_of_a_pipeline_of_another_account_finds_none():
    pipeline = make_pipeline()
    with pytest.raises(PipelineNotFound):
        update(pipeline, account=make_account("Umbrella"))
    pipeline.refresh_from_db()
    assert pipeline.version == 1


def test_deleting_gives_up_what_runs_and_hides_the_pipeline():
    execution = make_execution()
    job = job_of(execution, "Make")
    delete_pipeline(execution.account, "web", by=BY, now=NOW)
    job.refresh_from_db()
    assert (states(execution.pipeline), job.is_void) == (["Stopped"], True)
    with pytest.raises(PipelineNotFound):
        start(execution.pipeline)


def test_a_late_result_for_a_deleted_pipeline_is_taken():
    execution = make_execution()
    Job.objects.update(state="InProgress")
    delete_pipeline(execution.account, "web", by=BY, now=NOW)
    settle(execution, "Make")
    assert execution.state == "Stopped"


def test_a_new_pipeline_of_a_deleted_name_starts_afresh():
    pipeline = make_pipeline()
    start(pipeline)
    delete_pipeline(pipeline.account, "web", by=BY, now=NOW)
    again = make_pipeline(account=pipeline.account)
    assert (again.version, states(again)) == (1, ["InProgress"])


def test_deleting_what_is_not_there_or_not_yours_does_nothing():
    pipeline = make_pipeline()
    delete_pipeline(make_account("Umbrella"), "web", by=BY, now=NOW)
    delete_pipeline(pipeline.account, "none", by=BY, now=NOW)
    assert states(pipeline) == ["InProgress"]


def test_a_closed_transition_holds_and_opening_it_starts_the_jobs_at_once():
    pipeline = make_pipeline()
    gate(pipeline, "Build", enabled=False)
    settle(first_execution(pipeline), "Fetch")
    execution = first_execution(pipeline)
    assert (execution.stage, execution.waiting, execution.waiting_since) == ("Build", True, NOW)
    gate(pipeline, "Build", enabled=True)
    assert job_of(execution, "Make").state == "Queued"


@pytest.mark.parametrize(("waited_days", "enters"), [(30, True), (31, False)])
def test_thirty_days_of_waiting_are_the_most(waited_days, enters):
    """Shows CP-103."""
    pipeline = make_pipeline()
    gate(pipeline, "Build", enabled=False)
    settle(first_execution(pipeline), "Fetch")
    later = NOW + timedelta(days=waited_days)
    set_transition(pipeline.account, "web", "Build", "Inbound", enabled=True, by=BY, now=later)
    assert first_execution(pipeline).waiting is not enters


def test_closing_again_replaces_the_reason_and_a_stranger_closes_nothing():
    pipeline = make_pipeline()
    for reason in ("first", "second"):
        set_transition(pipeline.account, "web", "Build", "Inbound", enabled=False, by=BY, now=NOW, reason=reason)
    assert list(pipeline.transitions.values_list("reason", "enabled")) == [("second", False)]
    with pytest.raises(PipelineNotFound):
        gate(pipeline, "Build", enabled=True, account=make_account("Umbrella"))
    with pytest.raises(StageNotFound):
        gate(pipeline, "Nowhere", enabled=True)
    assert not pipeline.transitions.get().enabled


def test_a_gate_goes_with_its_stage_and_stays_with_one_that_stays():
    pipeline = make_pipeline(stages={"Build": {"Make": 1}, "Deploy": {"Ship": 1}}, mode="PARALLEL")
    for stage in ("Build", "Deploy"):
        gate(pipeline, stage, enabled=False)
    settle(first_execution(pipeline), "Fetch")
    shorter = make_declaration(pipeline.account, {"Deploy": {"Ship": 1}}, mode="PARALLEL")
    update_pipeline(pipeline.account, shorter, by=BY, now=NOW)
    assert list(pipeline.transitions.values_list("stage", flat=True)) == ["Deploy"]
    assert job_of(first_execution(pipeline), "Make").state == "Queued", "nobody could have let it in any more"
