"""A stage that goes back to what succeeded there, by hand and by itself, and one that tries once more."""

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.journeys.guarded import Guarded
from tests.journeys.workshop import Workshop, refused
from tests.running import until

ONE = {"Build": [("Make", 1)]}
TWO = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}


def released(shop: Workshop, execution: str | None = None) -> str:
    """Bring an execution through both stages, a new one if none is given."""
    execution = execution or shop.start()
    shop.succeed(execution, "Make", "Send")
    shop.wait_status(execution, "Succeeded")
    return execution


def roll_back(shop: Workshop, target: str, stage: str = "Build") -> str:
    answer = shop.api.rollback_stage(pipelineName=shop.name, stageName=stage, targetPipelineExecutionId=target)
    execution: str = answer["pipelineExecutionId"]
    return execution


def summary(shop: Workshop, execution: str):
    return next(each for each in shop.executions() if each["pipelineExecutionId"] == execution)


def test_a_rollback_runs_the_chosen_stage_again(api, account):
    """Shows CP-116, CP-117, CP-119."""
    shop = Workshop(api, account, TWO, pipelineType="V2")
    good, later = released(shop, shop.first), released(shop)
    back = roll_back(shop, good)
    assert back not in (good, later)
    shop.succeed(back, "Make")
    shop.wait_status(back, "Succeeded")
    assert shop.has_no_job("Send")
    shown = summary(shop, back)
    assert (shown["executionType"], shown["trigger"]["triggerType"]) == ("ROLLBACK", "ManualRollback")
    assert shown["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    latest = shop.state("Build")["latestExecution"]
    assert (latest["pipelineExecutionId"], latest["status"], latest["type"]) == (back, "Succeeded", "ROLLBACK")
    assert shop.state("Ship")["latestExecution"]["pipelineExecutionId"] == later
    with refused("UnableToRollbackStageException"):
        roll_back(shop, back)


def test_a_stage_that_runs_is_not_rolled_back(api, account):
    """Shows CP-120."""
    shop = Workshop(api, account, TWO, pipelineType="V2")
    released(shop, shop.first)
    running = shop.start()
    shop.job(running, "Make")
    with refused("UnableToRollbackStageException"):
        roll_back(shop, shop.first)
    shop.succeed(running, "Make", "Send")
    assert len(shop.executions()) == 2


def test_what_cannot_be_the_target_is_refused(headrace, api, account, stranger):
    """Shows CP-118."""
    shop = Workshop(api, account, TWO, pipelineType="V2")
    released(shop, shop.first)
    with refused("StageNotFoundException"):
        roll_back(shop, shop.first, "Nowhere")
    with refused("PipelineExecutionNotFoundException"):
        roll_back(shop, str(uuid4()))
    with refused("UnableToRollbackStageException"):
        roll_back(shop, shop.first, "Source")
    foreign = headrace.client(stranger)
    with refused("PipelineNotFoundException"):
        foreign.rollback_stage(pipelineName=shop.name, stageName="Build", targetPipelineExecutionId=shop.first)
    api.update_pipeline(pipeline=shop.definition(variables=[{"name": "New", "defaultValue": "x"}]))
    with refused("PipelineExecutionOutdatedException"):
        roll_back(shop, shop.first)
    assert len(shop.executions()) == 1


def test_a_stage_that_fails_goes_back_by_itself(api, account):
    """Shows CP-121, CP-122."""
    shop = Guarded(api, account, ONE, {"Build": {"onFailure": {"result": "ROLLBACK"}}})
    shop.fail(shop.first, "Make")
    shop.wait_status(shop.first, "Failed")
    good = shop.start()
    shop.succeed(good, "Make")
    shop.wait_status(good, "Succeeded")
    assert {each["executionType"] for each in shop.executions()} == {"STANDARD"}
    bad = shop.start()
    shop.fail(bad, "Make")
    shop.wait_status(bad, "Failed")

    def rollbacks():
        return [each for each in shop.executions() if each["executionType"] == "ROLLBACK"]

    (back,) = until(rollbacks, what="a rollback")
    assert back["trigger"]["triggerType"] == "AutomatedRollback"
    assert back["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    shop.fail(back["pipelineExecutionId"], "Make")
    shop.wait_status(back["pipelineExecutionId"], "Failed")
    assert len(rollbacks()) == 1


def test_a_stage_tries_once_more_by_itself(api, account):
    """Shows CP-115."""
    retry = {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}
    shop = Guarded(api, account, ONE, {"Build": {"onFailure": retry}})
    job = shop.job(shop.first, "Make")
    assert "retryStageMetadata" not in shop.state("Build")
    shop.fail(shop.first, "Make")
    assert shop.job(shop.first, "Make")["id"] != job["id"]
    assert shop.status(shop.first) == "InProgress"
    expected = {"autoStageRetryAttempt": 1, "latestRetryTrigger": "AutomatedStageRetry"}
    assert shop.state("Build")["retryStageMetadata"] == expected
    shop.fail(shop.first, "Make")
    shop.wait_status(shop.first, "Failed")
    assert shop.has_no_job("Make")
    assert shop.state("Build")["retryStageMetadata"] == expected


def test_a_pipeline_of_the_first_type_is_not_rolled_back(api, account):
    shop = Workshop(api, account, TWO, pipelineType="V1")
    released(shop, shop.first)
    with pytest.raises(ClientError, match="Only V2 pipelines can be rolled back") as caught:
        roll_back(shop, shop.first)
    assert caught.value.response["Error"]["Code"] == "UnableToRollbackStageException"
