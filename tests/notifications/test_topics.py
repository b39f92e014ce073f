"""An approval has its topic told, and fails where that cannot be. Source: reference section 8."""

from datetime import timedelta

import pytest

from apps.executions.errors import ApprovalAlreadyCompleted
from apps.executions.models import ActionExecution
from apps.executions.services import decide_approval, retry_stage
from apps.notifications.errors import SecretInvalid, TargetInvalid, TooManyTopics, TopicInvalid, TopicNotFound
from apps.notifications.models import Topic
from apps.notifications.services import create_topic, delete_topic
from tests.factories import (
    APPROVAL,
    BY,
    NOW,
    SOURCE,
    first_execution,
    make_account,
    make_declaration,
    make_pipeline,
    settle,
)
from tests.notifications.making import URL, hand_on, make_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make_account()


def make_topic(account, name: str = "reviews", **members):
    return create_topic(account, **{"name": name, "targets": [URL], "now": NOW} | members)


def arn(account, name: str = "reviews", *, region: str = "us-east-1") -> str:
    return f"arn:aws:sns:{region}:{account.number}:{name}"


def ask(account, topic_arn: str, **configuration) -> ActionExecution:
    """Start an approval that names a topic."""
    declaration = make_declaration(account, {"Review": {APPROVAL: 1}})
    named = {"NotificationArn": topic_arn} if topic_arn else {}
    declaration["stages"][1]["actions"][0]["configuration"] = named | configuration
    execution = first_execution(make_pipeline(account=account, declaration=declaration))
    settle(execution, *SOURCE["Source"])
    return ActionExecution.objects.get(execution=execution, action=APPROVAL)


def test_who_is_to_approve_is_told(account):
    make_topic(account)
    approval = ask(account, arn(account), CustomData="Look twice")
    (delivery,) = hand_on()
    page = f"http://127.0.0.1:8000/a/{account.number}/pipelines/web/"
    assert delivery.origin == arn(account)
    assert delivery.body == {
        "region": "us-east-1",
        "consoleLink": page,
        "approval": {
            "pipelineName": "web",
            "stageName": "Review",
            "actionName": APPROVAL,
            "token": str(approval.pk),
            "expires": (NOW + timedelta(days=7)).strftime("%Y-%m-%dT%H:%MZ"),
            "externalEntityLink": None,
            "approvalReviewLink": page,
            "customData": "Look twice",
        },
    }


def test_a_rule_and_a_topic_with_one_target_send_their_own_messages(account):
    make_topic(account)
    make_rule(account, event_types=["codepipeline-pipeline-manual-approval-needed"])
    ask(account, arn(account))
    rule, topic = hand_on()
    assert ("approval" in rule.body, "approval" in topic.body) == (False, True)


def test_an_approval_without_a_topic_tells_nobody(account):
    make_topic(account)
    assert ask(account, "").state == "InProgress"
    assert hand_on() == []


@pytest.mark.parametrize(
    ("named", "code", "says"),
    [
        (lambda ours, theirs: arn(ours, "missing"), "ConfigurationError", "does not exist"),
        (lambda ours, theirs: arn(ours, "reviews.fifo"), "ConfigurationError", "FIFO"),
        (lambda ours, theirs: arn(theirs), "PermissionError", "another account"),
    ],
)
def test_an_approval_whose_topic_cannot_be_told_fails(account, named, code, says):
    stranger = make_account("Stranger")
    make_topic(account)
    make_topic(stranger)
    approval = ask(account, named(account, stranger))
    assert (approval.state, approval.error_code) == ("Failed", code)
    assert says in approval.error_message
    assert hand_on() == []


def test_an_approval_that_could_not_tell_anybody_has_ended(account):
    approval = ask(account, arn(account, "missing"))
    with pytest.raises(ApprovalAlreadyCompleted):
        decide_approval(
            account, "web", "Review", APPROVAL, token=approval.pk, approved=True, summary="", by=BY, now=NOW
        )


def test_a_retry_tells_the_topic_that_is_there_by_now(account):
    approval = ask(account, arn(account))
    make_topic(account)
    again = {"mode": "FAILED_ACTIONS", "by": BY, "now": NOW}
    retry_stage(account, "web", "Review", approval.execution_id, **again)
    (delivery,) = hand_on()
    newest = ActionExecution.objects.get(execution=approval.execution_id, action=APPROVAL, attempt=2)
    assert delivery.body["approval"]["token"] == str(newest.pk) != str(approval.pk)


def test_a_deleted_topic_is_missing(account):
    make_topic(account)
    delete_topic(account, "reviews")
    assert ask(account, arn(account)).error_code == "ConfigurationError"


def test_a_topic_is_deleted_by_its_account_only(account):
    make_topic(account)
    with pytest.raises(TopicNotFound):
        delete_topic(make_account("Stranger"), "reviews")
    assert ask(account, arn(account)).state == "InProgress"


@pytest.mark.parametrize("name", ["", "a b", "reviews.fifo", "a" * 257])
def test_a_name_that_no_topic_has_is_refused(account, name):
    with pytest.raises(TopicInvalid, match="is no name of a topic"):
        make_topic(account, name)


def test_a_topic_has_targets_that_can_be_told(account):
    with pytest.raises(TargetInvalid, match="The topic 'reviews' has 0 targets"):
        make_topic(account, targets=[])
    with pytest.raises(TargetInvalid, match="not public"):
        make_topic(account, targets=["http://127.0.0.1:8080/"])
    with pytest.raises(SecretInvalid):
        make_topic(account, secret="whsec_")
    assert not Topic.objects.exists()


def test_a_name_is_taken_once_in_an_account_and_there_is_a_limit(account, monkeypatch):
    make_topic(account)
    with pytest.raises(TopicInvalid, match="already"):
        make_topic(account)
    make_topic(make_account("Stranger"))
    monkeypatch.setattr("apps.notifications.services.topics.MOST_TOPICS", 1)
    with pytest.raises(TooManyTopics):
        make_topic(account, "another")
