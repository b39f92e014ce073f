from uuid import uuid4

import pytest

from apps.executions.errors import DuplicateStopRequest, ExecutionNotStoppable
from apps.executions.models import PipelineExecution
from apps.executions.services import stop_execution
from apps.jobs.models import Job
from apps.pipelines.errors import PipelineNotFound
from tests.factories import BY, NOW, attempt_at, job_of, make_account, make_execution, make_pipeline, settle, start

pytestmark = pytest.mark.django_db


def stop(execution: PipelineExecution, *, abandon: bool = False, **replaced) -> PipelineExecution:
    facts = {"account": execution.account, "pipeline_name": execution.pipeline.name, "execution_id": execution.pk}
    return stop_execution(**facts | replaced, abandon=abandon, reason="enough", by=BY, now=NOW)


def test_stop_and_wait_lets_the_running_action_finish():
    execution = make_execution()
    assert stop(execution).state == "Stopping"
    settle(execution, "Make")
    assert (execution.state, execution.stop_reason, execution.ended_at) == ("Stopped", "enough", NOW)
    assert attempt_at(execution, "Make").state == "Succeeded"


def test_stop_and_abandon_voids_the_jobs_of_its_actions():
    execution = make_execution()
    assert stop(execution, abandon=True).state == "Stopped"
    assert attempt_at(execution, "Make").state == "Abandoned"
    assert job_of(execution, "Make").is_void


def test_a_late_result_of_an_abandoned_action_is_taken_and_changes_nothing():
    """Shows INV-10."""
    execution = make_execution()
    Job.objects.update(state="InProgress")
    stop(execution, abandon=True)
    settle(execution, "Make")
    assert execution.state == "Stopped"
    assert attempt_at(execution, "Make").state == "Abandoned"
    assert job_of(execution, "Make").state == "Succeeded"


def test_a_second_stop_and_wait_is_refused_and_keeps_the_first_reason():
    execution = make_execution()
    stop(execution)
    with pytest.raises(DuplicateStopRequest):
        stop(execution)


def test_abandoning_after_stop_and_wait_is_taken():
    execution = make_execution()
    stop(execution)
    assert stop(execution, abandon=True).state == "Stopped"


def test_an_execution_that_ended_cannot_be_stopped():
    execution = make_execution()
    settle(execution, "Make")
    with pytest.raises(ExecutionNotStoppable, match="has ended or does not exist"):
        stop(execution)


def test_an_unknown_execution_and_one_of_another_pipeline_look_the_same():
    execution = make_execution()
    other = make_pipeline(account=execution.account, name="api")
    for execution_id in (uuid4(), start(other).pk):
        with pytest.raises(ExecutionNotStoppable):
            stop(execution, execution_id=execution_id)


@pytest.mark.parametrize("abandon", [False, True])
def test_a_stranger_finds_no_pipeline(abandon):
    execution = make_execution()
    with pytest.raises(PipelineNotFound):
        stop(execution, abandon=abandon, account=make_account("Umbrella"))
    execution.refresh_from_db()
    assert execution.state == "InProgress"


def test_a_parallel_execution_is_stopped_alone():
    pipeline = make_pipeline(mode="PARALLEL")
    first, second = make_execution(pipeline), make_execution(pipeline)
    stop(first, abandon=True)
    second.refresh_from_db()
    assert (attempt_at(second, "Make").state, second.state) == ("InProgress", "InProgress")
