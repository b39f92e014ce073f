"""Why executions wait, read from rows: each reason made by what really brings it about."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.actions.models import ThirdPartyActionType, ThirdPartyClient
from apps.executions.models import ActionExecution, PipelineExecution
from apps.executions.services import decide_approval, stop_execution
from apps.executions.waits import Reason, list_waits, sentence, waits_of
from apps.jobs.models import Job, WorkerCall
from apps.jobs.services import claim_jobs, forget_calls, note_call
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.services import set_approval_rule, set_transition
from tests.executions.guarded import WINDOW, condition, make_guarded
from tests.factories import (
    APPROVAL,
    BY,
    NOW,
    attempt_at,
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


def test_an_approval_of_several_people_says_how_many_have_given_it():
    execution = make_execution(make_pipeline(stages={"Release": {APPROVAL: 1}}), at="Release")
    pipeline, token = execution.pipeline, attempt_at(execution, APPROVAL).pk
    set_approval_rule(pipeline.account, "web", needed=3, not_the_starter=False, by=BY, now=NOW)
    place = (pipeline.account, "web", "Release", APPROVAL)
    decide_approval(*place, token=token, approved=True, summary="", by=BY, now=NOW)
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.place, wait.most) == (1, 3)
    assert sentence(wait) == "Release waits for the approval “Approve”: 1 of 3 given."


@pytest.mark.parametrize("polled_by", ["publisher", "named"])
def test_when_a_publishers_job_worker_asked_last_is_told_without_its_name(polled_by):
    publisher, named, other = make_account("Publisher"), make_account("Named"), make_account("Other")
    executor = {"type": "JobWorker", "configuration": {"jobWorkerExecutorConfiguration": {}}}
    executor["configuration"]["jobWorkerExecutorConfiguration"]["pollingAccounts"] = [named.number]
    type_of = {"account": publisher, "category": "Deploy", "provider": "Ship", "version": "1"}
    kept = ThirdPartyActionType.objects.create(
        **type_of, definition={"executor": executor}, created_at=NOW, updated_at=NOW
    )
    pipeline = make_pipeline()
    execution = make_execution(pipeline)
    client = ThirdPartyClient.objects.create(
        account=pipeline.account, action_type=kept, sealed_token="x", created_at=NOW
    )
    Job.objects.filter(action_execution_id=attempt_at(execution, "Make").pk).update(
        client=client, action_type=str(kept)
    )
    ActionExecution.objects.filter(pk=attempt_at(execution, "Make").pk).update(action_type=str(kept))
    note_call(other, str(kept), by=BY, now=NOW)  # who may not take its jobs
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.reason, wait.asked) == (Reason.WORKER, None)
    note_call({"publisher": publisher, "named": named}[polled_by], str(kept), by=BY, now=NOW - timedelta(minutes=14))
    (wait,) = waits_of(pipeline.account, pipeline.name, now=NOW)
    assert (wait.asked.at, wait.asked.by, wait.asked.is_late) == (NOW - timedelta(minutes=14), "", True)
    assert "its publisher's job worker was the last" in sentence(wait)
    assert "tests" not in sentence(wait)
