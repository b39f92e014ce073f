"""Pipelines in each state that a person may see: conditions, retries, rollbacks, stops. Made over the API."""

from collections.abc import Callable
from typing import Any

from tests.journeys.workshop import (
    GATE,
    NOOP_RULE,
    Details,
    Workshop,
    condition,
    gate_is_open,
    rule,
    unhurried,
)
from tests.running import Account, until

RELEASE = {"Build": [("Compile", 1), ("UnitTests", 1), ("Package", 2)], "Deploy": [("Ship", 1)]}
SHUT = [{"name": "Gate", "value": "shut"}]
ROLLBACK = {"onFailure": {"result": "ROLLBACK"}}
RETRY = {"onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}}
CHECKS_FAILURE = {"onFailure": condition("ROLLBACK", rule("WasHealthy", NOOP_RULE, Behaviour="fail"))}


def open_shop(api: Any, account: Account, guards: Details | None = None, **members: Any) -> Workshop:
    return Workshop(api, account, RELEASE, **{"pipelineType": "V2", "variables": [GATE], "guards": guards, **members})


def release(shop: Workshop, execution: str) -> None:
    """Let an execution through to its end."""
    shop.succeed(execution, "Compile", "UnitTests", "Package", "Ship")
    shop.wait_status(execution, "Succeeded")


def rule_statuses(shop: Workshop) -> list[str]:
    found = shop.api.list_rule_executions(pipelineName=shop.name)["ruleExecutionDetails"]
    return [each["status"] for each in found]


def turned_away(api: Any, account: Account) -> Workshop:
    """One rule of its entry failed, one passed."""
    rules = [gate_is_open(), rule("OfficeHours", NOOP_RULE, Behaviour="succeed")]
    shop = open_shop(api, account, {"beforeEntry": condition("FAIL", *rules), **ROLLBACK})
    release(shop, shop.first)
    shop.wait_status(shop.start(variables=SHUT), "Failed")
    return shop


def being_checked(api: Any, account: Account) -> Workshop:
    shop = open_shop(api, account, {"beforeEntry": condition("FAIL", unhurried(), gate_is_open())})
    until(lambda: "Succeeded" in rule_statuses(shop), what="one of two rules")
    return shop


def skipped(api: Any, account: Account) -> Workshop:
    shop = open_shop(api, account, {"beforeEntry": condition("SKIP", gate_is_open())})
    release(shop, shop.first)
    execution = shop.start(variables=SHUT)
    shop.job(execution, "Ship")
    return shop


def overridden(api: Any, account: Account) -> Workshop:
    shop = turned_away(api, account)
    failed = shop.executions()[0]["pipelineExecutionId"]
    api.override_stage_condition(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=failed, conditionType="BEFORE_ENTRY"
    )
    shop.job(failed, "Compile")
    return shop


def could_not_be_checked(api: Any, account: Account) -> Workshop:
    shop = open_shop(api, account, {"onSuccess": condition("FAIL", rule("ErrorBudget", NOOP_RULE, Behaviour="err"))})
    shop.succeed(shop.first, "Compile", "UnitTests", "Package")
    shop.wait_status(shop.first, "Failed")
    return shop


def rejected(api: Any, account: Account) -> Workshop:
    """Its success was rejected, and there was nothing to roll back to."""
    shop = open_shop(api, account, {"onSuccess": condition("ROLLBACK", gate_is_open())}, variables=[GATE])
    shop.api.stop_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=shop.first, abandon=True)
    execution = shop.start(variables=SHUT)
    shop.succeed(execution, "Compile", "UnitTests", "Package")
    shop.wait_status(execution, "Failed")
    return shop


def rolling_back(api: Any, account: Account) -> Workshop:
    """A failure is rolled back by itself, to the first execution."""
    shop = open_shop(api, account, ROLLBACK)
    release(shop, shop.first)
    failing = shop.start()
    shop.succeed(failing, "Compile")
    shop.fail(failing, "UnitTests", "3 tests failed: test_board, test_notice, test_site.")
    shop.job(shop.executions()[0]["pipelineExecutionId"], "Compile")
    return shop


def failed_for_good(api: Any, account: Account) -> Workshop:
    """Retried by itself and by hand, and failed each time."""
    shop = open_shop(api, account, RETRY)
    for _ in range(2):
        shop.job(shop.first, "UnitTests")
        if "Compile" in {name for _, name in shop.held}:
            shop.succeed(shop.first, "Compile")
        shop.fail(shop.first, "UnitTests", "The database did not answer.")
    shop.wait_status(shop.first, "Failed")
    shop.api.retry_stage_execution(
        pipelineName=shop.name, stageName="Build", pipelineExecutionId=shop.first, retryMode="FAILED_ACTIONS"
    )
    shop.fail(shop.first, "UnitTests", "The database did not answer.")
    shop.wait_status(shop.first, "Failed")
    return shop


def checked_after_failure(api: Any, account: Account) -> Workshop:
    shop = open_shop(api, account, CHECKS_FAILURE)
    shop.succeed(shop.first, "Compile")
    shop.fail(shop.first, "UnitTests")
    shop.wait_status(shop.first, "Failed")
    return shop


def stopping(api: Any, account: Account) -> Workshop:
    """Stopped, while one action runs, and others wait behind it."""
    shop = open_shop(api, account, executionMode="QUEUED")
    shop.job(shop.first, "Compile")
    following = [shop.start(), shop.start()]
    until(lambda: len(shop.state("Build").get("inboundExecutions", [])) == len(following), what="who waits")
    api.stop_pipeline_execution(pipelineName=shop.name, pipelineExecutionId=shop.first, reason="wrong branch")
    return shop


STATES: dict[str, Callable[[Any, Account], Workshop]] = {
    made.__name__: made
    for made in (
        turned_away,
        being_checked,
        skipped,
        overridden,
        could_not_be_checked,
        rejected,
        rolling_back,
        failed_for_good,
        checked_after_failure,
        stopping,
    )
}
