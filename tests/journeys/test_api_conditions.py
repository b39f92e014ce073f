"""Conditions: rules at a stage's entry and after its success, and letting an execution pass. Over both protocols."""

import pytest

from tests.journeys.workshop import GATE, NOOP_RULE, Workshop, condition, gate_is_open, refused, rule, unhurried
from tests.running import until

BUILD_AND_SHIP = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}
SHUT = [{"name": "Gate", "value": "shut"}]
ENTRY, SUCCESS = "beforeEntryConditionState", "onSuccessConditionState"


def guarded(api, account, **guards) -> Workshop:
    return Workshop(api, account, BUILD_AND_SHIP, guards=guards, pipelineType="V2", variables=[GATE])


def shut_out(api, account, **guards) -> tuple[Workshop, str]:
    """Return a workshop with an execution that its closed gate has failed."""
    shop = guarded(api, account, **guards)
    shop.succeed(shop.first, "Make", "Send")
    execution = shop.start(variables=SHUT)
    return shop, execution


def override(shop: Workshop, execution: str, **replaced: str) -> None:
    asked = {"pipelineName": shop.name, "stageName": "Build", "pipelineExecutionId": execution}
    shop.api.override_stage_condition(**asked | {"conditionType": "BEFORE_ENTRY"} | replaced)


def retry(shop: Workshop, execution: str, mode: str) -> None:
    shop.api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=execution, retryMode=mode
    )


def test_a_failing_entry_condition_fails_the_stage_before_any_action(api, account):
    """Shows CP-123."""
    shop, execution = shut_out(api, account, beforeEntry=condition("FAIL", gate_is_open()))
    shop.wait_status(execution, "Failed")
    assert shop.state("Build")["latestExecution"] == {
        "pipelineExecutionId": execution,
        "status": "Failed",
        "type": "STANDARD",
    }
    assert shop.condition_state(ENTRY)["status"] == "Failed"
    assert shop.rule_states(ENTRY) == {"GateIsOpen": "Failed"}
    assert shop.action_state("Build", "Make") == {}
    found = api.list_action_executions(pipelineName=shop.name, filter={"pipelineExecutionId": execution})
    assert [each["actionName"] for each in found["actionExecutionDetails"]] == ["Start"]


def test_a_failing_entry_condition_may_skip_the_stage(api, account):
    """Shows CP-124, CP-126."""
    shop, execution = shut_out(api, account, beforeEntry=condition("SKIP", gate_is_open()))
    shop.job(execution, "Send")
    assert shop.state("Build")["latestExecution"]["status"] == "Skipped"
    with refused("ConditionNotOverridableException"):
        override(shop, execution)
    with refused("StageNotRetryableException"):
        retry(shop, execution, "ALL_ACTIONS")
    shop.succeed(execution, "Send")
    assert shop.status(execution) == "Succeeded"
    wanted = {"succeededInStage": {"stageName": "Build"}}
    found = api.list_pipeline_executions(pipelineName=shop.name, filter=wanted)["pipelineExecutionSummaries"]
    assert [each["pipelineExecutionId"] for each in found] == [shop.first]


def test_an_override_lets_a_failed_execution_pass(api, account):
    """Shows CP-125."""
    shop, execution = shut_out(api, account, beforeEntry=condition("FAIL", gate_is_open()))
    shop.wait_status(execution, "Failed")
    override(shop, execution)
    assert shop.status(execution) == "InProgress"
    state = shop.condition_state(ENTRY)
    assert (state["status"], account["account_id"] in state["summary"]) == ("Overridden", True)
    shop.succeed(execution, "Make", "Send")
    assert shop.status(execution) == "Succeeded"
    with refused("ConditionNotOverridableException"):
        override(shop, execution)


