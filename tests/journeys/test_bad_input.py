"""What nobody should send: each gets a clear error of the right code, and the service goes on."""

import json
import struct

import pytest

from tests.journeys.wire import post_cbor, post_json
from tests.journeys.workshop import action, declare, definition, noop, simple, stage, take, unique
from tests.plugins.hostile_zips import HOSTILE
from tests.plugins.repositories import make_repository
from tests.running import CBOR, JSON, until

MIB = 1024**2
SERIALIZATION = (400, "SerializationException")
GIT = {"category": "Source", "owner": "ThirdParty", "provider": "Git", "version": "1"}
FOLDER = {"category": "Deploy", "owner": "ThirdParty", "provider": "Folder", "version": "1"}


@pytest.fixture(autouse=True)
def still_serves(headrace, account):
    """After each test a whole release goes through, and no process was lost on the way."""
    processes = {name: process.pid for name, process in headrace.processes.items()}
    yield
    api = headrace.client(account)
    name = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    until(lambda: latest(api, name)["status"] == "Succeeded", what="a release after bad input")
    assert {name: process.pid for name, process in headrace.processes.items() if process.poll() is None} == processes


def latest(api, name: str):
    return api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"\xff\xfe", b"", b'{"name": "a", "name": "b"}', b'{"name": NaN}', b"{}{}", b"null"],
    ids=repr,
)
def test_a_malformed_json_body_is_refused(headrace, account, body):
    status, code = post_json(headrace, account, "GetPipeline", body).error
    assert status == 400
    assert code in {"SerializationException", "ValidationException"}


@pytest.mark.parametrize(
    "body", [b"\xa1", b"\x80", b"\xff", b"\xa1\x64name", b"\xa1\x64name\x1c", b"\xa0\xa0"], ids=repr
)
def test_a_malformed_cbor_body_is_refused(headrace, account, body):
    status, code = post_cbor(headrace, account, "GetPipeline", body).error
    assert status == 400
    assert code in {"SerializationException", "ValidationException"}


@pytest.mark.parametrize("value", [5, True, ["a"], {"a": "b"}, 1.5], ids=repr)
def test_a_member_of_another_type_is_refused(headrace, account, value):
    assert post_json(headrace, account, "GetPipeline", json.dumps({"name": value}).encode()).error == SERIALIZATION
    cbor = {int: b"\x05", bool: b"\xf5", list: b"\x81\x61a", dict: b"\xa1\x61a\x61b", float: b"\xfb\x3f\xf8" + bytes(6)}
    assert post_cbor(headrace, account, "GetPipeline", b"\xa1\x64name" + cbor[type(value)]).error == SERIALIZATION


def test_a_request_of_twenty_megabytes_is_refused(headrace, account):
    large = json.dumps({"name": "x" * 20 * MIB}).encode()
    assert post_json(headrace, account, "GetPipeline", large).status == 413
    large = b"\xa1\x64name\x7a" + struct.pack(">I", 20 * MIB) + b"x" * 20 * MIB
    assert post_cbor(headrace, account, "GetPipeline", large).status == 413


def test_ten_thousand_levels_are_refused(headrace, account):
    for body in (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000):
        assert post_json(headrace, account, "GetPipeline", body).error == SERIALIZATION
    for body in (b"\xa1\x61a" * 10_000 + b"\x00", b"\x81" * 10_000 + b"\x00", b"\x9f" * 10_000, b"\xc1" * 10_000):
        assert post_cbor(headrace, account, "GetPipeline", body).error == SERIALIZATION


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(headrace, account, content_type):
    reply = post_json(headrace, account, "ListPipelines", content_type=content_type)
    assert reply.error == (400, "UnknownOperationException")
    reply = post_cbor(headrace, account, "ListPipelines", content_type=content_type)
    assert reply.error == SERIALIZATION


def from_git(account, url: str, branch: str = "main", **configuration: str):
    configuration = {"RepositoryUrl": url, "BranchName": branch, "PollForSourceChanges": "false", **configuration}
    source = action("Checkout", GIT, configuration=configuration, outputArtifacts=[{"name": "Code"}])
    stages = [stage("Source", source), stage("Build", action("Make", noop("Build")))]
    return definition(account, unique("git"), stages)


def failed_source(api, name: str):
    """Wait for the first execution to fail, and return the state of its source action."""
    until(lambda: latest(api, name)["status"] == "Failed", seconds=60, what="the failure of a source")
    return api.get_pipeline_state(name=name)["stageStates"][0]["actionStates"][0]["latestExecution"]


def test_an_unreachable_repository_fails_the_source(headrace, api, account):
    wanted = from_git(account, f"http://127.0.0.1:{headrace.closed_port}/a.git")
    shown = failed_source(api, api.create_pipeline(pipeline=wanted)["pipeline"]["name"])
    assert shown["errorDetails"]["code"] == "SystemUnavailable"
    assert "cannot be reached" in shown["errorDetails"]["message"]


