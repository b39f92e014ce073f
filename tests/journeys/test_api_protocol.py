"""The two protocols as they stand on the wire, below what an SDK shows."""

import os
import re
from uuid import uuid4

import pytest

from tests.journeys.wire import post_cbor, post_json
from tests.journeys.workshop import simple
from tests.running import CBOR, JSON, Headrace, until

REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_a_json_call_gets_a_json_object(headrace, account):
    """Shows CP-001."""
    reply = post_json(headrace, account, "ListPipelines")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-amz-json-1.1")
    assert isinstance(reply.body["pipelines"], list)
    assert REQUEST_ID.fullmatch(reply.headers["x-amzn-requestid"])


def test_a_cbor_call_gets_a_cbor_map(headrace, account):
    """Shows CP-002."""
    for body in (b"\xa0", b"\xbf\xff"):  # a map of definite and one of indefinite length
        reply = post_cbor(headrace, account, "ListPipelines", body)
        assert (reply.status, reply.headers["content-type"]) == (200, "application/cbor")
        assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
        assert isinstance(reply.body["pipelines"], list)


def test_boto3_as_it_comes_speaks_json(headrace, account):
    """Shows CP-003."""
    client = headrace.client(account)
    assert client.meta.service_model.metadata["protocols"][0] == "smithy-rpc-v2-cbor"
    sent = []
    client.meta.events.register("before-send.codepipeline.*", lambda request, **_: sent.append(request.headers))
    client.list_pipelines()
    assert sent[0]["X-Amz-Target"] == b"CodePipeline_20150709.ListPipelines"


@pytest.mark.parametrize("call", [post_json, post_cbor])
def test_errors_and_empty_answers_have_their_form(headrace, account, call):
    """Shows CP-004."""
    name = b'{"name": "nobody"}' if call is post_json else b"\xa1dname\x66nobody"
    reply = call(headrace, account, "GetPipeline", name)
    assert reply.error == (400, "PipelineNotFoundException")
    assert "does not have a pipeline with name 'nobody'" in reply.body["message"]
    deleted = call(headrace, account, "DeletePipeline", name)
    assert deleted.status == 200
    assert deleted.raw in (b"{}", b"\xa0", b"")


@pytest.mark.parametrize("call", [post_json, post_cbor])
def test_a_call_without_keys_is_refused_in_its_own_protocol(headrace, account, call):
    unknown = {**account, "access_key_id": "AKIA" + uuid4().hex[:16].upper()}
    reply = call(headrace, unknown, "ListPipelines")
    assert reply.error == (400, "UnrecognizedClientException")


def test_the_other_server_speaks_the_same():
    """A short tour on the server that this run does not use."""
    used = os.environ.get("HEADRACE_SERVER", "daphne")
    with Headrace(server={"daphne": "uvicorn", "uvicorn": "daphne"}[used]) as headrace:
        account = headrace.create_account()
        for protocol in (JSON, CBOR):
            api = headrace.client(account, protocol)
            name = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
            assert name in [each["name"] for each in api.list_pipelines()["pipelines"]]
            until(lambda api=api, name=name: has_succeeded(api, name), what="success")


def has_succeeded(api, name: str) -> bool:
    found = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return [each["status"] for each in found] == ["Succeeded"]
