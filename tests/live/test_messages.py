"""What a socket says, and to whom: pure."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from apps.events.models import Event
from apps.live.messages import RELOAD, caught_up, event_message, log_message, state_after
from apps.live.topics import Topic, topics_of

EXECUTION, ACTION = UUID(int=1), UUID(int=2)
AT = datetime(2030, 1, 31, 9, tzinfo=UTC)


def make_event(kind: str = "ActionStarted", **fields) -> Event:
    facts = {"account_id": 1, "sequence": 7, "at": AT, "pipeline": "web", "execution_id": EXECUTION, "stage": "Build"}
    return Event(kind=kind, **facts | {"action": "Make", "action_execution_id": ACTION} | fields)


def test_an_event_says_enough_to_change_a_badge_in_place():
    message = event_message(make_event())
    assert message.sequence == 7
    assert json.loads(message.text) == {
        "sequence": 7,
        "kind": "ActionStarted",
        "pipeline": "web",
        "execution": str(EXECUTION),
        "stage": "Build",
        "action": "Make",
        "action_execution": str(ACTION),
        "state": "InProgress",
        "at": "2030-01-31T09:00:00.000+00:00",
    }


def test_an_action_for_a_person_says_so():
    assert json.loads(event_message(make_event(data={"performer": "person"})).text)["performer"] == "person"


def test_other_facts_of_an_event_are_not_sent():
    text = event_message(make_event(data={"message": "secret", "by": "arn"})).text
    assert "secret" not in text
    assert "arn" not in text


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("ActionStarted", "InProgress"),
        ("ActionProgressed", "InProgress"),
        ("ActionAbandoned", "Abandoned"),
        ("StageResumed", "InProgress"),
        ("StageStopping", "Stopping"),
        ("ExecutionSuperseded", "Superseded"),
        ("ExecutionWaiting", None),
        ("ExecutionStopRequested", None),
        ("PipelineUpdated", None),
        ("TransitionDisabled", None),
        ("JobSucceeded", None),
    ],
)
def test_a_kind_of_event_leaves_its_subject_in_a_state(kind, state):
    assert state_after(kind) == state


def test_words_that_are_no_events_have_no_number():
    assert [json.loads(message.text) for message in (RELOAD, caught_up(9), log_message("x", 5))] == [
        {"reload": True},
        {"caught_up": 9},
        {"log": "x", "size": 5},
    ]
    assert {message.sequence for message in (RELOAD, caught_up(9), log_message("x", 5))} == {0}


def test_an_event_is_heard_at_its_pipeline_and_at_the_lists_of_its_account():
    assert topics_of(1, "web") == (Topic(1, "web"), Topic(1))
    assert topics_of(1, "") == (Topic(1),)


def test_no_two_places_share_a_name():
    places = [
        Topic(1),
        Topic(11),
        Topic(1, "1"),
        Topic(1, log="1"),
        Topic(1, "1", "1"),
        Topic(1, "web"),
        Topic(2, "web"),
    ]
    assert len(set(places)) == len(places)