def test_a_host_that_has_no_address_fails_the_source(api, account):
    wanted = from_git(account, "https://no-such-host.invalid/a.git")
    shown = failed_source(api, api.create_pipeline(pipeline=wanted)["pipeline"]["name"])
    assert shown["errorDetails"]["code"] == "SystemUnavailable"
    assert "no-such-host.invalid cannot be resolved" in shown["errorDetails"]["message"]


def test_a_polled_source_that_cannot_be_reached_shows_it_and_starts_nothing(headrace, json_api, account):
    wanted = from_git(account, f"http://127.0.0.1:{headrace.closed_port}/a.git", PollForSourceChanges="true")
    name = json_api.create_pipeline(pipeline=wanted)["pipeline"]["name"]

    def shown():
        return json_api.get_pipeline_state(name=name)["stageStates"][0]["actionStates"][0].get("latestExecution")

    until(shown, what="the look at the source")
    assert (shown()["status"], shown()["errorDetails"]["code"]) == ("Failed", "SystemUnavailable")
    assert "actionExecutionId" not in shown()
    assert json_api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"] == []


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch${IFS}{mark}",
        "ext::sh -c 'touch {mark}'",
        "ext::touch%20{mark}",
        "ssh://-oProxyCommand=touch@example.org/a.git",
        "ssh://-oProxyCommand=touch/a.git",
        "file:///etc",
        "/etc",
        "https://user:password@example.org/a.git",
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/a.git",
        "https://localhost:8443/a.git",
        "gopher://example.org/a.git",
    ],
)
def test_a_url_that_is_no_repository_is_refused(json_api, account, url, tmp_path):
    mark = tmp_path / "mark"
    wanted = from_git(account, url.replace("{mark}", str(mark)))
    shown = failed_source(json_api, json_api.create_pipeline(pipeline=wanted)["pipeline"]["name"])
    assert shown["errorDetails"]["code"] == "ConfigurationError"
    assert "is refused" in shown["errorDetails"]["message"]
    assert not mark.exists()


@pytest.mark.parametrize(("branch", "text"), [("absent", "has no branch 'absent'"), ("--all", "no branch name")])
def test_a_branch_that_does_not_exist_is_named(headrace, json_api, account, branch, text):
    folder = headrace.data / "repositories" / account["account_id"] / unique("repository")
    wanted = from_git(account, str(make_repository(folder)), branch)
    shown = failed_source(json_api, json_api.create_pipeline(pipeline=wanted)["pipeline"]["name"])
    assert shown["errorDetails"]["code"] == "ConfigurationError"
    assert text in shown["errorDetails"]["message"]


def test_a_repository_of_another_account_is_not_there(headrace, json_api, account, stranger):
    folder = headrace.data / "repositories" / stranger["account_id"] / unique("repository")
    wanted = from_git(account, str(make_repository(folder)))
    shown = failed_source(json_api, json_api.create_pipeline(pipeline=wanted)["pipeline"]["name"])
    assert shown["errorDetails"]["code"] == "ConfigurationError"
    assert "only open inside the account's own" in shown["errorDetails"]["message"]


@pytest.mark.parametrize(
    ("kind", "protocol"),
    [("parent", JSON), ("parent", CBOR), ("absolute", JSON), ("link", JSON), ("bomb", JSON), ("not a zip", JSON)],
)
def test_a_hostile_artifact_is_not_unpacked(headrace, account, kind, protocol):
    api, target = headrace.client(account, protocol), unique("hostile")
    type_id = declare(api)
    stages = [
        stage("Source", action("Start", noop("Source"))),
        stage("Build", action("Make", type_id, outputArtifacts=[{"name": "Product"}])),
        stage(
            "Ship",
            action("Send", FOLDER, configuration={"TargetName": target}, inputArtifacts=[{"name": "Product"}]),
        ),
    ]
    name = api.create_pipeline(pipeline=definition(account, target, stages))["pipeline"]["name"]
    job = take(api, type_id)
    where = job["data"]["outputArtifacts"][0]["location"]["s3Location"]
    s3 = headrace.s3(job["data"]["artifactCredentials"])
    s3.put_object(Bucket=where["bucketName"], Key=where["objectKey"], Body=HOSTILE[kind]())
    api.put_job_success_result(jobId=job["id"])
    until(lambda: latest(api, name)["status"] == "Failed", what="the deploy's failure")
    send = api.get_pipeline_state(name=name)["stageStates"][2]["actionStates"][0]["latestExecution"]
    assert send["errorDetails"]["code"] == "JobFailed"
    assert send["errorDetails"]["message"].startswith("The artifact cannot be unpacked.")
    deployed = headrace.data / "deploy" / account["account_id"] / target
    assert not (deployed / "current").exists()
    assert [path for path in headrace.data.rglob("evil*")] == []
