"""What a message says beside the event, and how it asks for an approval. Source: reference sections 8 and 10."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.notifications.engine.messages import Approval, Surroundings, approval_message, rule_message, subject_of
from apps.notifications.engine.schedule import MOST_ATTEMPTS, PAUSES, Answer, next_attempt
from apps.notifications.engine.wire_events import ACTION, PIPELINE, STAGE
from tests.factories import NOW

AROUND = Surroundings(
    failed_actions=[("Make", "It broke.")],
    failed_stage="Build",
    sources=[("Fetch", "Git", {"CommitId": "abc"})],
    information="It broke.",
    configuration={"CustomData": "Look twice", "NotificationArn": "arn:x"},
)


def event(level: str, state: str, category: str = "Build") -> dict:
    detail = {"pipeline": "web", "state": state}
    if level == ACTION:
        detail |= {"stage": "Build", "action": "Make", "type": {"category": category}}
    return {"detail-type": level, "detail": detail}


def attributes(level: str, state: str, *, detail: str = "FULL", category: str = "Build") -> dict:
    message = rule_message(event(level, state, category), rule_arn="arn:rule", detail=detail, around=AROUND)
    return message["additionalAttributes"]


def test_a_message_is_the_event_and_the_rule_that_asked_for_it():
    told = event(PIPELINE, "STARTED")
    message = rule_message(told, rule_arn="arn:rule", detail="FULL", around=AROUND)
    assert message == {
        **told, "notificationRuleArn": "arn:rule", "detailType": PIPELINE, "additionalAttributes": {}
    }  # fmt: skip


@pytest.mark.parametrize("level", [PIPELINE, STAGE])
def test_a_failure_names_what_failed(level):
    assert attributes(level, "FAILED") == {
        "failedActionCount": 1,
        "failedActions": [{"action": "Make", "additionalInformation": "It broke."}],
        "failedStage": "Build",
    }


def test_a_stage_that_starts_names_what_the_sources_are_at():
    assert attributes(STAGE, "STARTED") == {
        "sourceActions": [
            {
                "sourceActionName": "Fetch",
                "sourceActionProvider": "Git",
                "sourceActionVariables": {"CommitId": "abc"},
            }
        ]
    }


def test_an_action_that_failed_says_why():
    assert attributes(ACTION, "FAILED") == {"additionalInformation": "It broke."}


def test_an_approval_that_is_needed_says_what_about():
    assert attributes(ACTION, "STARTED", category="Approval") == {"customData": "Look twice"}
    assert attributes(ACTION, "STARTED") == {}


def test_basic_detail_leaves_all_that_out():
    assert attributes(PIPELINE, "FAILED", detail="BASIC") == {}


def approval(**members) -> Approval:
    expires = datetime(2030, 2, 7, 9, 0, 59, tzinfo=UTC)
    return Approval(
        **{"pipeline": "web", "stage": "Go", "action": "Ask", "token": "t", "expires_at": expires} | members
    )


def asked(**members) -> dict:
    return approval_message(approval(**members), region="us-east-1", console_link="https://c", review_link="https://r")


def test_an_approval_is_asked_for_with_nulls_where_nothing_was_said():
    assert asked() == {
        "region": "us-east-1",
        "consoleLink": "https://c",
        "approval": {
            "pipelineName": "web",
            "stageName": "Go",
            "actionName": "Ask",
            "token": "t",
            "expires": "2030-02-07T09:00Z",
            "externalEntityLink": None,
            "approvalReviewLink": "https://r",
            "customData": None,
        },
    }


def test_an_approval_says_what_it_is_about():
    found = asked(external_entity_link="https://e", custom_data="Look")["approval"]
    assert (found["externalEntityLink"], found["customData"]) == ("https://e", "Look")


def test_long_names_are_cut_in_the_subject():
    long = "a" * 25
    assert subject_of(asked(pipeline=long)) == f"Approval needed: Ask in pipeline {'a' * 24}…"
    assert subject_of(event(ACTION, "FAILED")) == "FAILED: web / Build / Make"


@pytest.mark.parametrize(("attempts", "pause"), list(enumerate(PAUSES, 1)))
def test_a_failed_attempt_is_repeated_after_its_pause(attempts, pause):
    assert next_attempt(attempts, Answer(taken=False, status=500), now=NOW) == NOW + pause


def test_the_pauses_are_those_of_standard_webhooks():
    expected = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert list(PAUSES) == [timedelta(seconds=each) for each in expected]


def test_after_the_last_attempt_and_where_the_receiver_is_gone_there_is_none():
    assert next_attempt(MOST_ATTEMPTS, Answer(taken=False, status=500), now=NOW) is None
    assert next_attempt(1, Answer(taken=False, status=410), now=NOW) is None
