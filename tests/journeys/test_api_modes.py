"""How executions run: run order, superseding, queues, transitions, stop, retry, updates. Over both wire protocols."""

from tests.journeys.workshop import Workshop, refused
from tests.running import until

ONE = {"Build": [("Make", 1)]}
TWO = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}


def test_equal_run_orders_run_together_and_the_next_waits(api, account):
    """Shows CP-081, CP-082."""
    shop = Workshop(api, account, {"Build": [("A", 1), ("B", 1), ("C", 2)]})
    shop.job(shop.first, "A"), shop.job(shop.first, "B")
    assert shop.action_state("Build", "A")["status"] == shop.action_state("Build", "B")["status"] == "InProgress"
    shop.succeed(shop.first, "A")
    assert shop.has_no_job("C")
    shop.succeed(shop.first, "B")
    shop.succeed(shop.first, "C")
    assert shop.status(shop.first) == "Succeeded"


def test_a_failing_action_leaves_its_siblings_to_finish(api, account):
    """Shows CP-083, CP-074."""
    shop = Workshop(api, account, {"Build": [("A", 1), ("B", 1), ("C", 2)]})
    shop.job(shop.first, "A"), shop.job(shop.first, "B")
    shop.fail(shop.first, "A")
    assert shop.status(shop.first) == "InProgress"
    shop.succeed(shop.first, "B")
    assert shop.status(shop.first) == "Failed"
    assert shop.has_no_job("C")
    names = {
        each["actionName"] for each in api.list_action_executions(pipelineName=shop.name)["actionExecutionDetails"]
    }
    assert names == {"Start", "A", "B"}


def test_a_newer_execution_supersedes_the_one_that_waits(api, account):
    """Shows CP-084, CP-085, CP-086, CP-087."""
    shop = Workshop(api, account, ONE)
    shop.job(shop.first, "Make")
    second = shop.start()
    shop.wait_waiting("Build", second)
    third = shop.start()
    shop.wait_status(second, "Superseded")
    shop.wait_waiting("Build", third)
    assert shop.status(shop.first) == "InProgress"
    with refused("StageNotRetryable|NotLatest"):
        api.retry_stage_execution(
            pipelineName=shop.name, stageName="Build", pipelineExecutionId=second, retryMode="FAILED_ACTIONS"
        )
    shop.succeed(shop.first, "Make")
    shop.succeed(third, "Make")
    assert shop.status(third) == "Succeeded"


def test_a_queue_is_served_in_the_order_of_starts(api, account):
    """Shows CP-088, CP-089."""
    shop = Workshop(api, account, ONE, executionMode="QUEUED", pipelineType="V2")
    shop.job(shop.first, "Make")
    waiting = [shop.start() for _ in range(3)]
    until(lambda: len(shop.state("Build").get("inboundExecutions", [])) == 3, what="three waiting")
    assert [each["pipelineExecutionId"] for each in shop.state("Build")["inboundExecutions"]] == waiting
    for execution in [shop.first, *waiting]:
        shop.succeed(execution, "Make")
    assert {shop.status(execution) for execution in waiting} == {"Succeeded"}


def test_parallel_executions_share_a_stage(api, account):
    """Shows CP-090, CP-091, CP-092."""
    shop = Workshop(
        api, account, {"Build": [(f"A{n}", 1) for n in range(6)]}, executionMode="PARALLEL", pipelineType="V2"
    )
    second = shop.start()
    shop.job(shop.first, "A0"), shop.job(second, "A0")
    assert len([key for key in shop.held if key[0] == second]) <= 5
    assert "latestExecution" not in shop.state("Build")
    for execution in (shop.first, second):
        shop.succeed(execution, *(f"A{n}" for n in range(6)))
        assert shop.status(execution) == "Succeeded"


def test_a_queued_pipeline_takes_fifty_executions(json_api, account):
    """Shows CP-093."""
    shop = Workshop(json_api, account, ONE, executionMode="QUEUED", pipelineType="V2")
    for _ in range(49):
        shop.start()
    with refused("ConcurrentPipelineExecutionsLimitExceededException"):
        shop.start()
    json_api.delete_pipeline(name=shop.name)


