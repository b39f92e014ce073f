"""Why a pipeline's executions are not moving, over REST."""

import pytest

from apps.pipelines.services import set_transition
from apps.tenancy.roles import Role
from tests.factories import APPROVAL, BY, NOW, first_execution, make_account, make_pipeline, settle, start
from tests.restapi.asking import API, asking, pointers, problem_of

pytestmark = pytest.mark.django_db


def address(pipeline, name: str = "") -> str:
    return f"{API}/accounts/{pipeline.account.number}/pipelines/{name or pipeline.name}/waits/"


def held() -> tuple:
    pipeline = make_pipeline(stages={"Release": {APPROVAL: 1}})
    settle(first_execution(pipeline), "Fetch")
    second = start(pipeline)
    settle(second, "Fetch")
    return pipeline, second


def test_each_execution_says_what_it_waits_for_to_the_end_of_the_chain():
    pipeline, second = held()
    answer = asking(pipeline.account, Role.VIEWER).get(address(pipeline))
    assert answer.status_code == 200
    first, blocked = answer.json()["items"]
    assert (first["reason"], first["ended_by"], first["until"]) == ("approval", "releaser", "2030-02-07T09:00:00Z")
    assert blocked["execution_id"] == str(second.pk)
    assert [link["reason"] for link in blocked["chain"]] == ["stage occupied", "approval"]
    assert blocked["chain"][-1]["execution_id"] == first["execution_id"]
    assert blocked["sentence"] == (
        "Release is busy with execution 1, itself held: Release waits for the approval “Approve”."
    )
    assert (blocked["is_moving"], answer.json()["next"]) == (False, None)


def test_who_disabled_a_transition_and_why_is_told():
    pipeline = make_pipeline()
    set_transition(
        pipeline.account, pipeline.name, "Build", "Inbound", enabled=False, by=BY, now=NOW, reason="freeze until audit"
    )
    settle(first_execution(pipeline), "Fetch")
    (item,) = asking(pipeline.account).get(address(pipeline)).json()["items"]
    assert (item["by"], item["note"], item["since"]) == (BY, "freeze until audit", "2030-01-31T09:00:00Z")


def test_pages_follow_by_token_which_no_other_pipeline_takes():
    pipeline = make_pipeline(mode="PARALLEL")
    for _ in range(2):
        start(pipeline)
    other = make_pipeline(account=pipeline.account, name="other")
    client = asking(pipeline.account)
    first = client.get(address(pipeline), {"size": 2}).json()
    rest = client.get(address(pipeline), {"size": 2, "after": first["next"]}).json()
    assert [item["number"] for item in first["items"] + rest["items"]] == [1, 2, 3]
    assert pointers(client.get(address(other), {"after": first["next"]})) == ["#/after"]


def test_a_pipeline_that_is_not_there_and_one_of_another_account_are_the_same():
    pipeline, _ = held()
    stranger = asking(make_account())
    problem_of(stranger.get(address(pipeline)), 404)
    owner = asking(pipeline.account)
    problem_of(owner.get(address(pipeline, "none")), 404)
    foreign = make_pipeline(account=make_account(), name="theirs")
    assert "theirs" in problem_of(owner.get(address(pipeline, foreign.name)), 404)["detail"]
    problem_of(asking(pipeline.account).post(address(pipeline), {}), 405)
