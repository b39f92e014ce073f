"""The log is the outbox: each event is handed on once, in order, to the rules of its account."""

from datetime import timedelta

import pytest

from apps.executions.services import retry_stage, stop_execution
from apps.notifications.models import Delivery, EventCursor
from apps.notifications.services import change_rule, delete_rule
from tests.factories import BY, NOW, first_execution, make_account, make_execution, make_pipeline, settle, start
from tests.notifications.making import URL, hand_on, make_rule, told

pytestmark = pytest.mark.django_db
ALL_OF_SOURCE = [
    ("", "STARTED"),
    ("Source", "STARTED"),
    ("Source/Fetch", "STARTED"),
    ("Source/Fetch", "SUCCEEDED"),
    ("Source", "SUCCEEDED"),
    ("Build", "STARTED"),
    ("Build/Make", "STARTED"),
]


@pytest.fixture
def account():
    return make_account()


def stop(execution, *, abandon: bool, reason: str = ""):
    account, name = execution.account, execution.pipeline.name
    stop_execution(account, name, execution.pk, abandon=abandon, reason=reason, by=BY, now=NOW)


def test_every_event_of_an_execution_is_handed_on_in_order(account):
    make_rule(account)
    make_execution(make_pipeline(account=account))
    assert told(hand_on()) == ALL_OF_SOURCE


def test_events_before_the_first_rule_are_not_handed_on(account):
    pipeline = make_pipeline(account=account)
    make_rule(account)
    settle(first_execution(pipeline), "Fetch")
    assert told(hand_on()) == ALL_OF_SOURCE[3:]


def test_a_second_rule_keeps_the_cursor(account):
    make_rule(account)
    make_pipeline(account=account)
    make_rule(account, name="Another", targets=["https://other.invalid/"])
    assert [row.target.address for row in hand_on()].count(URL) == 3


def test_a_second_rule_is_told_nothing_that_happened_before_it(account):
    make_rule(account)
    pipeline = make_pipeline(account=account)
    make_rule(account, name="Another", targets=["https://other.invalid/"])
    settle(first_execution(pipeline), "Fetch")
    told_to = [row.target.address for row in hand_on()]
    assert told_to.count(URL) == len(ALL_OF_SOURCE)
    assert told_to.count("https://other.invalid/") == len(ALL_OF_SOURCE[3:])


def test_a_changed_rule_speaks_of_what_happens_after_the_change(account):
    rule = make_rule(account).rule
    make_pipeline(account=account)
    change_rule(account, rule.pk, name=rule.name, event_types=["*"], targets=[URL], now=NOW)
    assert hand_on() == []


def test_what_was_handed_on_is_not_handed_on_again(account):
    make_rule(account)
    make_pipeline(account=account)
    assert hand_on() == hand_on()


