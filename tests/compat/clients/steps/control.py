"""What people do with executions that run, wait or have failed."""

from tests.compat.clients.walk import Walk, is_now


def stop(walk: Walk) -> None:
    """The older ones that waited were superseded; the newest goes on when the one before it has ended."""
    standing = walk.executions[1]
    asked = {"pipelineName": walk.name, "pipelineExecutionId": standing}
    stopped = walk.client.call("StopPipelineExecution", **asked, abandon=True, reason="Sturm")
    assert stopped == {"pipelineExecutionId": standing}
    assert walk.client.call("GetPipelineExecution", **asked)["pipelineExecution"]["status"] == "Stopped"
    listed = walk.client.call("ListPipelineExecutions", pipelineName=walk.name)["pipelineExecutionSummaries"]
    assert {each["pipelineExecutionId"]: each.get("stopTrigger") for each in listed}[standing] == {"reason": "Sturm"}
    walk.refuses("PipelineExecutionNotStoppableException", "StopPipelineExecution", **asked)


def fail_and_retry(walk: Walk) -> None:
    newest = walk.executions[-1]
    walk.approve(newest)
    failure = {"type": "JobFailed", "message": "It broke.", "externalExecutionId": "43"}
    walk.client.call("PutJobFailureResult", jobId=walk.take()["id"], failureDetails=failure)
    shown = walk.client.call("GetPipelineState", name=walk.name)["stageStates"][2]["actionStates"][0]
    assert shown["latestExecution"]["status"] == "Failed"
    assert shown["latestExecution"]["errorDetails"] == {"code": "JobFailed", "message": "It broke."}
    asked = {"pipelineName": walk.name, "stageName": "Work", "pipelineExecutionId": newest}
    retried = walk.client.call("RetryStageExecution", **asked, retryMode="FAILED_ACTIONS")
    assert retried == {"pipelineExecutionId": newest}
    walk.finish(newest)


def roll_back(walk: Walk) -> None:
    target = walk.executions[0]
    asked = {"pipelineName": walk.name, "stageName": "Work", "targetPipelineExecutionId": target}
    back = walk.client.call("RollbackStage", **asked)["pipelineExecutionId"]
    walk.finish(back)
    found = walk.client.call("GetPipelineExecution", pipelineName=walk.name, pipelineExecutionId=back)
    assert found["pipelineExecution"]["executionType"] == "ROLLBACK"
    assert found["pipelineExecution"]["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": target}


def override(walk: Walk) -> None:
    shut = [{"name": "Gate", "value": "shut"}]
    held = walk.client.call("StartPipelineExecution", name=walk.name, variables=shut)["pipelineExecutionId"]
    walk.approve(held)
    walk.wait_status(held, "Failed")
    rules = walk.client.items(
        "ListRuleExecutions",
        "ruleExecutionDetails",
        pipelineName=walk.name,
        filter={"pipelineExecutionId": held},
        size=1,
    )
    assert [(each["ruleName"], each["status"]) for each in rules] == [("GateIsOpen", "Failed")]
    assert is_now(rules[0]["startTime"])
    asked = {"pipelineName": walk.name, "stageName": "Work", "pipelineExecutionId": held}
    assert walk.client.call("OverrideStageCondition", **asked, conditionType="BEFORE_ENTRY") == {}
    walk.finish(held)


def transitions(walk: Walk) -> None:
    place = {"pipelineName": walk.name, "stageName": "Work", "transitionType": "Inbound"}
    assert walk.client.call("DisableStageTransition", **place, reason="Ebbe (low tide)") == {}
    shown = walk.client.call("GetPipelineState", name=walk.name)["stageStates"][2]["inboundTransitionState"]
    assert (shown["enabled"], shown["disabledReason"]) == (False, "Ebbe (low tide)")
    assert is_now(shown["lastChangedAt"])
    assert walk.client.call("EnableStageTransition", **place) == {}
    shown = walk.client.call("GetPipelineState", name=walk.name)["stageStates"][2]["inboundTransitionState"]
    assert shown["enabled"] is True


def history(walk: Walk) -> None:
    found = walk.client.items(
        "ListActionExecutions",
        "actionExecutionDetails",
        pipelineName=walk.name,
        filter={"pipelineExecutionId": walk.executions[0]},
        size=2,
    )
    assert [each["actionName"] for each in found] == ["Make", "Release", "Start"]
    assert all(is_now(each["startTime"]) and is_now(each["lastUpdateTime"]) for each in found)
    assert found[0]["output"]["executionResult"]["externalExecutionId"] == "42"
    assert found[2]["output"]["outputArtifacts"][0]["name"] == "Code"


def update(walk: Walk) -> None:
    wanted = walk.definition(executionMode="QUEUED")
    changed = walk.client.call("UpdatePipeline", pipeline=wanted)["pipeline"]
    assert (changed["version"], changed["executionMode"]) == (2, "QUEUED")
    before = walk.client.call("GetPipeline", name=walk.name, version=1)["pipeline"]
    assert (before["version"], before["executionMode"]) == (1, "SUPERSEDED")
    walk.refuses("PipelineVersionNotFoundException", "GetPipeline", name=walk.name, version=3)
