"""Why executions wait, read from rows: each reason made by what really brings it about."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.executions.models import PipelineExecution
from apps.executions.services import stop_execution
from apps.executions.waits import Reason, list_waits, sentence, waits_of
from apps.jobs.models import Job, WorkerCall
from apps.jobs.services import claim_jobs, forget_calls, note_call
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.services import set_transition
from tests.executions.guarded import WINDOW, condition, make_guarded
from tests.factories import (
    APPROVAL,
    BY,
    NOW,
    first_execution,
    make_account,
    make_execution,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db
BENCH = "Build/Custom/Bench/1"


def reasons(pipeline, **moment):
    now = NOW + timedelta(**moment)
    return [[link.reason for link in wait.chain] for wait in waits_of(pipeline.account, pipeline.name, now=now)]


def close(pipeline, stage: str, side: str = "Inbound") -> None:
    set_transition(pipeline.account, pipeline.name, stage, side, enabled=False, by=BY, now=NOW, reason="Freeze")


def test_a_job_that_nobody_asks_for():
    pipeline = make_pipeline()
    make_execution(pipeline)
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.reason, wait.stage, wait.action, wait.subject) == (Reason.WORKER, "Build", "Make", BENCH)
    assert sentence(wait).startswith("No job worker has asked for ")
    note_call(pipeline.account, BENCH, by=BY, now=NOW - timedelta(minutes=14))
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.asked.at, wait.asked.by, wait.asked.is_late) == (NOW - timedelta(minutes=14), BY, True)
    note_call(pipeline.account, BENCH, by=BY, now=NOW - timedelta(seconds=70))
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.asked.at, wait.asked.is_late) == (NOW - timedelta(seconds=70), False)


def test_an_approval_with_its_expiry():
    pipeline = make_pipeline(stages={"Release": {APPROVAL: 1}})
    settle(first_execution(pipeline), "Fetch")
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.reason, wait.since, wait.until) == (Reason.APPROVAL, NOW, NOW + timedelta(days=7))


@pytest.mark.parametrize(("stage", "side"), [("Build", "Inbound"), ("Source", "Outbound")])
def test_a_closed_transition(stage, side):
    pipeline = make_pipeline()
    close(pipeline, stage, side)
    settle(first_execution(pipeline), "Fetch")
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.reason, wait.by, wait.note) == (Reason.TRANSITION, BY, "Freeze")


def test_a_stage_that_another_keeps_busy_and_what_that_one_waits_for():
    pipeline = make_pipeline(stages={"Release": {APPROVAL: 1}})
    settle(first_execution(pipeline), "Fetch")
    settle(start(pipeline), "Fetch")
    assert reasons(pipeline) == [[Reason.APPROVAL], [Reason.OCCUPIED, Reason.APPROVAL]]


def test_a_line_in_a_queued_pipeline():
    pipeline = make_pipeline(mode="QUEUED")
    for _ in range(3):
        start(pipeline)
    first, second, third, fourth = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert [wait.reason for wait in (first, second, third, fourth)] == [
        Reason.WORKER, Reason.OCCUPIED, Reason.QUEUE, Reason.QUEUE,
    ]  # fmt: skip
    assert (third.place, fourth.place, fourth.last) == (2, 3, first)


def test_a_condition_that_is_being_evaluated():
    pipeline = make_guarded(beforeEntry=condition("FAIL", WINDOW))
    settle(first_execution(pipeline), "Fetch")
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.reason, wait.action, wait.condition) == (Reason.CONDITION, "Window", "BEFORE_ENTRY")


def test_what_a_worker_holds_runs_and_what_was_cut_off_is_tried_again():
    pipeline = make_guarded(beforeEntry=condition("FAIL", WINDOW))
    settle(first_execution(pipeline), "Fetch")
    Job.objects.filter(performer="worker").update(crashes=1)
    (job,) = claim_jobs("here", limit=1, now=NOW)
    assert job.crashes == 1
    assert reasons(pipeline) == [[Reason.CONDITION]]


def test_one_that_waits_for_more_than_thirty_days():
    pipeline = make_pipeline()
    close(pipeline, "Build")
    settle(first_execution(pipeline), "Fetch")
    late = NOW + timedelta(days=31)
    set_transition(pipeline.account, pipeline.name, "Build", "Inbound", enabled=True, by=BY, now=late)
    assert reasons(pipeline, days=31) == [[Reason.STALE]]


def test_one_that_is_being_stopped():
    pipeline = make_pipeline()
    execution = make_execution(pipeline)
    stop_execution(pipeline.account, pipeline.name, execution.pk, abandon=False, reason="", by=BY, now=NOW)
    assert reasons(pipeline) == [[Reason.STOPPING, Reason.WORKER]]


def test_in_parallel_mode_each_waits_for_itself():
    pipeline = make_pipeline(mode="PARALLEL")
    start(pipeline)
    assert reasons(pipeline) == [[Reason.WORKER], [Reason.WORKER]]


def test_what_has_ended_waits_for_nothing():
    pipeline = make_pipeline()
    settle(make_execution(pipeline), "Make")
    assert reasons(pipeline) == []


def test_a_pipeline_of_another_account_is_not_found():
    with pytest.raises(PipelineNotFound):
        waits_of(make_account(), make_pipeline().name, now=NOW)


def queries_of(pipeline) -> int:
    with CaptureQueriesContext(connection) as captured:
        waits_of(pipeline.account, pipeline.name, now=NOW)
    return len(captured)


@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL"])
def test_the_number_of_queries_does_not_grow_with_what_is_in_flight(mode):
    pipeline = make_pipeline(mode=mode)
    make_execution(pipeline)
    start(pipeline)
    few = queries_of(pipeline)
    for _ in range(18):
        start(pipeline)
    assert PipelineExecution.objects.count() == 20
    assert queries_of(pipeline) == few <= 8


def test_pages_follow_each_other_while_executions_end():
    pipeline = make_pipeline(mode="PARALLEL")
    for _ in range(4):
        start(pipeline)
    account, name = pipeline.account, pipeline.name
    first = list_waits(account, name, now=NOW, size=2, token=None)
    settle(first_execution(pipeline), "Fetch")
    rest = list_waits(account, name, now=NOW, size=9, token=first.next_token)
    assert [wait.number for wait in (*first.rows, *rest.rows)] == [1, 2, 3, 4, 5]


def test_calls_of_job_workers_are_kept_to_the_minute(django_assert_num_queries):
    account = make_account()
    note_call(account, BENCH, by=BY, now=NOW)
    with django_assert_num_queries(0):
        note_call(account, BENCH, by=BY, now=NOW + timedelta(seconds=59))
    note_call(account, BENCH, by=f"{BY}-2", now=NOW + timedelta(seconds=60))
    forget_calls()  # as another process would
    note_call(account, BENCH, by=BY, now=NOW + timedelta(seconds=90))
    (row,) = WorkerCall.objects.for_account(account)
    assert (row.called_at, row.called_by) == (NOW + timedelta(seconds=90), BY)