def test_an_override_while_rules_run_gives_them_up(api, account):
    """Shows the override of a condition that is being evaluated (reference 5.13)."""
    shop = guarded(api, account, beforeEntry=condition("FAIL", unhurried()))
    until(lambda: shop.condition_state(ENTRY).get("status") == "InProgress", what="the rules being asked")
    assert shop.state("Build")["latestExecution"]["status"] == "InProgress"
    override(shop, shop.first)
    assert (shop.condition_state(ENTRY)["status"], shop.rule_states(ENTRY)) == (
        "Overridden",
        {"Unhurried": "Abandoned"},
    )
    shop.succeed(shop.first, "Make", "Send")
    assert shop.status(shop.first) == "Succeeded"


def test_an_entry_that_opens_lets_actions_run_once_all_its_rules_succeeded(api, account):
    nap = rule("Nap", NOOP_RULE, Behaviour="sleep:1")
    shop = guarded(api, account, beforeEntry=condition("FAIL", gate_is_open(), nap))
    until(lambda: shop.condition_state(ENTRY).get("status") == "InProgress", what="the rules being asked")
    assert shop.action_state("Build", "Make") == {}
    shop.succeed(shop.first, "Make")
    assert shop.condition_state(ENTRY)["status"] == "Succeeded"
    assert shop.rule_states(ENTRY) == {"GateIsOpen": "Succeeded", "Nap": "Succeeded"}


def test_a_failing_success_condition_fails_the_stage_and_can_be_overridden(api, account):
    """Shows the row ON_SUCCESS / FAIL of reference 5.13."""
    shop = guarded(api, account, onSuccess=condition("FAIL", gate_is_open()))
    shop.succeed(shop.first, "Make", "Send")
    execution = shop.start(variables=SHUT)
    shop.succeed(execution, "Make")
    shop.wait_status(execution, "Failed")
    assert shop.state("Build")["latestExecution"]["status"] == "Failed"
    assert shop.condition_state(SUCCESS)["status"] == "Failed"
    assert shop.has_no_job("Send")
    override(shop, execution, conditionType="ON_SUCCESS")
    assert shop.state("Build")["latestExecution"]["status"] == "Succeeded"
    shop.succeed(execution, "Send")
    assert shop.status(execution) == "Succeeded"


def test_a_rule_that_cannot_be_evaluated_makes_its_condition_errored(api, account):
    wrong = rule("Wrong", NOOP_RULE, Behaviour="err")
    shop = guarded(api, account, beforeEntry=condition("FAIL", wrong))
    shop.wait_status(shop.first, "Failed")
    state = shop.state("Build")[ENTRY]
    assert state["latestExecution"]["status"] == "Errored"
    (shown,) = state["conditionStates"][0]["ruleStates"]
    assert shown["latestExecution"]["status"] == "Failed"
    assert shown["latestExecution"]["errorDetails"] == {
        "code": "ConfigurationError",
        "message": "It was asked to be wrong.",
    }