def test_a_failed_stage_lets_the_next_one_in(api, account):
    """Shows CP-094, CP-112."""
    shop = Workshop(api, account, ONE)
    shop.job(shop.first, "Make")
    second = shop.start()
    shop.wait_waiting("Build", second)
    shop.fail(shop.first, "Make")
    shop.wait_inside("Build", second)
    with refused("NotLatestPipelineExecutionException"):
        api.retry_stage_execution(
            pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
        )


def test_an_update_cancels_what_runs(api, account):
    """Shows CP-025, CP-026, CP-079, CP-095, CP-113."""
    shop = Workshop(api, account, TWO)
    shop.job(shop.first, "Make")
    updated = api.update_pipeline(pipeline=shop.definition(version=17))
    assert updated["pipeline"]["version"] == 2
    assert len(shop.executions()) == 1
    assert shop.status(shop.first) == "InProgress"
    shop.succeed(shop.first, "Make")
    shop.wait_status(shop.first, "Cancelled")
    found = api.get_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=shop.first)
    assert found["pipelineExecution"]["pipelineVersion"] == 1
    second = shop.start()
    shop.fail(second, "Make")
    api.update_pipeline(pipeline=shop.definition())
    with refused("StageNotRetryableException"):
        api.retry_stage_execution(
            pipelineName=shop.name, stageName="Build", pipelineExecutionId=second, retryMode="FAILED_ACTIONS"
        )


def test_an_update_leaves_parallel_executions_alone(api, account):
    """Shows CP-096."""
    shop = Workshop(api, account, ONE, executionMode="PARALLEL", pipelineType="V2")
    shop.job(shop.first, "Make")
    api.update_pipeline(pipeline=shop.definition())
    shop.succeed(shop.first, "Make")
    assert shop.status(shop.first) == "Succeeded"


def test_a_disabled_transition_holds_and_enabling_lets_in(api, account):
    """Shows CP-080, CP-097, CP-099, CP-101."""
    shop = Workshop(api, account, TWO)
    assert shop.state("Ship")["inboundTransitionState"] == {"enabled": True}
    shop.job(shop.first, "Make")
    for name in ("Build", "Ship"):
        api.disable_stage_transition(
            pipelineName=shop.name, stageName=name, transitionType="Inbound", reason="Freeze until audit"
        )
    gate = shop.state("Ship")["inboundTransitionState"]
    assert (gate["enabled"], gate["disabledReason"]) == (False, "Freeze until audit")
    assert gate["lastChangedBy"].startswith("arn:aws:iam::")
    assert gate["lastChangedAt"].tzinfo is not None
    shop.succeed(shop.first, "Make")
    shop.wait_waiting("Ship", shop.first)
    assert shop.has_no_job("Send")
    api.enable_stage_transition(pipelineName=shop.name, stageName="Ship", transitionType="Inbound")
    shop.succeed(shop.first, "Send")
    assert shop.status(shop.first) == "Succeeded"
    assert "disabledReason" not in shop.state("Ship")["inboundTransitionState"]


def test_an_outbound_gate_holds_after_the_stage(api, account):
    """Shows CP-102."""
    shop = Workshop(api, account, TWO)
    api.disable_stage_transition(pipelineName=shop.name, stageName="Build", transitionType="Outbound", reason="Not now")
    shop.succeed(shop.first, "Make")
    shop.wait_waiting("Ship", shop.first)
    api.enable_stage_transition(pipelineName=shop.name, stageName="Build", transitionType="Outbound")
    shop.succeed(shop.first, "Send")


def test_a_transition_names_what_is_wrong(api, account):
    """Shows CP-098, CP-100."""
    shop = Workshop(api, account, ONE)
    with refused("StageNotFoundException"):
        api.enable_stage_transition(pipelineName=shop.name, stageName="Nowhere", transitionType="Inbound")
    with refused("ValidationException"):
        api.disable_stage_transition(pipelineName=shop.name, stageName="Build", transitionType="Inbound", reason="a, b")
    with refused("PipelineNotFoundException"):
        api.enable_stage_transition(pipelineName="nobody", stageName="Build", transitionType="Inbound")


