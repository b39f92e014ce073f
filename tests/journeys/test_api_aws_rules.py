"""Rules that ask AWS: in the worker's children, with the account's connection, against a compatible endpoint."""

import pytest

from tests.journeys.workshop import Workshop, condition, rule
from tests.plugins.aws_peers import furnish, moto_server
from tests.running import Headrace, until

ENTRY = "beforeEntryConditionState"


def aws_rule(provider: str, **configuration: str):
    type_id = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    return rule(provider, type_id, **configuration)


@pytest.fixture(scope="module")
def endpoint():
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def headrace(endpoint):
    with Headrace(environment={"HEADRACE_EGRESS_ALLOW": endpoint.removeprefix("http://")}) as running:
        yield running


@pytest.fixture(scope="module")
def aws(endpoint):
    return furnish(endpoint)


@pytest.fixture
def account(headrace):
    return headrace.create_account("Aws")


def connect(headrace, account, endpoint: str) -> None:
    connection = {"region": "us-east-1", "access_key_id": "AKIAEXAMPLE", "secret_access_key": "planted-secret"}
    address = f"accounts/{account['account_id']}/aws-connection/"
    with headrace.rest(headrace.token(account)) as rest:
        assert rest.put(address, json={**connection, "endpoint_url": endpoint}).status_code == 200


def shop_of(headrace, account, *rules) -> Workshop:
    stages = {"Build": [("Make", 1)]}
    api = headrace.client(account)
    return Workshop(api, account, stages, guards={"beforeEntry": condition("FAIL", *rules)}, pipelineType="V2")


def details(shop: Workshop) -> dict:
    found = shop.api.list_rule_executions(pipelineName=shop.name)["ruleExecutionDetails"]
    return {each["ruleName"]: each["output"]["executionResult"] for each in found}


def test_all_three_let_a_stage_begin(headrace, account, endpoint, aws):
    connect(headrace, account, endpoint)
    shop = shop_of(
        headrace,
        account,
        aws_rule("LambdaInvoke", FunctionName="check", UserParameters="shop"),
        aws_rule("CloudWatchAlarm", AlarmName="check"),
        aws_rule("CodeBuild", ProjectName="check"),
    )
    shop.succeed(shop.first, "Make")
    assert shop.rule_states(ENTRY) == dict.fromkeys(("LambdaInvoke", "CloudWatchAlarm", "CodeBuild"), "Succeeded")
    assert details(shop)["CodeBuild"]["externalExecutionId"].startswith("check:")
    assert "planted-secret" not in headrace.logs(lines=10_000)


def test_an_alarm_holds_a_stage_until_it_calms_down(headrace, account, endpoint, aws):
    connect(headrace, account, endpoint)
    aws("cloudwatch").set_alarm_state(AlarmName="check", StateValue="ALARM", StateReason="tests")
    shop = shop_of(headrace, account, aws_rule("CloudWatchAlarm", AlarmName="check", WaitTime="10"))
    until(lambda: "state ALARM" in str(details(shop)), what="a look at the alarm")
    assert shop.rule_states(ENTRY) == {"CloudWatchAlarm": "InProgress"}
    aws("cloudwatch").set_alarm_state(AlarmName="check", StateValue="OK", StateReason="tests")
    shop.succeed(shop.first, "Make")


@pytest.mark.parametrize("connected", [True, False])
def test_a_rule_that_could_not_ask_says_why(headrace, account, endpoint, aws, connected):
    if connected:
        connect(headrace, account, "http://169.254.169.254")
    shop = shop_of(headrace, account, aws_rule("CloudWatchAlarm", AlarmName="check"))
    shop.wait_status(shop.first, "Failed")
    said = details(shop)["CloudWatchAlarm"]["errorDetails"]["message"]
    assert ("which is not public" if connected else "no AWS connection") in said
