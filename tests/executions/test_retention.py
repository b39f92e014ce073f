"""What is forgotten after its time, and what stays: whatever runs, what a page shows, where a rollback may go."""

from datetime import timedelta
from io import BytesIO

import pytest

from apps.artifacts.models import StoredObject
from apps.artifacts.services import put_object
from apps.artifacts.store import current_store
from apps.events.models import Event
from apps.executions.engine import ExecutionState
from apps.executions.models import ActionExecution, Chore, PipelineExecution, StageExecution
from apps.executions.services.retention import forget_batch, forget_old_executions, past_their_time, rollback_targets
from apps.jobs.models import Job, LogChunk
from apps.jobs.services import append_log
from tests.factories import NOW, attempt_at, first_execution, make_account, make_pipeline, settle, start

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=367)
EARLIER = NOW + timedelta(days=365)


def ended(pipeline, execution=None) -> PipelineExecution:
    """Return an execution that has succeeded in both stages."""
    execution = execution or start(pipeline)
    settle(execution, "Fetch")
    settle(execution, "Make")
    execution.refresh_from_db()
    return execution


def failed(pipeline) -> PipelineExecution:
    execution = start(pipeline)
    settle(execution, "Fetch")
    settle(execution, "Make", succeeded=False)
    return execution


def numbers(pipeline) -> list[int]:
    return sorted(PipelineExecution.objects.filter(pipeline=pipeline).values_list("number", flat=True))


def blobs() -> set[str]:
    return set(current_store().names(older_than=NOW + timedelta(days=9999)))


@pytest.fixture
def pipeline():
    """A pipeline with three executions that succeeded, of which the last stays."""
    made = make_pipeline()
    ended(made, first_execution(made))
    ended(made)
    ended(made)
    return made


def test_what_ended_long_ago_is_forgotten_and_the_latest_stays(pipeline):
    assert forget_old_executions(now=LATER) == 2
    assert numbers(pipeline) == [3]


def test_nothing_is_forgotten_before_its_time(pipeline):
    assert forget_old_executions(now=EARLIER) == 0
    assert numbers(pipeline) == [1, 2, 3]


def test_nothing_is_forgotten_where_the_operator_keeps_all(pipeline, settings):
    settings.RETENTION_DAYS = 0
    assert forget_old_executions(now=NOW + timedelta(days=9999)) == 0
    assert not Chore.objects.exists()


def test_the_time_is_a_setting(pipeline, settings):
    settings.RETENTION_DAYS = 30
    assert forget_old_executions(now=NOW + timedelta(days=31)) == 2


def test_the_last_that_succeeded_stays_however_many_failed_since(pipeline):
    for _ in range(3):
        failed(pipeline)
    assert forget_old_executions(now=LATER) == 4
    assert numbers(pipeline) == [3, 6]  # where a rollback may go, and what the stage shows


def test_what_runs_or_waits_stays_however_old(pipeline):
    running = start(pipeline)
    settle(running, "Fetch")
    start(pipeline)
    assert forget_old_executions(now=LATER) == 2
    assert numbers(pipeline) == [3, 4, 5]
    assert set(PipelineExecution.objects.filter(number__gt=3).values_list("state", flat=True)) == {"InProgress"}


@pytest.mark.parametrize("state", sorted(ExecutionState))
def test_only_what_has_ended_is_looked_at(pipeline, state):
    unended = ("InProgress", "Stopping", "Abandoning", "Cancelling")
    PipelineExecution.objects.filter(number=1).update(state=state, ended_at=None if state in unended else NOW)
    found = past_their_time(pipeline.account, LATER, frozenset()).values_list("number", flat=True)
    assert (1 in found) == (state not in unended)


def test_what_a_rollback_went_to_stays_as_long_as_the_rollback(pipeline):
    first, second = (PipelineExecution.objects.get(number=number) for number in (1, 2))
    PipelineExecution.objects.filter(pk=second.pk).update(rollback_target=first.pk, type="ROLLBACK")
    assert forget_old_executions(now=LATER) == 1
    assert numbers(pipeline) == [1, 3]
    assert forget_old_executions(now=LATER + timedelta(hours=1)) == 1
    assert numbers(pipeline) == [3]


def test_of_a_deleted_pipeline_nothing_is_needed(pipeline):
    pipeline.deleted_at = NOW
    pipeline.save()
    assert forget_old_executions(now=LATER) == 3


def test_logs_jobs_attempts_and_bytes_go_with_it_and_those_of_others_stay(pipeline):
    account = pipeline.account
    for number in (1, 3):
        attempt = attempt_at(PipelineExecution.objects.get(number=number), "Make")
        append_log(account, attempt.pk, start=0, content=b"hello", now=NOW)
        key = f"web/Site/{number}"
        put_object(account, account.artifact_bucket, key, BytesIO(b"bytes"))
        attempt.output_artifacts = [{"name": "Site", "bucket": account.artifact_bucket, "key": key}]
        attempt.save()
    events = Event.objects.count()
    forget_old_executions(now=LATER)
    kept = attempt_at(PipelineExecution.objects.get(number=3), "Make")
    assert set(LogChunk.objects.values_list("action_execution_id", flat=True)) == {kept.pk}
    assert StoredObject.objects.get().key == "web/Site/3"
    assert set(Job.objects.values_list("action_execution_id", flat=True)) == set(
        ActionExecution.objects.values_list("pk", flat=True)
    )
    assert StageExecution.objects.count() == 2
    assert Event.objects.count() == events


def test_bytes_go_once_the_rows_are_gone_for_good(pipeline, django_capture_on_commit_callbacks):
    account = pipeline.account
    attempt = attempt_at(PipelineExecution.objects.get(number=1), "Make")
    blob = put_object(account, account.artifact_bucket, "web/Site/1", BytesIO(b"bytes")).blob
    attempt.output_artifacts = [{"name": "Site", "bucket": account.artifact_bucket, "key": "web/Site/1"}]
    attempt.save()
    with django_capture_on_commit_callbacks() as callbacks:
        forget_batch(account, LATER, rollback_targets(account))
    assert blob in blobs()
    for callback in callbacks:
        callback()
    assert blob not in blobs()


def test_batches_are_small_and_a_run_takes_as_many_as_it_needs(pipeline):
    for _ in range(5):
        ended(pipeline)
    targets = rollback_targets(pipeline.account)
    assert forget_batch(pipeline.account, LATER, targets, size=3) == 3
    assert numbers(pipeline) == [4, 5, 6, 7, 8]
    assert forget_old_executions(now=LATER, size=3) == 4


def test_a_run_that_is_full_leaves_the_rest_for_the_next_one(pipeline):
    moments = [LATER + timedelta(hours=hour) for hour in range(3)]
    assert [forget_old_executions(now=moment, size=1, most=1) for moment in moments] == [1, 1, 0]


def test_one_process_an_hour_does_it_however_many_try(pipeline):
    ended(pipeline)
    assert [forget_old_executions(now=LATER) for _ in range(3)] == [3, 0, 0]
    ended(pipeline)
    assert forget_old_executions(now=LATER + timedelta(minutes=54)) == 0
    assert forget_old_executions(now=LATER + timedelta(minutes=56)) == 1
    assert Chore.objects.count() == 1


def test_another_accounts_rows_are_its_own(pipeline):
    other = make_pipeline(account=make_account(), name="theirs")
    ended(other, first_execution(other))
    assert forget_batch(other.account, LATER, rollback_targets(other.account)) == 0
    assert numbers(pipeline) == [1, 2, 3]
