import json

import httpx2
import pytest

from headrace_sdk import PeerUnavailable
from headrace_sdk.testing import MemoryArtifacts, make_request, run_action
from plugins.lambda_invoke_rule.plugin import LambdaInvoke

from .aws_peers import AwsRuleContract, asking, returned

CHECK = {"FunctionName": "check"}


class TestContract(AwsRuleContract):
    provider = LambdaInvoke()
    configuration = {**CHECK, "UserParameters": "shop"}
    answers = (returned(None),)


def ended(tmp_path, *answers, **configuration):
    request, peer = asking(tmp_path, {**CHECK, **configuration}, *answers)
    return run_action(LambdaInvoke(), request).result, peer


def test_what_a_function_returns_is_a_yes(tmp_path):
    result, peer = ended(tmp_path, returned({"statusCode": 200}))
    assert result.summary == "The function 'check' returned."
    method, url, options = peer.requests[0]
    assert (method, url) == ("POST", "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/check/invocations")
    assert options["headers"]["X-Amz-Invocation-Type"] == "RequestResponse"
    assert "/us-east-1/lambda/aws4_request" in options["headers"]["Authorization"]


def test_the_function_is_told_what_it_is_asked_for(tmp_path):
    artifacts = MemoryArtifacts(tmp_path)
    artifacts.add_input("Code", {"a.txt": b"1"})
    request, peer = asking(tmp_path, {**CHECK, "UserParameters": "shop"}, returned(None), artifacts=artifacts)
    run_action(LambdaInvoke(), request)
    told = json.loads(peer.requests[0][2]["content"])["CodePipeline.job"]
    assert (told["id"], told["accountId"]) == ("attempt-1", "111122223333")
    assert told["data"]["actionConfiguration"]["configuration"] == {"FunctionName": "check", "UserParameters": "shop"}
    assert [each["name"] for each in told["data"]["inputArtifacts"]] == ["Code"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"errorMessage": "Two checks are red.", "errorType": "Red"}, "Two checks are red."),
        ({"errorMessage": "2030-01-31 Task timed out after 3.00 seconds"}, "Task timed out after 3.00 seconds."),
        ("odd", "it gave no reason."),
    ],
)
def test_a_function_that_raises_is_a_no(tmp_path, told, said):
    result, _ = ended(tmp_path, returned(told, **{"X-Amz-Function-Error": "Unhandled"}))
    assert (result.code, result.message.endswith(said)) == ("JobFailed", True)
    assert result.message.startswith("The function 'check' failed: ")


@pytest.mark.parametrize(
    ("status", "code", "failure", "requests"),
    [
        (404, "ResourceNotFoundException", "ConfigurationError", 1),
        (403, "AccessDeniedException", "PermissionError", 1),
        (403, "UnrecognizedClientException", "PermissionError", 1),
        (403, "ExpiredTokenException", "PermissionError", 1),
        (429, "TooManyRequestsException", "SystemUnavailable", 3),
        (500, "ServiceException", "SystemUnavailable", 3),
    ],
)
def test_what_lambda_refuses_is_told_with_its_word(tmp_path, status, code, failure, requests):
    answer = httpx2.Response(status, headers={"X-Amzn-Errortype": code}, json={"Message": "Not now."})
    result, peer = ended(tmp_path, answer)
    assert (result.code, result.message) == (failure, f"lambda Invoke was refused with {code}: Not now.")
    assert len(peer.requests) == requests


def test_a_call_that_was_throttled_is_made_again(tmp_path):
    busy = httpx2.Response(429, headers={"X-Amzn-Errortype": "TooManyRequestsException"}, json={"Message": "Not now."})
    result, peer = ended(tmp_path, busy, returned("yes"))
    assert (result.summary, len(peer.requests)) == ("The function 'check' returned.", 2)


def test_an_endpoint_that_is_gone_is_named(tmp_path):
    result, _ = ended(tmp_path, PeerUnavailable("The name lambda.example.org cannot be resolved."))
    assert (result.code, result.message) == ("SystemUnavailable", "The name lambda.example.org cannot be resolved.")


def test_an_account_without_a_connection_is_told_so(tmp_path):
    result = run_action(LambdaInvoke(), make_request(tmp_path, CHECK)).result
    assert (result.code, "no AWS connection" in result.message) == ("ConfigurationError", True)
