"""Pages and request tokens over the wire: whose a page's token is, and a start that many send at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest

from tests.journeys.workshop import refused, simple, unique
from tests.running import CBOR, JSON, until

STARTS = 3
CHECK = {
    "name": "Check",
    "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
    "configuration": {"Variable": "#{codepipeline.PipelineExecutionId}", "Value": "none", "Operator": "NE"},
}


def guarded(account):
    """Return the definition of a pipeline each of whose executions runs two actions and a rule."""
    wanted = simple(account, pipelineType="V2", executionMode="PARALLEL")
    wanted["stages"][1]["beforeEntry"] = {"conditions": [{"result": "FAIL", "rules": [CHECK]}]}
    return wanted


@pytest.fixture(scope="module")
def busy(headrace):
    """A client of an account of its own, and its two pipelines, each with webhooks and finished executions."""
    account = headrace.create_account("Pages")
    api = headrace.client(account)
    found = []
    for _ in range(2):
        name = api.create_pipeline(pipeline=guarded(account))["pipeline"]["name"]
        for _ in range(STARTS):
            api.start_pipeline_execution(name=name)
        hook = {"targetPipeline": name, "targetAction": "Start", "filters": [{"jsonPath": "$.ref"}]}
        open_to_all = {"authentication": "UNAUTHENTICATED", "authenticationConfiguration": {}}
        api.put_webhook(webhook={"name": unique("hook"), **hook, **open_to_all})
        found.append(name)
    for name in found:
        until(lambda name=name: all_succeeded(api, name), seconds=60, what=f"the executions of {name}")
    return account, found


def all_succeeded(api, name: str) -> bool:
    executions = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return [each["status"] for each in executions] == ["Succeeded"] * (STARTS + 1)


def lists(api, name: str, other: str):
    """Return each list that has pages, as (operation, arguments, arguments of other requests)."""
    of_it = {"pipelineName": name}
    first = api.list_pipeline_executions(**of_it)["pipelineExecutionSummaries"][0]["pipelineExecutionId"]
    narrowed = [
        {"pipelineName": other},
        {**of_it, "filter": {"pipelineExecutionId": first}},
        {**of_it, "filter": {"latestInPipelineExecution": {"pipelineExecutionId": first, "startTimeRange": "Latest"}}},
    ]
    in_a_stage = [{"pipelineName": other}, {**of_it, "filter": {"succeededInStage": {"stageName": "Build"}}}]
    return [
        ("list_pipelines", {}, []),
        ("list_webhooks", {}, []),
        ("list_pipeline_executions", of_it, in_a_stage),
        ("list_action_executions", of_it, narrowed),
        ("list_rule_executions", of_it, narrowed),
    ]


def asked(operation: str, token: str | None = None):
    size, after = ("MaxResults", "NextToken") if operation == "list_webhooks" else ("maxResults", "nextToken")
    return {size: 1, **({after: token} if token else {})}


def token_of(api, operation: str, arguments) -> str:
    answer = getattr(api, operation)(**arguments, **asked(operation))
    token: str = answer["NextToken" if operation == "list_webhooks" else "nextToken"]
    return token


@pytest.mark.parametrize("protocol", [JSON, CBOR])
def test_a_token_is_good_for_the_request_that_got_it(headrace, stranger, busy, protocol):
    """Shows CP-012, CP-014."""
    account, (name, other) = busy
    api, foreign = headrace.client(account, protocol), headrace.client(stranger, protocol)
    found = lists(api, name, other)
    tokens = {operation: token_of(api, operation, arguments) for operation, arguments, _ in found}
    for operation, arguments, others in found:
        call, token = getattr(api, operation), tokens[operation]
        for changed in others:
            with refused("InvalidNextTokenException"):
                call(**changed, **asked(operation, token))
        for issued_by in tokens.keys() - {operation}:
            with refused("InvalidNextTokenException"):
                call(**arguments, **asked(operation, tokens[issued_by]))
        with refused("PipelineNotFoundException" if arguments else "InvalidNextTokenException"):
            getattr(foreign, operation)(**arguments, **asked(operation, token))
        call(**arguments, **asked(operation, token))


@pytest.mark.parametrize("protocol", [JSON, CBOR])
def test_a_stranger_with_a_pipeline_of_the_same_name_gets_no_page(headrace, busy, protocol):
    account, (name, other) = busy
    api, twin = headrace.client(account, protocol), headrace.create_account("Twin")
    foreign = headrace.client(twin, protocol)
    foreign.create_pipeline(pipeline={**guarded(twin), "name": name})
    for operation, arguments, _ in lists(api, name, other):
        token = token_of(api, operation, arguments)
        with refused("InvalidNextTokenException"):
            getattr(foreign, operation)(**arguments, **asked(operation, token))


@pytest.mark.parametrize("protocol", [JSON, CBOR])
def test_a_walk_goes_on_after_what_was_shown(headrace, busy, protocol):
    account, _ = busy
    api = headrace.client(account, protocol)
    first = api.list_pipelines(maxResults=1)
    (shown,) = first["pipelines"]
    before = api.create_pipeline(pipeline=simple(account, f"0-{unique('early')}"))["pipeline"]["name"]
    after = api.create_pipeline(pipeline=simple(account, f"z-{unique('late')}"))["pipeline"]["name"]
    rest = []
    token = first["nextToken"]
    while token:
        following = api.list_pipelines(maxResults=1, nextToken=token)
        rest += [each["name"] for each in following["pipelines"]]
        token = following.get("nextToken")
    assert rest == sorted(set(rest))
    assert after in rest
    assert before not in rest
    assert shown["name"] not in rest
    for made in (before, after):
        api.delete_pipeline(name=made)


def test_eight_starts_with_one_token_start_once(headrace, account):
    """Shows CP-066."""
    clients = [headrace.client(account, protocol) for protocol in (JSON, CBOR)]
    name = clients[0].create_pipeline(pipeline=simple(account, pipelineType="V2", executionMode="PARALLEL"))[
        "pipeline"
    ]["name"]
    token, ready = str(uuid4()), Barrier(8)

    def start(number: int) -> str:
        ready.wait()
        started = clients[number % 2].start_pipeline_execution(name=name, clientRequestToken=token)
        return started["pipelineExecutionId"]

    with ThreadPoolExecutor(8) as pool:
        (execution,) = set(pool.map(start, range(8)))
    listed = clients[0].list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    by_hand = [each for each in listed if each["trigger"]["triggerType"] == "StartPipelineExecution"]
    assert [each["pipelineExecutionId"] for each in by_hand] == [execution]
