"""Conditions of stages, through the rule that looks at a variable."""

import pytest

from tests.journeys.guarded import Guarded, asking
from tests.journeys.workshop import refused
from tests.running import until

TWO = {"Build": [("Make", 1)], "Ship": [("Send", 1)]}


def override(shop: Guarded, kind: str = "BEFORE_ENTRY") -> None:
    place = {"pipelineName": shop.name, "stageName": "Build", "pipelineExecutionId": shop.first}
    shop.api.override_stage_condition(**place, conditionType=kind)


def asked(shop: Guarded) -> str:
    """Return how the condition at the entry of Build stands."""
    shown: str = shop.state("Build")["beforeEntryConditionState"].get("latestExecution", {}).get("status", "")
    return shown


def test_a_condition_that_fails_keeps_the_execution_out(api, account):
    """Shows CP-123, CP-125, CP-127."""
    shop = Guarded(api, account, TWO, {"Build": {"beforeEntry": asking("FAIL")}}, go="no")
    shop.wait_status(shop.first, "Failed")
    assert shop.has_no_job("Make")
    assert (shop.state("Build")["latestExecution"]["status"], asked(shop)) == ("Failed", "Failed")
    assert shop.action_state("Build", "Make") == {}
    with refused("ValidationException"):
        override(shop, "ON_FAILURE")
    with refused("ConditionNotOverridableException"):
        override(shop, "ON_SUCCESS")
    override(shop)
    assert asked(shop) == "Overridden"
    shop.succeed(shop.first, "Make", "Send")
    shop.wait_status(shop.first, "Succeeded")
    with refused("ConditionNotOverridableException"):
        override(shop)


def test_a_condition_that_holds_lets_the_execution_in(api, account):
    shop = Guarded(api, account, TWO, {"Build": {"beforeEntry": asking("FAIL")}})
    shop.succeed(shop.first, "Make", "Send")
    shop.wait_status(shop.first, "Succeeded")
    assert asked(shop) == "Succeeded"
    with refused("ConditionNotOverridableException"):
        override(shop)


def test_a_stage_whose_condition_fails_may_be_skipped(api, account):
    """Shows CP-124, CP-126."""
    shop = Guarded(api, account, TWO, {"Build": {"beforeEntry": asking("SKIP")}}, go="no")
    shop.job(shop.first, "Send")
    assert shop.has_no_job("Make")
    assert shop.state("Build")["latestExecution"]["status"] == "Skipped"
    with refused("ConditionNotOverridableException"):
        override(shop)
    shop.succeed(shop.first, "Send")
    shop.wait_status(shop.first, "Succeeded")


@pytest.mark.parametrize(("go", "status"), [("yes", "Succeeded"), ("no", "Failed")])
def test_rule_executions_show_what_was_asked(headrace, api, account, stranger, go, status):
    """Shows CP-128."""
    shop = Guarded(api, account, TWO, {"Build": {"beforeEntry": asking("FAIL")}}, go=go)
    until(lambda: asked(shop) == status, what=f"a condition that is {status}")
    (shown,) = api.list_rule_executions(pipelineName=shop.name)["ruleExecutionDetails"]
    assert (shown["status"], shown["ruleName"], shown["stageName"]) == (status, "Check", "Build")
    assert shown["pipelineExecutionId"] == shop.first
    assert shown["input"]["configuration"]["Variable"] == "#{variables.Go}"
    assert shown["input"]["resolvedConfiguration"]["Variable"] == go
    with refused("PipelineNotFoundException"):
        headrace.client(stranger).list_rule_executions(pipelineName=shop.name)