def test_an_override_names_what_is_wrong(api, account, headrace, stranger):
    """Shows CP-127, and the faults of OverrideStageCondition (reference 5.13)."""
    shop, execution = shut_out(api, account, beforeEntry=condition("FAIL", gate_is_open()))
    shop.wait_status(execution, "Failed")
    for replaced, code in (
        ({"conditionType": "ON_FAILURE"}, "ValidationException"),
        ({"conditionType": "ON_SUCCESS"}, "ConditionNotOverridableException"),
        ({"stageName": "Ship"}, "ConditionNotOverridableException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"pipelineName": "nobody"}, "PipelineNotFoundException"),
        ({"pipelineExecutionId": shop.first}, "ConditionNotOverridableException"),
        ({"pipelineExecutionId": "no uuid"}, "ValidationException"),
    ):
        with refused(code):
            override(shop, execution, **replaced)
    shop.api = headrace.client(stranger)
    with refused("PipelineNotFoundException"):
        override(shop, execution)
    shop.api = api
    newer = shop.start()
    shop.wait_inside("Build", newer)
    with refused("NotLatestPipelineExecutionException"):
        override(shop, execution)


def test_what_rules_did_is_listed_with_their_configuration(api, account, headrace, stranger):
    """Shows CP-128."""
    shop, execution = shut_out(api, account, beforeEntry=condition("FAIL", gate_is_open()))
    shop.wait_status(execution, "Failed")
    (found,) = api.list_rule_executions(pipelineName=shop.name, filter={"pipelineExecutionId": execution})[
        "ruleExecutionDetails"
    ]
    assert (found["stageName"], found["ruleName"], found["status"]) == ("Build", "GateIsOpen", "Failed")
    assert found["input"]["configuration"]["Variable"] == "#{variables.Gate}"
    assert found["input"]["resolvedConfiguration"]["Variable"] == "shut"
    assert found["input"]["ruleTypeId"]["provider"] == "VariableCheck"
    assert found["pipelineVersion"] == 1
    everything = api.list_rule_executions(pipelineName=shop.name)["ruleExecutionDetails"]
    assert [each["pipelineExecutionId"] for each in everything] == [execution, shop.first]
    page = api.list_rule_executions(pipelineName=shop.name, maxResults=1)
    rest = api.list_rule_executions(pipelineName=shop.name, maxResults=1, nextToken=page["nextToken"])
    assert page["ruleExecutionDetails"] + rest["ruleExecutionDetails"] == everything
    with refused("PipelineNotFoundException"):
        headrace.client(stranger).list_rule_executions(pipelineName=shop.name)


def test_retrying_asks_the_entry_again_and_the_history_keeps_both(api, account):
    """Shows the entry conditions of a retry (reference 5.11), and startTimeRange for rules."""
    shop, execution = shut_out(api, account, beforeEntry=condition("FAIL", gate_is_open()))
    shop.wait_status(execution, "Failed")
    retry(shop, execution, "ALL_ACTIONS")

    def rules(time_range: str) -> list[str]:
        wanted = {"latestInPipelineExecution": {"pipelineExecutionId": execution, "startTimeRange": time_range}}
        found = api.list_rule_executions(pipelineName=shop.name, filter=wanted)["ruleExecutionDetails"]
        return [each["status"] for each in found]

    until(lambda: rules("All") == ["Failed", "Failed"], what="the second answer")
    assert rules("Latest") == ["Failed"]
    shop.wait_status(execution, "Failed")


@pytest.mark.parametrize(("abandon", "condition_ends"), [(False, "Cancelled"), (True, "Abandoned")])
def test_stopping_gives_the_rules_up(json_api, account, abandon, condition_ends):
    shop = guarded(json_api, account, beforeEntry=condition("FAIL", unhurried()))
    until(lambda: shop.condition_state(ENTRY).get("status") == "InProgress", what="the rules being asked")
    json_api.stop_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=shop.first, abandon=abandon)
    shop.wait_status(shop.first, "Stopped")
    assert shop.condition_state(ENTRY)["status"] == condition_ends
    assert shop.rule_states(ENTRY) == {"Unhurried": "Abandoned"}
    with refused("ConditionNotOverridableException"):
        override(shop, shop.first)
    retry(shop, shop.first, "FAILED_ACTIONS")
    until(lambda: shop.condition_state(ENTRY)["status"] == "InProgress", what="the rules being asked anew")


def test_an_update_cancels_an_execution_whose_rules_run(json_api, account):
    shop = guarded(json_api, account, beforeEntry=condition("FAIL", unhurried()))
    until(lambda: shop.condition_state(ENTRY).get("status") == "InProgress", what="the rules being asked")
    json_api.update_pipeline(pipeline=shop.definition(variables=[]))
    shop.wait_status(shop.first, "Cancelled")
    assert (shop.condition_state(ENTRY)["status"], shop.rule_states(ENTRY)) == ("Cancelled", {"Unhurried": "Abandoned"})
    with refused("ConditionNotOverridableException"):
        override(shop, shop.first)


def test_a_pipeline_can_be_deleted_while_its_rules_run(json_api, account):
    shop = guarded(json_api, account, beforeEntry=condition("FAIL", unhurried()))
    until(lambda: shop.condition_state(ENTRY).get("status") == "InProgress", what="the rules being asked")
    json_api.delete_pipeline(name=shop.name)
    with refused("PipelineNotFoundException"):
        override(shop, shop.first)
