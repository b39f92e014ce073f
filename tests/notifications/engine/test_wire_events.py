"""How a log entry is told to the outside: kinds, states, members. Source: reference section 10."""

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from apps.notifications.engine.wire_events import (
    ACTION,
    PIPELINE,
    STAGE,
    ActionFacts,
    Entry,
    Facts,
    event_id,
    wire_event,
)
from tests.factories import NOW

EXECUTION = UUID("11111111-2222-4333-8444-555555555555")
ATTEMPT = UUID("66666666-7777-4888-8999-000000000000")
ARN = "arn:aws:codepipeline:us-east-1:111122223333:web"
MAKE = ActionFacts("Build/Custom/Bench/1", "us-east-1")
CODE = {"name": "Code", "bucket": "b", "key": "k", "made_by": "x", "revision": "r"}
TOLD_CODE = [{"name": "Code", "s3location": {"bucket": "b", "key": "k"}}]


def entry(kind: str, *, sequence: int = 7, at: datetime = NOW, reason: str = "") -> Entry:
    stage = "" if kind.startswith("Execution") else "Build"
    action, attempt = ("Make", ATTEMPT) if kind.startswith("Action") else ("", None)
    return Entry("111122223333", sequence, kind, at, "web", EXECUTION, stage, action, attempt, reason)


def told(kind: str, *, reason: str = "", at: datetime = NOW, **facts) -> dict:
    event = wire_event(
        entry(kind, reason=reason, at=at), Facts(**{"version": 3} | facts), region="us-east-1", pipeline_arn=ARN
    )
    assert event is not None
    return event


def detail(kind: str, **facts) -> dict:
    return told(kind, **facts)["detail"]


@pytest.mark.parametrize(
    ("kind", "level", "state"),
    [
        ("ExecutionStarted", PIPELINE, "STARTED"),
        ("ExecutionSucceeded", PIPELINE, "SUCCEEDED"),
        ("ExecutionFailed", PIPELINE, "FAILED"),
        ("ExecutionCancelled", PIPELINE, "CANCELED"),
        ("ExecutionResumed", PIPELINE, "RESUMED"),
        ("ExecutionStopping", PIPELINE, "STOPPING"),
        ("ExecutionAbandoning", PIPELINE, "STOPPING"),
        ("ExecutionStopped", PIPELINE, "STOPPED"),
        ("ExecutionSuperseded", PIPELINE, "SUPERSEDED"),
        ("StageStarted", STAGE, "STARTED"),
        ("StageSucceeded", STAGE, "SUCCEEDED"),
        ("StageRejected", STAGE, "SUCCEEDED"),
        ("StageFailed", STAGE, "FAILED"),
        ("StageCancelled", STAGE, "CANCELED"),
        ("StageResumed", STAGE, "RESUMED"),
        ("StageStopping", STAGE, "STOPPING"),
        ("StageStopped", STAGE, "STOPPED"),
        ("ActionStarted", ACTION, "STARTED"),
        ("ActionSucceeded", ACTION, "SUCCEEDED"),
        ("ActionFailed", ACTION, "FAILED"),
        ("ActionAbandoned", ACTION, "ABANDONED"),
    ],
)
def test_a_change_of_state_has_its_word(kind, level, state):
    event = told(kind)
    assert (event["detail-type"], event["detail"]["state"]) == (level, state)


@pytest.mark.parametrize(
    "kind", ["ExecutionWaiting", "ExecutionCancelling", "StageSkipped", "ActionProgressed", "PipelineCreated"]
)
def test_what_the_outside_has_no_word_for_is_not_told(kind):
    assert wire_event(entry(kind), Facts(version=1), region="us-east-1", pipeline_arn=ARN) is None


def test_giving_up_what_is_being_stopped_already_is_no_second_stopping():
    facts = Facts(version=1, was_stopping=True)
    assert wire_event(entry("ExecutionAbandoning"), facts, region="us-east-1", pipeline_arn=ARN) is None


def test_the_envelope_is_that_of_an_event_bus():
    event = told("ExecutionStarted", at=NOW + timedelta(milliseconds=208))
    assert {name: event[name] for name in event if name not in ("detail", "detail-type")} == {
        "version": "0",
        "id": event_id("111122223333", 7),
        "source": "aws.codepipeline",
        "account": "111122223333",
        "time": "2030-01-31T09:00:00Z",
        "region": "us-east-1",
        "resources": [ARN],
    }