def test_stop_and_wait_lets_the_action_finish(api, account):
    """Shows CP-104, CP-106, CP-107, CP-108, CP-114."""
    shop = Workshop(api, account, {"Build": [("Make", 1), ("Check", 2)]})
    shop.job(shop.first, "Make")
    stop = {"pipelineName": shop.name, "pipelineExecutionId": shop.first}
    assert api.stop_pipeline_execution(**stop, reason="Wrong branch")["pipelineExecutionId"] == shop.first
    assert shop.status(shop.first) == "Stopping"
    with refused("DuplicatedStopRequestException"):
        api.stop_pipeline_execution(**stop)
    shop.succeed(shop.first, "Make")
    assert shop.status(shop.first) == "Stopped"
    assert shop.action_state("Build", "Make")["status"] == "Succeeded"
    assert shop.executions()[0]["stopTrigger"] == {"reason": "Wrong branch"}
    with refused("PipelineExecutionNotStoppableException"):
        api.stop_pipeline_execution(**stop)
    api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
    )
    shop.succeed(shop.first, "Check")
    assert shop.status(shop.first) == "Succeeded"


def test_abandoning_ends_the_execution_at_once(api, account):
    """Shows CP-105, CP-106, CP-114, CP-148."""
    shop = Workshop(api, account, ONE)
    job = shop.job(shop.first, "Make")
    stop = {"pipelineName": shop.name, "pipelineExecutionId": shop.first}
    api.stop_pipeline_execution(**stop)
    api.stop_pipeline_execution(**stop, abandon=True)
    assert shop.status(shop.first) == "Stopped"
    assert shop.action_state("Build", "Make")["status"] == "Abandoned"
    api.put_job_success_result(jobId=job["id"])
    assert shop.action_state("Build", "Make")["status"] == "Abandoned"
    api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
    )
    shop.held.clear()
    shop.succeed(shop.first, "Make")
    assert shop.status(shop.first) == "Succeeded"


def test_retrying_failed_actions_repeats_only_those(api, account):
    """Shows CP-109, CP-076."""
    shop = Workshop(api, account, {"Build": [("A", 1), ("B", 1)]})
    shop.succeed(shop.first, "A")
    shop.fail(shop.first, "B")
    before = shop.action_state("Build", "B")["actionExecutionId"]
    answer = api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
    )
    assert answer["pipelineExecutionId"] == shop.first
    shop.succeed(shop.first, "B")
    assert shop.status(shop.first) == "Succeeded"
    assert shop.action_state("Build", "B")["actionExecutionId"] != before
    assert shop.state("Build")["retryStageMetadata"]["manualStageRetryAttempt"] == 1

    def attempts(time_range: str) -> list[str]:
        nested = {"pipelineExecutionId": shop.first, "startTimeRange": time_range}
        found = api.list_action_executions(pipelineName=shop.name, filter={"latestInPipelineExecution": nested})
        return sorted(each["actionName"] for each in found["actionExecutionDetails"])

    assert attempts("All") == ["A", "B", "B", "Start"]
    assert attempts("Latest") == ["A", "B", "Start"]


def test_retrying_all_actions_repeats_the_stage(api, account):
    """Shows CP-110, CP-111."""
    shop = Workshop(api, account, {"Build": [("A", 1), ("B", 1)]})
    retry = {"pipelineName": shop.name, "stageName": "Build", "pipelineExecutionId": shop.first}
    shop.job(shop.first, "A"), shop.job(shop.first, "B")
    shop.fail(shop.first, "A")
    with refused("StageNotRetryableException"):
        api.retry_stage_execution(**retry, retryMode="ALL_ACTIONS")
    shop.succeed(shop.first, "B")
    api.retry_stage_execution(**retry, retryMode="ALL_ACTIONS")
    shop.succeed(shop.first, "A", "B")
    assert shop.status(shop.first) == "Succeeded"
    with refused("StageNotRetryableException"):
        api.retry_stage_execution(**retry, retryMode="ALL_ACTIONS")


def test_a_failed_action_can_be_retried_while_its_sibling_runs(api, account):
    """Shows the FAILED_ACTIONS rule of reference 5.11."""
    shop = Workshop(api, account, {"Build": [("A", 1), ("B", 1)]})
    shop.job(shop.first, "A"), shop.job(shop.first, "B")
    shop.fail(shop.first, "A")
    api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
    )
    shop.succeed(shop.first, "A", "B")
    assert shop.status(shop.first) == "Succeeded"