def test_a_crash_before_the_cursor_is_saved_leaves_nothing_behind(account, monkeypatch):
    make_rule(account)
    make_pipeline(account=account)
    with monkeypatch.context() as patched:
        patched.setattr(EventCursor, "save", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hand_on()
    assert not Delivery.objects.exists()
    assert len(hand_on()) == 3


def test_many_events_are_handed_on_in_batches(account, monkeypatch):
    monkeypatch.setattr("apps.notifications.services.handing_on.BATCH", 2)
    make_rule(account)
    make_execution(make_pipeline(account=account))
    assert told(hand_on()) == ALL_OF_SOURCE


def test_the_number_of_queries_does_not_grow_with_the_events(account, django_assert_max_num_queries):
    make_rule(account)
    pipeline = make_pipeline(account=account, mode="PARALLEL")
    for _ in range(10):
        settle(start(pipeline), "Fetch")
    with django_assert_max_num_queries(20):
        hand_on()
    assert Delivery.objects.count() > 70


def test_a_rule_is_told_only_what_it_asked_for(account):
    make_rule(account, event_types=["codepipeline-pipeline-stage-execution-started"])
    make_execution(make_pipeline(account=account))
    assert told(hand_on()) == [("Source", "STARTED"), ("Build", "STARTED")]


def test_a_rule_is_told_only_of_its_pipelines(account):
    make_rule(account, pipelines=["shop-*"])
    for name in ("web", "shop-web"):
        make_pipeline(account=account, name=name)
    assert {row.pipeline for row in hand_on()} == {"shop-web"}


def test_a_rule_of_another_account_is_told_nothing(account):
    make_rule(make_account("Stranger"))
    make_pipeline(account=account)
    assert hand_on() == []


def test_two_rules_with_one_target_send_their_own_messages(account):
    rules = [make_rule(account, name=name).rule for name in ("One", "Two")]
    make_pipeline(account=account)
    assert {row.body["notificationRuleArn"] for row in hand_on()} == {rule.arn for rule in rules}


def test_a_deleted_rule_is_told_nothing_more(account):
    make_rule(account)
    delete_rule(account, "All")
    make_pipeline(account=account)
    assert hand_on() == []


def test_only_the_first_of_a_line_is_due(account):
    make_rule(account)
    for name in ("web", "shop"):
        make_pipeline(account=account, name=name)
    due = [row for row in hand_on() if row.next_attempt_at is not None]
    assert [(row.pipeline, row.body["detail"]["state"]) for row in due] == [("web", "STARTED"), ("shop", "STARTED")]


def test_giving_up_a_running_execution_tells_stopping_and_stopped(account):
    execution = make_execution(make_pipeline(account=account))
    make_rule(account)
    stop(execution, abandon=True, reason="Wrong branch")
    deliveries = hand_on()
    states = told(deliveries)
    assert [state for place, state in states if place == ""] == ["STOPPING", "STOPPED"]
    assert ("Build/Make", "ABANDONED") in states
    comments = [
        row.body["detail"].get("stop-execution-comments") for row in deliveries if "stage" not in row.body["detail"]
    ]
    assert comments == ["Wrong branch"] * 2


def test_giving_up_what_is_being_stopped_tells_stopping_once(account):
    execution = make_execution(make_pipeline(account=account))
    make_rule(account)
    stop(execution, abandon=False)
    stop(execution, abandon=True)
    assert [state for place, state in told(hand_on()) if place == ""] == ["STOPPING", "STOPPED"]


def test_giving_up_after_an_earlier_stop_was_retried_tells_stopping_again(account):
    execution = make_execution(make_pipeline(account=account))
    make_rule(account)
    stop(execution, abandon=True)
    retry(execution)
    stop(execution, abandon=True)
    pipeline_states = [state for place, state in told(hand_on()) if place == ""]
    assert pipeline_states == ["STOPPING", "STOPPED", "RESUMED", "STOPPING", "STOPPED"]


def retry(execution, *, now=NOW):
    account, name = execution.account, execution.pipeline.name
    retry_stage(account, name, "Build", execution.pk, mode="FAILED_ACTIONS", by=BY, now=now)


def test_a_retry_tells_resumed_and_counts(account):
    execution = make_execution(make_pipeline(account=account))
    make_rule(account)
    settle(execution, "Make", succeeded=False)
    retry(execution, now=NOW + timedelta(seconds=5))
    settle(execution, "Make")
    deliveries = hand_on()
    attempts = [
        (place, state, row.body["detail"]["pipeline-execution-attempt"])
        for row in deliveries
        for place, state in told([row])
    ]
    assert attempts == [
        ("Build/Make", "FAILED", 1.0),
        ("Build", "FAILED", 0.0),
        ("", "FAILED", 1.0),
        ("", "RESUMED", 2.0),
        ("Build", "RESUMED", 1.0),
        ("Build/Make", "STARTED", 2.0),
        ("Build/Make", "SUCCEEDED", 2.0),
        ("Build", "SUCCEEDED", 1.0),
        ("", "SUCCEEDED", 2.0),
    ]
    retried = [row.body["detail"].get("stage-last-retry-attempt-time") for row in deliveries]
    moment = "2030-01-31T09:00:05.000Z"
    assert retried == [None, None, None, None, moment, moment, moment, moment, None]


def test_a_failure_names_the_action_and_its_error(account):
    execution = make_execution(make_pipeline(account=account))
    make_rule(account)
    settle(execution, "Make", succeeded=False)
    of_action, _, of_pipeline = (row.body for row in hand_on())
    assert of_action["detail"]["execution-result"] == {
        "external-execution-summary": "It broke.", "error-code": "JobFailed"
    }  # fmt: skip
    assert of_action["additionalAttributes"] == {"additionalInformation": "It broke."}
    assert of_pipeline["additionalAttributes"]["failedActions"] == [
        {"action": "Make", "additionalInformation": "It broke."}
    ]
