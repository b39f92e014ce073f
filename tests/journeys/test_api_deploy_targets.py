"""The targets of deploy actions."""

from uuid import uuid4

import pytest

from tests.journeys.workshop import Workshop, action, definition, noop, refused, simple, stage, unique
from tests.running import until

FAILED_ONLY = [{"name": "TARGET_STATUS", "values": ["Failed"]}]


@pytest.fixture
def deployed(api, account) -> tuple[str, str]:
    """The name of a pipeline that deployed, and the id of the deploy action's execution."""
    source = action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])
    ship = action("Ship", noop("Deploy"), inputArtifacts=[{"name": "Code"}])
    wanted = definition(account, unique("deploying"), [stage("Source", source), stage("Ship", ship)])
    name = api.create_pipeline(pipeline=wanted)["pipeline"]["name"]

    def shipped():
        found = api.list_action_executions(pipelineName=name)["actionExecutionDetails"]
        return [each for each in found if (each["actionName"], each["status"]) == ("Ship", "Succeeded")]

    (attempt,) = until(shipped, what="the deployment")
    return name, attempt["actionExecutionId"]


def test_an_action_without_targets_of_its_own_has_none(api, deployed):
    name, attempt = deployed
    for more in ({}, {"pipelineName": name}, {"filters": FAILED_ONLY, "maxResults": 1}, {"filters": []}):
        answer = api.list_deploy_action_execution_targets(actionExecutionId=attempt, **more)
        assert answer["targets"] == []
        assert "nextToken" not in answer
    paginator = api.get_paginator("list_deploy_action_execution_targets")
    assert list(paginator.paginate(actionExecutionId=attempt).search("targets")) == []


def test_an_execution_that_is_not_there_is_not_found(api, account, deployed):
    _, attempt = deployed
    other = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    for asked in (str(uuid4()), "", "no uuid", "x" * 1000):
        with refused("ActionExecutionNotFoundException"):
            api.list_deploy_action_execution_targets(actionExecutionId=asked)
    with refused("ActionExecutionNotFoundException"):
        api.list_deploy_action_execution_targets(actionExecutionId=attempt, pipelineName=other)
    with refused("PipelineNotFoundException"):
        api.list_deploy_action_execution_targets(actionExecutionId=attempt, pipelineName="absent")


def test_what_the_model_or_the_page_refuses(api, deployed):
    _, attempt = deployed
    with refused("InvalidNextTokenException"):
        api.list_deploy_action_execution_targets(actionExecutionId=attempt, nextToken="garbage")
    with refused("ValidationException"):
        api.list_deploy_action_execution_targets(actionExecutionId=attempt, filters=[{"name": "COLOUR"}])
    with refused("ValidationException"):
        api.list_deploy_action_execution_targets(actionExecutionId=attempt, maxResults=101)


def test_an_execution_of_another_account_is_not_found(headrace, stranger, deployed):
    name, attempt = deployed
    foreign = headrace.client(stranger)
    with refused("ActionExecutionNotFoundException"):
        foreign.list_deploy_action_execution_targets(actionExecutionId=attempt)
    with refused("PipelineNotFoundException"):
        foreign.list_deploy_action_execution_targets(actionExecutionId=attempt, pipelineName=name)


def test_a_deployment_that_runs_has_none_yet(api, account):
    shop = Workshop(api, account, {"Build": [("Make", 1)]})
    shop.job(shop.first, "Make")
    attempt = shop.action_state("Build", "Make")["actionExecutionId"]
    assert api.list_deploy_action_execution_targets(actionExecutionId=attempt)["targets"] == []
    shop.succeed(shop.first, "Make")
