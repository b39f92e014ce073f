import pytest

from apps.executions.errors import NotLatestExecution, StageNotRetryable, TooManyExecutions
from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
from apps.executions.services import retry_stage, stop_execution
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import finish_job
from apps.pipelines.errors import PipelineNotFound, StageNotFound
from apps.pipelines.services import update_pipeline
from tests.factories import (
    BY,
    NOW,
    UNKNOWN,
    attempt_at,
    job_of,
    make_account,
    make_declaration,
    make_execution,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db
PAIR = {"Build": {"Lint": 1, "Test": 1}, "Ship": {"Send": 1}}
both = pytest.mark.parametrize("mode", ["FAILED_ACTIONS", "ALL_ACTIONS"])


def failed(**members) -> PipelineExecution:
    """Return an execution whose Build failed by Test; Lint succeeded."""
    execution = make_execution(make_pipeline(stages=PAIR, **members))
    settle(execution, "Test", succeeded=False)
    settle(execution, "Lint")
    assert execution.state == "Failed"
    return execution


def retry(execution: PipelineExecution, mode: str = "FAILED_ACTIONS", **replaced) -> PipelineExecution:
    facts = {
        "account": execution.account,
        "pipeline_name": execution.pipeline.name,
        "stage": "Build",
        "execution_id": execution.pk,
    } | replaced
    return retry_stage(*facts.values(), mode=mode, by=BY, now=NOW)


def test_the_failed_action_is_tried_again_by_the_same_execution_as_a_new_attempt():
    """Shows CP-109."""
    execution = failed()
    first = attempt_at(execution, "Test")
    assert retry(execution).pk == execution.pk
    second = attempt_at(execution, "Test")
    assert (second.attempt, second.state, second.pk != first.pk) == (2, "InProgress", True)
    assert ActionExecution.objects.filter(execution=execution, action="Lint").count() == 1


def test_all_actions_are_tried_again():
    execution = failed()
    retry(execution, "ALL_ACTIONS")
    assert {attempt_at(execution, name).attempt for name in ("Lint", "Test")} == {2}
    current = ActionExecution.objects.filter(execution=execution, stage="Build", is_current=True)
    assert {row.attempt for row in current} == {2}


def test_what_follows_a_retry_runs_as_usual():
    execution = failed()
    retry(execution)
    settle(execution, "Test")
    assert execution.stage == "Ship"
    settle(execution, "Send")
    assert (execution.state, execution.ended_at) == ("Succeeded", NOW)


def test_the_earlier_attempt_stays_in_the_history_as_it_was():
    execution = failed()
    before = attempt_at(execution, "Test")
    retry(execution)
    before.refresh_from_db()
    assert (before.state, before.error_message, before.is_current) == ("Failed", "It broke.", False)


def test_a_late_result_of_an_attempt_that_was_repeated_changes_nothing():
    """Shows INV-10."""
    execution = make_execution()
    old = job_of(execution, "Make")
    Job.objects.filter(pk=old.pk).update(state="InProgress")
    stop_execution(execution.account, "web", execution.pk, abandon=True, reason="", by=BY, now=NOW)
    retry(execution)
    finish_job(execution.account, old.pk, Outcome(succeeded=False), now=NOW)
    execution.refresh_from_db()
    assert (execution.state, attempt_at(execution, "Make").state) == ("InProgress", "InProgress")


def test_each_retry_is_counted():
    execution = failed()
    for _ in range(2):
        retry(execution)
        settle(execution, "Test", succeeded=False)
    stage = StageExecution.objects.get(execution=execution, stage="Build")
    assert (stage.manual_retries, stage.state) == (2, "Failed")
    assert attempt_at(execution, "Test").attempt == 3


@both
def test_a_succeeded_execution_is_not_retried(mode):
    """Shows CP-111."""
    execution = make_execution()
    settle(execution, "Make")
    with pytest.raises(StageNotRetryable):
        retry(execution, mode)


def test_all_actions_waits_for_siblings_that_run_and_failed_actions_does_not():
    """Shows CP-110."""
    execution = make_execution(make_pipeline(stages=PAIR))
    settle(execution, "Test", succeeded=False)
    with pytest.raises(StageNotRetryable):
        retry(execution, "ALL_ACTIONS")
    retry(execution)
    assert attempt_at(execution, "Lint").attempt == 1
    assert attempt_at(execution, "Test").attempt == 2


@both
def test_after_a_newer_execution_entered_the_stage_it_is_too_late(mode):
    """Shows CP-112."""
    execution = failed()
    make_execution(execution.pipeline)
    with pytest.raises(NotLatestExecution, match="a newer execution has entered it since"):
        retry(execution, mode)


@both
def test_after_an_update_it_is_too_late(mode):
    """Shows CP-113."""
    execution = failed()
    update_pipeline(execution.account, make_declaration(execution.account, PAIR), by=BY, now=NOW)
    with pytest.raises(StageNotRetryable, match="updated since"):
        retry(execution, mode)


def test_an_active_execution_too_many_is_refused(settings):
    settings.MOST_ACTIVE_EXECUTIONS = 1
    execution = failed(mode="PARALLEL")
    start(execution.pipeline)
    with pytest.raises(TooManyExecutions):
        retry(execution)


@pytest.mark.parametrize(
    ("replaced", "refusal"),
    [
        ({"stage": "Nowhere"}, StageNotFound),
        ({"pipeline_name": "none"}, PipelineNotFound),
        ({"execution_id": UNKNOWN}, StageNotRetryable),
        ({"stage": "Ship"}, StageNotRetryable),
        ({"stage": "Source"}, StageNotRetryable),
    ],
)
def test_what_is_not_there_is_not_retried(replaced, refusal):
    with pytest.raises(refusal):
        retry(failed(), **replaced)


def test_a_stranger_finds_no_pipeline():
    execution = failed()
    with pytest.raises(PipelineNotFound):
        retry(execution, account=make_account("Umbrella"))
    execution.refresh_from_db()
    assert execution.state == "Failed"


def test_an_execution_of_a_twin_pipeline_of_another_account_is_unknown_here():
    mine, theirs = failed(), failed(account=make_account("Umbrella"))
    with pytest.raises(StageNotRetryable):
        retry(mine, execution_id=theirs.pk)
