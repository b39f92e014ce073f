"""Approvals beyond AWS, from outside: several people, not the starter, by keys, over REST and at the wire."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.journeys.test_api_approvals import Question
from tests.journeys.workshop import refused
from tests.running import until


@pytest.fixture
def rest(headrace, account):
    with headrace.rest(headrace.token(account)) as client:
        yield client


@pytest.fixture
def as_person(headrace, account, rest):
    """Give a function that returns a client with a releaser's own key."""

    def make(name: str):
        answer = rest.post(
            f"accounts/{account['account_id']}/access-keys/", json={"principal": name, "role": "releaser"}
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return headrace.client({**account, **{part: made[part] for part in ("access_key_id", "secret_access_key")}})

    return make


def pipeline(account, name: str, what: str) -> str:
    return f"accounts/{account['account_id']}/pipelines/{name}/{what}/"


def ask_for(rest, account, name: str, needed: int, *, not_the_starter: bool = False) -> None:
    rule = {"needed": needed, "not_the_starter": not_the_starter}
    answer = rest.put(pipeline(account, name, "approval-rule"), json=rule)
    assert (answer.status_code, answer.json()["needed"]) == (200, needed), answer.text


def by(question: Question, client, status: str = "Approved"):
    return client.put_approval_result(
        pipelineName=question.name,
        stageName="Ask",
        actionName="Release",
        result={"status": status, "summary": "Fine"},
        token=question.token,
    )["approvedAt"]


def test_three_people_by_their_keys_and_over_rest(json_api, account, rest, as_person):
    question = Question(json_api, account)
    definition = json_api.get_pipeline(name=question.name)["pipeline"]
    ask_for(rest, account, question.name, 3)
    ann, ann_again = as_person("ann"), as_person("ann")
    first = by(question, ann)
    assert by(question, ann) == by(question, ann_again) == first
    shown = question.shown()
    assert (shown["status"], shown["token"], "summary" in shown) == ("InProgress", question.token, False)
    (waiting,) = rest.get(pipeline(account, question.name, "approvals")).json()["items"]
    assert (waiting["missing"], [each["by"].rsplit("/", 1)[-1] for each in waiting["given"]]) == (2, ["ann"])
    by(question, as_person("bob"))
    decision = pipeline(account, question.name, f"approvals/{question.token}/decision")
    assert rest.post(decision, json={"approved": True, "summary": "All three."}).status_code == 200
    until(lambda: question.execution()["status"] == "Succeeded", what="success")
    assert question.shown()["summary"] == "All three."
    assert json_api.get_pipeline(name=question.name)["pipeline"] == definition
    with refused("ApprovalAlreadyCompletedException"):
        by(question, ann)


def test_who_started_it_may_not_approve_it_and_may_reject_it(json_api, account, rest, as_person):
    question = Question(json_api, account)
    ask_for(rest, account, question.name, 1, not_the_starter=True)
    with refused("AccessDeniedException.*You started this execution"):
        by(question, json_api)
    answer = rest.post(
        pipeline(account, question.name, f"approvals/{question.token}/decision"), json={"approved": True}
    )
    assert (answer.status_code, "You started this execution" in answer.json()["detail"]) == (403, True)
    ann = as_person("ann")
    by(question, ann, "Rejected")
    execution = question.execution()["pipelineExecutionId"]
    place = {"pipelineName": question.name, "stageName": "Ask", "pipelineExecutionId": execution}
    ann.retry_stage_execution(**place, retryMode="FAILED_ACTIONS")
    question.token = until(question.shown_token, what="a new token")
    with refused("AccessDeniedException.*You started this execution"):
        by(question, ann)
    by(question, as_person("bob"))
    until(lambda: question.execution()["status"] == "Succeeded", what="success")


def test_two_at_the_same_moment_count_as_two(json_api, account, rest, as_person):
    people = [as_person(name) for name in ("ann", "bob", "cay")]
    for _ in range(4):
        question = Question(json_api, account)
        ask_for(rest, account, question.name, 3)
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(partial(by, question), people[:2] * 3))
        (waiting,) = rest.get(pipeline(account, question.name, "approvals")).json()["items"]
        assert (waiting["missing"], len(waiting["given"])) == (1, 2)
        by(question, people[2])
        assert question.shown()["status"] == "Succeeded"


def test_a_stranger_learns_and_changes_nothing(headrace, json_api, account, rest, stranger):
    question = Question(json_api, account)
    ask_for(rest, account, question.name, 2)
    with headrace.rest(headrace.token(stranger)) as theirs:
        assert theirs.get(pipeline(account, question.name, "approvals")).status_code == 404
        assert theirs.put(pipeline(account, question.name, "approval-rule"), json={"needed": 1}).status_code == 404
    assert rest.get(pipeline(account, question.name, "approval-rule")).json()["needed"] == 2
