"""Approvals over REST: what waits, what it asks for, and who may decide it."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.executions.models import PipelineExecution
from apps.pipelines.services import set_approval_rule
from apps.tenancy.roles import Role
from tests.factories import (
    APPROVAL,
    BY,
    GATED,
    NOW,
    attempt_at,
    make_account,
    make_execution,
    make_member,
    make_pipeline,
    settle,
    start,
)
from tests.restapi.asking import API, asking, bearer, pointers, problem_of, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def execution() -> PipelineExecution:
    return make_execution(make_pipeline(stages=GATED), at="Gate")


def place(pipeline, what: str = "approvals/") -> str:
    return f"{API}/accounts/{pipeline.account.number}/pipelines/{pipeline.name}/{what}"


def decision(execution: PipelineExecution, token=None) -> str:
    return place(execution.pipeline, f"approvals/{token or attempt_at(execution, APPROVAL).pk}/decision/")


def ask_for(pipeline, needed: int = 2, *, not_the_starter: bool = False) -> None:
    set_approval_rule(pipeline.account, pipeline.name, needed=needed, not_the_starter=not_the_starter, by=BY, now=NOW)


def test_an_admin_says_what_approvals_ask_for_and_others_read_it(execution):
    address = place(execution.pipeline, "approval-rule/")
    plain = {"needed": 1, "not_the_starter": False, "changed_by": "", "changed_at": None}
    assert asking(execution.account, Role.VIEWER).get(address).json() == plain
    admin = make_member(execution.account, Role.ADMIN, username="ann")
    answer = bearer(token_for(admin)).put(address, {"needed": 2, "not_the_starter": True}, format="json")
    assert (answer.status_code, answer.json()["needed"], answer.json()["not_the_starter"]) == (200, 2, True)
    assert answer.json()["changed_by"].endswith(":user/ann")
    assert asking(execution.account, Role.VIEWER).get(address).json() == answer.json()
    problem_of(asking(execution.account, Role.RELEASER).put(address, {"needed": 1}, format="json"), 403)
    for wrong in ({"needed": 0}, {"needed": 21}, {"needed": "two"}):
        assert pointers(asking(execution.account).put(address, wrong, format="json")) == ["#/needed"]


def test_what_waits_says_how_many_approved_and_how_many_are_missing(execution):
    ask_for(execution.pipeline, 3)
    member = make_member(execution.account, Role.RELEASER, username="bob")
    bob = bearer(token_for(member))
    answer = bob.post(decision(execution), {"approved": True, "summary": "Fine."}, format="json")
    assert (answer.status_code, list(answer.json())) == (200, ["decided_at"])
    assert bob.post(decision(execution), {"approved": True}, format="json").json() == answer.json()
    (item,) = asking(execution.account, Role.VIEWER).get(place(execution.pipeline)).json()["items"]
    assert (item["needed"], item["missing"], item["not_the_starter"]) == (3, 2, False)
    assert (item["token"], item["started_by"]) == (str(attempt_at(execution, APPROVAL).pk), [BY])
    (given,) = item["given"]
    assert (given["by"].rsplit("/", 1)[-1], given["summary"]) == ("bob", "Fine.")
    assert given["given_at"] == answer.json()["decided_at"]


def test_who_started_it_is_told_why_they_may_not_and_who_may(execution):
    ask_for(execution.pipeline, 1, not_the_starter=True)
    member = make_member(execution.account, Role.RELEASER, username="ann")
    make_member(execution.account, Role.RELEASER, username="bob")
    PipelineExecution.objects.filter(pk=execution.pk).update(
        started_by=[f"arn:aws:iam::{execution.account.number}:user/ann"]
    )
    ann = bearer(token_for(member))
    refused = problem_of(ann.post(decision(execution), {"approved": True}, format="json"), 403)
    assert "You started this execution" in refused["detail"]
    assert "Who can approve: bob." in refused["detail"]
    assert ann.post(decision(execution), {"approved": False}, format="json").status_code == 200
    problem_of(ann.post(decision(execution), {"approved": False}, format="json"), 409)
    assert attempt_at(execution, APPROVAL).state == "Failed"


def test_a_decision_takes_a_releaser_and_a_token_that_waits(execution):
    problem_of(asking(execution.account, Role.DEVELOPER).post(decision(execution), {"approved": True}), 403)
    releaser = asking(execution.account, Role.RELEASER)
    problem_of(releaser.post(decision(execution, uuid4()), {"approved": True}, format="json"), 404)
    assert pointers(releaser.post(decision(execution), {}, format="json")) == ["#/approved"]
    source = attempt_at(execution, "Fetch").pk
    problem_of(releaser.post(decision(execution, source), {"approved": True}, format="json"), 404)


def test_pages_follow_and_cost_the_same_however_much_waits():
    pipeline = make_pipeline(stages=GATED, mode="PARALLEL")
    executions = [make_execution(pipeline, at="Gate"), *(start(pipeline) for _ in range(3))]
    client = asking(pipeline.account)
    with CaptureQueriesContext(connection) as one:
        assert len(client.get(place(pipeline)).json()["items"]) == 1
    for execution in executions[1:]:
        settle(execution, "Fetch")
    with CaptureQueriesContext(connection) as four:
        assert len(client.get(place(pipeline)).json()["items"]) == 4
    assert len(four) == len(one)
    first = client.get(place(pipeline), {"size": 3}).json()
    rest = client.get(place(pipeline), {"size": 3, "after": first["next"]}).json()
    found = [item["execution_id"] for item in first["items"] + rest["items"]]
    assert sorted(found) == sorted(str(each.pk) for each in executions)
    assert rest["next"] is None


def test_a_stranger_finds_nothing(execution):
    stranger = asking(make_account())
    for address in (place(execution.pipeline), place(execution.pipeline, "approval-rule/")):
        problem_of(stranger.get(address), 404)
    problem_of(stranger.post(decision(execution), {"approved": True}, format="json"), 404)
    other = make_execution(make_pipeline(stages=GATED), at="Gate")
    own = asking(other.account)
    token = attempt_at(execution, APPROVAL).pk
    problem_of(own.post(decision(other, token), {"approved": True}, format="json"), 404)
    assert attempt_at(execution, APPROVAL).state == "InProgress"
