"""What takes long: time limits, a wait of weeks behind a closed transition, a pipeline that others keep busy."""

import pytest
from botocore.exceptions import ClientError

from tests.journeys.rows import held, move_back
from tests.journeys.workshop import APPROVAL, Workshop, action, definition, noop, refused, simple, stage, unique
from tests.running import until

TWO = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}
FIVE_MINUTES = 5 / (24 * 60)


@pytest.mark.parametrize(("days", "resumes"), [(29.9, True), (30.1, False)])
def test_who_waited_for_thirty_days_does_not_go_on(headrace, api, account, days, resumes):
    """Shows CP-103."""
    shop = Workshop(api, account, TWO)
    gate = {"pipelineName": shop.name, "stageName": "Ship", "transitionType": "Inbound"}
    api.disable_stage_transition(**gate, reason="Freeze")
    shop.succeed(shop.first, "Make")
    shop.wait_waiting("Ship", shop.first)
    move_back(headrace, "executions.PipelineExecution", "waiting_since", days=days, id=shop.first)
    api.enable_stage_transition(**gate)
    if not resumes:
        assert shop.has_no_job("Send")
        shop.wait_waiting("Ship", shop.first)
        shop.start()  # a new start wakes it (reference 5.9)
    shop.succeed(shop.first, "Send")
    assert shop.status(shop.first) == "Succeeded"


def asking(api, account, **members) -> str:
    ask = action("Release", APPROVAL, **members)
    wanted = definition(account, unique("asks"), [stage("Source", action("Start", noop("Source"))), stage("Ask", ask)])
    name: str = api.create_pipeline(pipeline=wanted)["pipeline"]["name"]
    return name


def asked(api, name: str):
    return api.get_pipeline_state(name=name)["stageStates"][1]["actionStates"][0].get("latestExecution", {})


def test_an_approval_that_nobody_decides_in_time_fails(headrace, api, account):
    """Shows CP-155."""
    patient, hasty = asking(api, account), asking(api, account, timeoutInMinutes=5)
    tokens = {name: until(lambda name=name: asked(api, name).get("token"), what="a token") for name in (patient, hasty)}
    for name in (patient, hasty):
        attempt = asked(api, name)["actionExecutionId"]
        move_back(headrace, "jobs.Job", "deadline_at", days=FIVE_MINUTES, action_execution_id=attempt)
    until(lambda: asked(api, hasty)["status"] == "Failed", what="the end of five minutes")
    assert "token" not in asked(api, hasty)
    until(lambda: latest(api, hasty)["status"] == "Failed", what="the failure")
    answer = {"stageName": "Ask", "actionName": "Release", "result": {"summary": "", "status": "Approved"}}
    with refused("ApprovalAlreadyCompletedException"):
        api.put_approval_result(pipelineName=hasty, token=tokens[hasty], **answer)
    assert asked(api, patient)["status"] == "InProgress"
    api.put_approval_result(pipelineName=patient, token=tokens[patient], **answer)
    until(lambda: latest(api, patient)["status"] == "Succeeded", what="success")


def latest(api, name: str):
    return api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]


def test_a_pipeline_that_stays_busy_conflicts(headrace, json_api, account):
    """Shows CP-005."""
    name = json_api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    until(lambda: latest(json_api, name)["status"] == "Succeeded", what="the first execution")
    with held(headrace, name), pytest.raises(ClientError) as caught:
        json_api.start_pipeline_execution(name=name)
    response = caught.value.response
    assert response["Error"]["Code"] == "ConflictException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert len(json_api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]) == 1
    json_api.start_pipeline_execution(name=name)
