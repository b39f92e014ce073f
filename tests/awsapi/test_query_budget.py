"""What a signed call costs in database queries, warm, as many as there may be stages, actions and executions.

GetPipelineState and an empty PollForJobs are what clients send all day: the figures here are a budget. Whoever needs
one query more in GetPipelineState spends the last.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.actions.services import declare_third_party_action_type
from apps.awsapi.asgi import WireApi
from apps.awsapi.handling import Handling, Received
from apps.awsapi.protocols import route
from apps.tenancy.credentials import forget_credentials
from tests.actions.test_offered_types import declaration as offered_declaration
from tests.awsapi.driver import cbor_call, json_call
from tests.executions.guarded import CHECK, condition
from tests.factories import (
    NOW,
    make_access_key,
    make_account,
    make_declaration,
    make_execution,
    make_pipeline,
    settle,
    start,
)

MOST = 6
# The pipeline with its transitions, the latest stage executions with their actions, who waits.
STATE = 3
# Where a definition has such: sources that are watched, types that others offer, conditions.
OF_WATCHES, OF_OFFERED_TYPES, OF_CONDITIONS = 1, 1, 1
# The action type, and whether any job of it waits.
EMPTY_POLL = 2
TYPE = {"category": "Build", "owner": "Custom", "provider": "Bench", "version": "1"}
GIT = {"category": "Source", "owner": "ThirdParty", "provider": "Git", "version": "1"}

pytestmark = pytest.mark.django_db(transaction=True)  # a definition is kept once it is committed


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    forget_credentials()
    yield
    forget_credentials()


def queries(account, operation, request, make_call):
    """Return how many queries the second of two calls cost."""
    key, secret = make_access_key(account)
    api = WireApi(clock=lambda: NOW)
    for _ in range(2):
        raw = make_call(operation, request, key_id=key.key_id, secret=secret)
        received = Received(raw.method, raw.path, raw.query, raw.headers, raw.body, "r")
        with CaptureQueriesContext(connection) as captured:
            answer = Handling(received, route(raw.path, raw.headers), api.operations, api.signers).run()
        assert answer.status == 200, answer.body
    return len(captured)


@pytest.fixture
def account():
    return make_account()


@pytest.mark.parametrize("make_call", [json_call, cbor_call])
def test_get_pipeline_state_keeps_to_its_budget(account, make_call):
    stages = {f"Stage{number}": {f"A{place}": 1 for place in range(4)} for number in range(6)}
    pipeline = make_pipeline(account=account, stages=stages)
    settle(make_execution(pipeline, at="Source"), "Fetch")
    start(pipeline)
    assert queries(account, "GetPipelineState", {"name": "web"}, make_call) == STATE <= MOST


def test_get_pipeline_state_keeps_to_its_budget_with_all_that_a_definition_may_have(account):
    declare_third_party_action_type(make_account(), offered_declaration("*"), now=NOW)
    declaration = make_declaration(account, {"Build": {"Make": 1}, "Ship": {"Send": 1}})
    source, build, ship = declaration["stages"]
    git = {"RepositoryUrl": "https://git.example/web.git", "BranchName": "main"}
    source["actions"][0] |= {"actionTypeId": GIT, "configuration": git, "outputArtifacts": [{"name": "Code"}]}
    build["beforeEntry"] = condition("FAIL", CHECK)
    ship["actions"][0] |= {
        "actionTypeId": offered_declaration()["id"],
        "configuration": {"Suite": "all"},
        "inputArtifacts": [{"name": "Code"}],
    }
    pipeline = make_pipeline(account=account, declaration=declaration)
    start(pipeline)
    make_execution(pipeline)
    expected = STATE + OF_WATCHES + OF_OFFERED_TYPES + OF_CONDITIONS
    assert queries(account, "GetPipelineState", {"name": "web"}, json_call) == expected <= MOST


@pytest.mark.parametrize("make_call", [json_call, cbor_call])
def test_a_poll_that_finds_nothing_keeps_to_its_budget(account, make_call):
    make_pipeline(account=account)  # its only job is of the category Source
    assert queries(account, "PollForJobs", {"actionTypeId": TYPE}, make_call) == EMPTY_POLL <= MOST


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("ListPipelines", {}, 1),
        ("GetPipeline", {"name": "web"}, 3),  # with its definition, and since when it is not polled
        ("ListPipelineExecutions", {"pipelineName": "web"}, 2),
        ("ListActionExecutions", {"pipelineName": "web"}, 2),
    ],
)
def test_other_reads_cost_what_they_did(account, operation, request_, expected):
    start(make_pipeline(account=account, mode="PARALLEL"))
    assert queries(account, operation, request_, json_call) == expected
