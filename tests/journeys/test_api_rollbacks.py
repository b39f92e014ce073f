"""Rolling a stage back, and what stages do by themselves when they fail. Over both protocols."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.workshop import GATE, Details, Workshop, condition, gate_is_open, refused
from tests.running import until

BUILD_AND_SHIP = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}
SHUT = [{"name": "Gate", "value": "shut"}]
ROLLBACK = {"onFailure": {"result": "ROLLBACK"}}
RETRY = {"onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}}


def guarded(api: Any, account, guards: Details | None = None, **members: Any) -> Workshop:
    return Workshop(
        api, account, BUILD_AND_SHIP, **{"pipelineType": "V2", "variables": [GATE], "guards": guards, **members}
    )


def released(api: Any, account, guards: Details | None = None, **members: Any) -> Workshop:
    """Return a workshop whose first execution succeeded."""
    shop = guarded(api, account, guards, **members)
    shop.succeed(shop.first, "Make", "Send")
    return shop


def roll_back(shop: Workshop, target: str, **replaced: str) -> str:
    asked = {"pipelineName": shop.name, "stageName": "Build", "targetPipelineExecutionId": target} | replaced
    return shop.api.rollback_stage(**asked)["pipelineExecutionId"]


def retry(shop: Workshop, execution: str, mode: str = "FAILED_ACTIONS") -> None:
    shop.api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=execution, retryMode=mode
    )


def execution_of(shop: Workshop, execution: str) -> Details:
    found = shop.api.get_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=execution)
    return found["pipelineExecution"]


def rollbacks(shop: Workshop) -> list[Details]:
    return [each for each in shop.executions() if each["executionType"] == "ROLLBACK"]


def test_a_rollback_runs_one_stage_with_what_its_target_had(api, account):
    """Shows CP-116, CP-117."""
    shop = released(api, account)
    newer = shop.start(variables=SHUT)
    shop.succeed(newer, "Make", "Send")
    back = roll_back(shop, shop.first)
    assert back not in {shop.first, newer}
    found = execution_of(shop, back)
    assert (found["executionType"], found["status"]) == ("ROLLBACK", "InProgress")
    assert found["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": shop.first}
    assert found["trigger"]["triggerType"] == "ManualRollback"
    assert account["account_id"] in found["trigger"]["triggerDetail"]
    target = execution_of(shop, shop.first)
    assert found["artifactRevisions"] == target["artifactRevisions"]
    assert found["variables"] == target["variables"] == [{"name": "Gate", "resolvedValue": "open"}]
    assert shop.state("Build")["latestExecution"] == {
        "pipelineExecutionId": back,
        "status": "InProgress",
        "type": "ROLLBACK",
    }
    shop.succeed(back, "Make")
    assert shop.status(back) == "Succeeded"
    assert shop.state("Ship")["latestExecution"]["pipelineExecutionId"] == newer
    assert shop.state("Source")["latestExecution"]["pipelineExecutionId"] == newer
    actions = api.list_action_executions(pipelineName=shop.name, filter={"pipelineExecutionId": back})
    assert [each["actionName"] for each in actions["actionExecutionDetails"]] == ["Make"]


def test_a_rollback_takes_the_artifacts_of_its_target(json_api, account):
    """Shows that retained artifacts are used (reference 5.12)."""
    shop = Workshop(json_api, account, BUILD_AND_SHIP, pipelineType="V2")
    shop.succeed(shop.first, "Make", "Send")
    shop.stages[1]["actions"][0]["inputArtifacts"] = [{"name": "Code"}]
    json_api.update_pipeline(pipeline=shop.definition())
    first, newer = shop.start(), None
    given = shop.job(first, "Make")["data"]["inputArtifacts"]
    shop.succeed(first, "Make", "Send")
    newer = shop.start()
    assert shop.job(newer, "Make")["data"]["inputArtifacts"] != given
    shop.succeed(newer, "Make", "Send")
    back = roll_back(shop, first)
    assert shop.job(back, "Make")["data"]["inputArtifacts"] == given
    shop.succeed(back, "Make")


def test_a_rollback_that_fails_can_be_retried_and_stopped(api, account):
    """Shows the last rows of reference 5.12."""
    shop = released(api, account, ROLLBACK)
    back = roll_back(shop, shop.first)
    shop.fail(back, "Make")
    assert shop.status(back) == "Failed"
    assert [each["pipelineExecutionId"] for each in rollbacks(shop)] == [back]
    retry(shop, back)
    shop.job(back, "Make")
    api.stop_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=back, abandon=True)
    assert shop.status(back) == "Stopped"
    shop.held.clear()
    retry(shop, back, "ALL_ACTIONS")
    shop.succeed(back, "Make")
    assert shop.status(back) == "Succeeded"
    assert execution_of(shop, back)["executionType"] == "ROLLBACK"


def test_a_rollback_goes_to_no_rollback_and_to_no_failure(api, account):
    """Shows CP-119."""
    shop = released(api, account)
    back = roll_back(shop, shop.first)
    shop.succeed(back, "Make")
    failed = shop.start()
    shop.fail(failed, "Make")
    for target in (back, failed):
        with refused("UnableToRollbackStageException"):
            roll_back(shop, target)
    assert [each["pipelineExecutionId"] for each in rollbacks(shop)] == [back]


def test_a_stage_in_progress_is_not_rolled_back(api, account):
    """Shows CP-120."""
    shop = released(api, account)
    running = shop.start()
    shop.job(running, "Make")
    with refused("UnableToRollbackStageException"):
        roll_back(shop, shop.first)
    shop.succeed(running, "Make", "Send")
    assert shop.status(running) == "Succeeded"


def test_a_target_of_an_older_version_is_outdated(api, account):
    """Shows CP-118, CP-073."""
    shop = released(api, account)
    api.update_pipeline(pipeline=shop.definition(variables=[GATE, {"name": "More", "defaultValue": "1"}]))
    with refused("PipelineExecutionOutdatedException"):
        roll_back(shop, shop.first)
    wanted = {"succeededInStage": {"stageName": "Build"}}
    assert api.list_pipeline_executions(pipelineName=shop.name, filter=wanted)["pipelineExecutionSummaries"] == []


def test_a_rollback_names_what_is_wrong(api, account, headrace, stranger):
    """Shows the faults of RollbackStage (reference 5.12)."""
    shop = released(api, account)
    other = released(api, account)
    for replaced, code in (
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"stageName": "Source"}, "UnableToRollbackStageException"),
        ({"pipelineName": "nobody"}, "PipelineNotFoundException"),
        ({"targetPipelineExecutionId": str(uuid4())}, "PipelineExecutionNotFoundException"),
        ({"targetPipelineExecutionId": other.first}, "PipelineExecutionNotFoundException"),
        ({"targetPipelineExecutionId": "no uuid"}, "ValidationException"),
    ):
        with refused(code):
            roll_back(shop, shop.first, **replaced)
    shop.api = headrace.client(stranger)
    with refused("PipelineNotFoundException"):
        roll_back(shop, shop.first)
    shop.api = api
    assert rollbacks(shop) == []


def test_a_stage_that_is_gone_is_not_rolled_back(json_api, account):
    shop = released(json_api, account)
    shop.stages = [each for each in shop.stages if each["name"] != "Ship"]
    json_api.update_pipeline(pipeline=shop.definition())
    with refused("StageNotFoundException"):
        roll_back(shop, shop.first, stageName="Ship")


def test_a_pipeline_of_the_first_type_is_not_rolled_back(api, account):
    shop = Workshop(api, account, BUILD_AND_SHIP, pipelineType="V1")
    shop.succeed(shop.first, "Make", "Send")
    with refused("UnableToRollbackStageException.*Only V2 pipelines can be rolled back"):
        roll_back(shop, shop.first)


def test_parallel_pipelines_are_not_rolled_back(json_api, account):
    shop = released(json_api, account, executionMode="PARALLEL")
    with refused("UnableToRollbackStageException"):
        roll_back(shop, shop.first)


def test_who_waits_enters_after_the_rollback(json_api, account):
    """Shows that a rollback takes the stage as any execution does, and that a queue keeps its order around it."""
    shop = released(json_api, account, executionMode="QUEUED")
    back = roll_back(shop, shop.first)
    waiting = [shop.start(), shop.start()]
    until(lambda: len(shop.state("Build").get("inboundExecutions", [])) == 2, what="two waiting")
    shop.succeed(back, "Make")
    for execution in waiting:
        shop.succeed(execution, "Make", "Send")
    assert [shop.status(each) for each in (back, *waiting)] == ["Succeeded"] * 3


def test_a_skipped_stage_is_no_target(json_api, account):
    shop = released(json_api, account, {"beforeEntry": condition("SKIP", gate_is_open())})
    skipped = shop.start(variables=SHUT)
    shop.succeed(skipped, "Send")
    with refused("UnableToRollbackStageException"):
        roll_back(shop, skipped)


# By themselves


def test_a_failure_rolls_back_to_the_latest_success(api, account):
    """Shows CP-122."""
    shop = released(api, account, ROLLBACK)
    later = shop.start()
    shop.succeed(later, "Make", "Send")
    failing = shop.start()
    shop.fail(failing, "Make")
    assert shop.status(failing) == "Failed"
    (back,) = rollbacks(shop)
    assert back["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": later}
    assert back["trigger"]["triggerType"] == "AutomatedRollback"
    assert json.loads(back["trigger"]["triggerDetail"]) == {"FailedPipelineExecutionId": failing}
    with refused("NotLatestPipelineExecutionException"):
        retry(shop, failing)
    shop.succeed(back["pipelineExecutionId"], "Make")
    assert shop.status(back["pipelineExecutionId"]) == "Succeeded"
    assert shop.status(failing) == "Failed"


def test_an_automatic_rollback_that_fails_brings_about_no_other(api, account):
    shop = released(api, account, ROLLBACK)
    failing = shop.start()
    shop.fail(failing, "Make")
    (back,) = rollbacks(shop)
    shop.fail(back["pipelineExecutionId"], "Make")
    assert shop.status(back["pipelineExecutionId"]) == "Failed"
    assert len(rollbacks(shop)) == 1


def test_a_failure_with_nothing_to_go_back_to_stays_failed(api, account):
    """Shows CP-121."""
    shop = guarded(api, account, ROLLBACK)
    shop.fail(shop.first, "Make")
    assert shop.status(shop.first) == "Failed"
    assert rollbacks(shop) == []
    retry(shop, shop.first)
    shop.succeed(shop.first, "Make", "Send")
    assert shop.status(shop.first) == "Succeeded"


def test_a_rollback_that_a_failure_asked_for_comes_before_who_waits(api, account):
    shop = released(api, account, ROLLBACK)
    failing = shop.start()
    shop.job(failing, "Make")
    waiting = shop.start()
    shop.wait_waiting("Build", waiting)
    shop.fail(failing, "Make")
    (back,) = rollbacks(shop)
    assert shop.state("Build")["latestExecution"]["pipelineExecutionId"] == back["pipelineExecutionId"]
    shop.succeed(back["pipelineExecutionId"], "Make")
    shop.succeed(waiting, "Make", "Send")
    assert shop.status(waiting) == "Succeeded"


def test_a_failing_success_condition_may_roll_back(api, account):
    """Shows the row ON_SUCCESS / ROLLBACK of reference 5.13."""
    shop = released(api, account, {"onSuccess": condition("ROLLBACK", gate_is_open())})
    rejected = shop.start(variables=SHUT)
    shop.succeed(rejected, "Make")
    (back,) = until(lambda: rollbacks(shop), what="the rollback")
    assert back["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": shop.first}
    assert shop.has_no_job("Send")
    shop.succeed(back["pipelineExecutionId"], "Make")
    shop.wait_status(back["pipelineExecutionId"], "Succeeded")  # with its target's variables the gate is open
    assert len(rollbacks(shop)) == 1


@pytest.mark.parametrize(("given", "times"), [({}, 1), ({"variables": SHUT}, 0)])
def test_rules_decide_whether_a_failure_rolls_back(json_api, account, given, times):
    """Shows the row "onFailure with rules" of reference 5.13."""
    shop = released(json_api, account, {"onFailure": condition("ROLLBACK", gate_is_open())})
    failing = shop.start(**given)
    shop.fail(failing, "Make")
    shop.wait_status(failing, "Failed")
    wanted = {"pipelineExecutionId": failing}
    (asked,) = json_api.list_rule_executions(pipelineName=shop.name, filter=wanted)["ruleExecutionDetails"]
    assert asked["status"] == ("Succeeded" if times else "Failed")
    assert len(rollbacks(shop)) == times


def test_a_failing_stage_is_retried_once_by_itself(api, account):
    """Shows CP-115."""
    shop = guarded(api, account, RETRY)
    assert "retryStageMetadata" not in shop.state("Build")
    shop.fail(shop.first, "Make")
    assert shop.status(shop.first) == "InProgress"
    assert shop.state("Build")["retryStageMetadata"] == {
        "autoStageRetryAttempt": 1,
        "latestRetryTrigger": "AutomatedStageRetry",
    }
    shop.fail(shop.first, "Make", "It broke again.")
    assert shop.status(shop.first) == "Failed"
    assert shop.has_no_job("Make")
    retry(shop, shop.first)
    assert shop.state("Build")["retryStageMetadata"] == {
        "autoStageRetryAttempt": 1,
        "manualStageRetryAttempt": 1,
        "latestRetryTrigger": "ManualStageRetry",
    }
    shop.fail(shop.first, "Make", "And again.")
    assert shop.status(shop.first) == "Failed"
    attempts = api.list_action_executions(pipelineName=shop.name, filter={"pipelineExecutionId": shop.first})
    assert [each["actionName"] for each in attempts["actionExecutionDetails"]] == ["Make", "Make", "Make", "Start"]


def test_an_automatic_attempt_that_succeeds_goes_on(api, account):
    shop = guarded(api, account, RETRY)
    shop.fail(shop.first, "Make")
    shop.succeed(shop.first, "Make", "Send")
    assert shop.status(shop.first) == "Succeeded"
    newer = shop.start()
    shop.fail(newer, "Make")  # each stage execution has an attempt of its own
    shop.succeed(newer, "Make", "Send")
    assert shop.status(newer) == "Succeeded"


def test_the_source_stage_may_be_retried_by_itself(json_api, account):
    shop = Workshop(json_api, account, {"Build": [("Make", 1)]}, pipelineType="V2")
    shop.stages[0] = {
        **shop.stages[0],
        "actions": [{**shop.stages[0]["actions"][0], "configuration": {"Behaviour": "fail"}}],
        **RETRY,
    }
    json_api.update_pipeline(pipeline=shop.definition())
    execution = shop.start()
    shop.wait_status(execution, "Failed")
    assert shop.state("Source")["retryStageMetadata"]["autoStageRetryAttempt"] == 1
    attempts = json_api.list_action_executions(pipelineName=shop.name, filter={"pipelineExecutionId": execution})
    assert [each["status"] for each in attempts["actionExecutionDetails"]] == ["Failed", "Failed"]
