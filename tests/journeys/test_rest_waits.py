"""Why it waits, over REST: each reason brought about as people and programs bring it about."""

import pytest

from tests.journeys.workshop import (
    APPROVAL,
    VARIABLE_CHECK,
    Workshop,
    action,
    condition,
    definition,
    noop,
    rule,
    stage,
    unhurried,
    unique,
)
from tests.running import until

TWO = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}


@pytest.fixture
def rest(headrace, account):
    with headrace.rest(headrace.token(account)) as client:
        yield client


def waits(rest, account, name: str) -> list[dict]:
    answer = rest.get(f"accounts/{account['account_id']}/pipelines/{name}/waits/")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def until_chain(rest, account, name: str, execution: str, *reasons: str) -> dict:
    def found() -> dict | None:
        waiting = next((each for each in waits(rest, account, name) if each["execution_id"] == execution), None)
        told = [link["reason"] for link in waiting["chain"]] if waiting else []
        return waiting if told == list(reasons) else None

    return until(found, what=f"{reasons} of {execution}")


def test_from_nobody_asking_to_a_job_worker_that_works(rest, json_api, account):
    shop = Workshop(json_api, account, TWO)
    until(lambda: json_api.get_pipeline_state(name=shop.name)["stageStates"][1].get("latestExecution"), what="Build")
    asked = until_chain(rest, account, shop.name, shop.first, "worker")
    assert (asked["asked_at"], asked["ended_by"]) == (None, "job worker")
    shop.job(shop.first, "Make")
    taken = until_chain(rest, account, shop.name, shop.first, "external")
    assert "has not reported yet" in taken["sentence"]
    report = {"continuationToken": "more", "executionDetails": {"summary": "queued behind app #812"}}
    shop.succeed(shop.first, "Make", **report)
    told = until_chain(rest, account, shop.name, shop.first, "worker")
    assert told["asked_at"] is not None
    shop.job(shop.first, "Make")
    assert "queued behind app #812" in until_chain(rest, account, shop.name, shop.first, "external")["sentence"]


def test_a_disabled_transition_and_who_waits_behind(rest, json_api, account):
    shop = Workshop(json_api, account, TWO, executionMode="QUEUED", pipelineType="V2")
    gate = {"pipelineName": shop.name, "stageName": "Ship", "transitionType": "Inbound"}
    json_api.disable_stage_transition(**gate, reason="freeze until audit")
    shop.succeed(shop.first, "Make")
    closed = until_chain(rest, account, shop.name, shop.first, "transition")
    assert (closed["note"], closed["ended_by"]) == ("freeze until audit", "releaser")
    assert closed["by"].startswith("arn:aws:iam::")
    second = shop.start()
    shop.succeed(second, "Make")
    until_chain(rest, account, shop.name, second, "queue", "transition")
    json_api.enable_stage_transition(**gate)
    until_chain(rest, account, shop.name, second, "stage occupied", "worker")
    shop.succeed(shop.first, "Send")
    shop.succeed(second, "Send")
    until(lambda: waits(rest, account, shop.name) == [], what="nobody waiting")


def test_an_approval_holds_the_stage_for_those_behind(rest, json_api, account):
    stages = [stage("Source", action("Start", noop("Source"))), stage("Ask", action("Release", APPROVAL))]
    name = json_api.create_pipeline(pipeline=definition(account, unique("asks"), stages))["pipeline"]["name"]
    until(lambda: [each["reason"] for each in waits(rest, account, name)] == ["approval"], what="the question")
    (first,) = waits(rest, account, name)
    second = json_api.start_pipeline_execution(name=name)["pipelineExecutionId"]
    behind = until_chain(rest, account, name, second, "stage occupied", "approval")
    assert behind["chain"][-1]["execution_id"] == first["execution_id"]
    assert behind["chain"][-1]["until"] == first["until"] is not None


def test_conditions_what_a_worker_does_and_a_stop(rest, json_api, account):
    guards = {"beforeEntry": condition("FAIL", unhurried())}
    shop = Workshop(json_api, account, TWO, guards=guards, pipelineType="V2")
    found = until_chain(rest, account, shop.name, shop.first, "condition")
    assert (found["action"], found["ended_by"]) == ("Unhurried", "releaser")
    json_api.override_stage_condition(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, conditionType="BEFORE_ENTRY"
    )
    until_chain(rest, account, shop.name, shop.first, "worker")
    shop.job(shop.first, "Make")
    json_api.stop_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=shop.first, abandon=False)
    until_chain(rest, account, shop.name, shop.first, "stopping", "external")
    shop.succeed(shop.first, "Make")
    until(lambda: waits(rest, account, shop.name) == [], what="the end")


def test_what_our_own_worker_does_is_moving_and_a_window_says_when_it_opens(rest, json_api, account):
    sleeper = action("Doze", noop("Build"), configuration={"Behaviour": "sleep:600"})
    stages = [stage("Source", action("Start", noop("Source"))), stage("Build", sleeper)]
    window = {**VARIABLE_CHECK, "provider": "DeploymentWindow"}
    closed = condition("FAIL", rule("Window", window, Cron="0 0 0 1 1 ? 2099"))
    other = Workshop(json_api, account, TWO, guards={"beforeEntry": closed}, pipelineType="V2")
    name = json_api.create_pipeline(pipeline=definition(account, unique("dozes"), stages))["pipeline"]["name"]
    until(lambda: [(each["reason"], each["is_moving"]) for each in waits(rest, account, name)] == [("running", True)])
    held = until(
        lambda: next((each for each in waits(rest, account, other.name) if "2099" in each["sentence"]), None),
        what="the opening",
    )
    assert (held["reason"], held["until"] is not None) == ("condition", True)
    execution = json_api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]
    json_api.stop_pipeline_execution(
        pipelineName=name, pipelineExecutionId=execution["pipelineExecutionId"], abandon=True
    )


def test_a_stranger_learns_nothing(headrace, json_api, account, stranger):
    shop = Workshop(json_api, account, TWO)
    with headrace.rest(headrace.token(stranger)) as client:
        theirs = client.get(f"accounts/{account['account_id']}/pipelines/{shop.name}/waits/")
        own = client.get(f"accounts/{stranger['account_id']}/pipelines/{shop.name}/waits/")
    assert (theirs.status_code, own.status_code) == (404, 404)