def test_an_entry_has_the_same_id_whenever_it_is_told_and_no_other_has_it():
    assert told("ExecutionStarted")["id"] == told("ExecutionStarted", retries=4)["id"]
    others = {event_id("111122223333", 8), event_id("444455556666", 7), event_id("111122223333", 7)}
    assert len(others) == 3


def test_version_and_attempt_are_written_with_a_point():
    text = json.dumps(detail("StageStarted"))
    assert '"version": 3.0' in text
    assert '"pipeline-execution-attempt": 0.0' in text


@pytest.mark.parametrize(
    ("kind", "retries", "attempt"),
    [
        ("ExecutionStarted", 0, 1),
        ("ActionStarted", 0, 1),
        ("StageStarted", 0, 0),
        ("ExecutionResumed", 1, 2),
        ("ActionStarted", 2, 3),
        ("StageResumed", 1, 1),
    ],
)
def test_each_retry_of_the_execution_counts(kind, retries, attempt):
    assert detail(kind, retries=retries)["pipeline-execution-attempt"] == attempt


def test_times_have_milliseconds():
    moment = NOW + timedelta(milliseconds=5)
    found = detail("StageStarted", started_at=moment, stage_retried_at=moment)
    assert found["start-time"] == found["stage-last-retry-attempt-time"] == "2030-01-31T09:00:00.005Z"


def test_a_stage_that_was_not_retried_names_no_retry():
    assert "stage-last-retry-attempt-time" not in detail("StageStarted")


def test_the_trigger_is_told_at_the_start():
    found = detail("ExecutionStarted", trigger_type="StartPipelineExecution", trigger_detail="arn:x")
    assert found["execution-trigger"] == {"trigger-type": "StartPipelineExecution", "trigger-detail": "arn:x"}


def test_the_trigger_of_a_connection_is_its_commit():
    commit = {"commit-id": "abc", "branch-name": "main", "provider-type": "GitHub", "else": "x", "tag-name": None}
    found = detail("ExecutionStarted", trigger_type="WebhookV2", trigger_detail="arn:x", source_event=commit)
    assert found["execution-trigger"] == {"commit-id": "abc", "branch-name": "main", "provider-type": "GitHub"}


@pytest.mark.parametrize("trigger_detail", ["{", "[1]", '{"FailedPipelineExecutionId": "x"}', "5"])
def test_a_trigger_that_is_no_commit_is_told_as_it_is(trigger_detail):
    found = detail("ExecutionStarted", trigger_type="T", trigger_detail=trigger_detail)
    assert found["execution-trigger"] == {"trigger-type": "T", "trigger-detail": trigger_detail}


@pytest.mark.parametrize("kind", ["ExecutionStopping", "ExecutionStopped"])
def test_why_it_is_stopped_is_told(kind):
    assert detail(kind, reason="Wrong branch")["stop-execution-comments"] == "Wrong branch"
    assert "stop-execution-comments" not in detail(kind)


def test_other_states_tell_no_reason_of_a_stop():
    assert "stop-execution-comments" not in detail("ExecutionFailed", reason="Wrong branch")


def test_an_action_tells_its_type_and_place():
    found = detail("ActionStarted", action=MAKE)
    assert found["type"] == {"owner": "Custom", "category": "Build", "provider": "Bench", "version": "1"}
    named = (found["stage"], found["action"], found["action-execution-id"], found["region"])
    assert named == ("Build", "Make", str(ATTEMPT), "us-east-1")
    assert not {"input-artifacts", "output-artifacts", "execution-result"} & set(found)


def test_artifacts_are_told_with_their_places_and_outputs_only_once_they_are_there():
    action = ActionFacts("Build/Custom/Bench/1", "us-east-1", [CODE], [CODE])
    assert detail("ActionStarted", action=action)["input-artifacts"] == TOLD_CODE
    assert "output-artifacts" not in detail("ActionStarted", action=action)
    assert "output-artifacts" not in detail("ActionFailed", action=action)
    assert detail("ActionSucceeded", action=action)["output-artifacts"] == TOLD_CODE


def test_the_end_of_an_action_tells_its_result():
    action = ActionFacts(
        "Build/Custom/Bench/1", "us-east-1", external_id="17", external_url="https://ci/17", summary="It broke.",
        error_code="JobFailed",
    )  # fmt: skip
    assert detail("ActionFailed", action=action)["execution-result"] == {
        "external-execution-id": "17",
        "external-execution-url": "https://ci/17",
        "external-execution-summary": "It broke.",
        "error-code": "JobFailed",
    }
    assert "execution-result" not in detail("ActionStarted", action=action)
