"""The client of AWS: over loopback to moto's server, and to peers that do not behave."""

import socket
import threading

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from apps.actions.host.aws import aws_of
from headrace_sdk import AwsNotConnected, AwsRefused, PeerUnavailable
from headrace_sdk.egress import Egress
from headrace_sdk.http import GuardedHttp
from headrace_sdk.testing import ScriptedPeer, make_request, run_action
from plugins.cloud_watch_alarm_rule.plugin import CloudWatchAlarm
from plugins.code_build_rule.plugin import CodeBuild
from plugins.lambda_invoke_rule.plugin import LambdaInvoke
from tests.plugins.aws_peers import CONNECTION, aws_at, aws_over, furnish, moto_server, told

ALARMS = {"AlarmNames": ["check"]}


@pytest.fixture(scope="module")
def endpoint():
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def client(endpoint):
    return furnish(endpoint)


def test_each_rule_gets_its_answer_from_a_compatible_endpoint(endpoint, client, tmp_path):
    aws = aws_at(endpoint)
    asked = {
        LambdaInvoke(): {"FunctionName": "check"},
        CloudWatchAlarm(): {"AlarmName": "check"},
        CodeBuild(): {"ProjectName": "check"},
    }
    for rule, configuration in asked.items():
        result = run_action(rule, make_request(tmp_path, configuration, aws=aws)).result
        assert result.summary in {
            "The function 'check' returned.", "The alarm 'check' is in the state OK.", "The build succeeded.",
        }  # fmt: skip


def test_an_alarm_that_rings_fails_its_rule(endpoint, client, tmp_path):
    client("cloudwatch").set_alarm_state(AlarmName="check", StateValue="ALARM", StateReason="tests")
    try:
        request = make_request(tmp_path, {"AlarmName": "check"}, aws=aws_at(endpoint))
        assert run_action(CloudWatchAlarm(), request).result.message == "The alarm 'check' is in the state ALARM."
    finally:
        client("cloudwatch").set_alarm_state(AlarmName="check", StateValue="OK", StateReason="tests")


@pytest.mark.parametrize(
    ("rule", "configuration", "said"),
    [
        (CloudWatchAlarm(), {"AlarmName": "none"}, "There is no alarm 'none'."),
        (CodeBuild(), {"ProjectName": "none"}, "codebuild StartBuild was refused with ResourceNotFoundException"),
    ],
)
def test_what_is_not_there_is_named(endpoint, client, tmp_path, rule, configuration, said):
    result = run_action(rule, make_request(tmp_path, configuration, aws=aws_at(endpoint))).result
    assert (result.code, result.message.startswith(said)) == ("ConfigurationError", True)


def test_an_endpoint_that_is_gone_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(PeerUnavailable, match=f"127.0.0.1 on port {port} cannot be reached"):
        aws_at(f"http://127.0.0.1:{port}").call("cloudwatch", "describe_alarms", ALARMS)


def test_an_endpoint_that_never_answers_is_left_after_the_time_limit(httpserver: HTTPServer):
    release = threading.Event()
    httpserver.expect_request("/").respond_with_handler(lambda request: release.wait(5) and None)
    try:
        with pytest.raises(PeerUnavailable, match=r"did not answer within 0\.3 seconds"):
            aws_at(httpserver.url_for("/"), 0.3).call("cloudwatch", "describe_alarms", ALARMS)
    finally:
        release.set()


def test_each_call_has_the_time_it_asks_for():
    asked = []
    aws = aws_of(CONNECTION, lambda seconds: asked.append(seconds) or ScriptedPeer(told({})))
    aws.call("cloudwatch", "describe_alarms", ALARMS)
    aws.call("cloudwatch", "describe_alarms", ALARMS, time_limit_seconds=900)
    assert asked == [10, 900]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "http://169.254.169.254", "http://localhost:8000"])
def test_an_endpoint_inside_is_not_reached_unless_an_operator_allows_it(endpoint):
    http = GuardedHttp(Egress(), time_limit_seconds=2)
    with pytest.raises(PeerUnavailable, match="not public|not allowed"):
        aws_over(http, endpoint).call("cloudwatch", "describe_alarms", ALARMS)


def test_the_machines_own_credentials_endpoint_and_profile_are_not_used(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[default]\nregion = eu-west-9\nendpoint_url = http://127.0.0.1:1\n")
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIAHOST\naws_secret_access_key = host\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAHOST", "AWS_SECRET_ACCESS_KEY": "host", "AWS_SESSION_TOKEN": "host",
        "AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "eu-west-9",
        "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    peer = ScriptedPeer(told({}))
    aws_over(peer).call("cloudwatch", "describe_alarms", ALARMS)
    _, url, options = peer.requests[0]
    assert url == "https://monitoring.us-east-1.amazonaws.com/"
    assert "Credential=AKIAEXAMPLE/" in options["headers"]["Authorization"]
    assert "X-Amz-Security-Token" not in options["headers"]


def test_parameters_that_the_service_does_not_take_are_refused_before_anything_is_sent():
    peer = ScriptedPeer(told({}))
    with pytest.raises(AwsRefused) as refusal:
        aws_over(peer).call("lambda", "invoke", {"FunctionName": ""})
    assert (refusal.value.failure_code, peer.requests) == ("ConfigurationError", [])


def test_a_page_of_html_is_told_in_one_short_line():
    page = httpx2.Response(502, text="<html>\n" + "<p>Bad gateway</p>\n" * 500)
    with pytest.raises(AwsRefused) as refusal:
        aws_over(ScriptedPeer(page)).call("codebuild", "batch_get_builds", {"ids": ["a"]})
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600
    assert refusal.value.is_passing


def test_without_a_connection_every_call_says_so():
    with pytest.raises(AwsNotConnected, match="no AWS connection"):
        aws_of({}, lambda seconds: ScriptedPeer()).call("lambda", "invoke", {"FunctionName": "check"})
    with pytest.raises(AwsNotConnected, match="lacks secret_access_key"):
        aws_of({"region": "us-east-1", "access_key_id": "AKIAEXAMPLE"}, lambda seconds: ScriptedPeer())


def test_a_call_is_signed_for_its_time():
    peer = ScriptedPeer(told({}))
    aws_over(peer).call("codebuild", "batch_get_builds", {"ids": ["a"]})
    headers = peer.requests[0][2]["headers"]
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert headers["X-Amz-Date"][:8] in headers["Authorization"]
