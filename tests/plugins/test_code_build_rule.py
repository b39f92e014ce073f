import json

import pytest

from headrace_sdk import Failed, Running, Succeeded
from headrace_sdk.testing import MemoryArtifacts, ScriptedPeer, run_action
from headrace_sdk.testing.run import step
from plugins.code_build_rule.plugin import CodeBuild

from .aws_peers import AwsRuleContract, asking, refusal, told

SUITE = {"ProjectName": "suite"}
BATCH = {**SUITE, "BatchEnabled": "true"}
STARTED = told({"build": {"id": "suite:1", "buildStatus": "IN_PROGRESS"}})


def build(status: str, **facts):
    return told({"builds": [{"id": "suite:1", "buildStatus": status, **facts}]})


class Project(ScriptedPeer):
    """Starts a build whenever it is asked to, and says that it goes on."""

    def request(self, method, url, **options):
        self.requests.append((method, url, options))
        return (
            STARTED
            if options["headers"]["X-Amz-Target"].endswith(".StartBuild")
            else build("IN_PROGRESS", currentPhase="BUILD")
        )


class TestContract(AwsRuleContract):
    provider = CodeBuild()
    configuration = SUITE

    def request(self, folder, **fields):
        return super().request(folder, **{"http": Project(), **fields})


def asked(peer, number: int = 0):
    options = peer.requests[number][2]
    return options["headers"]["X-Amz-Target"].rpartition(".")[2], json.loads(options["content"])


def ran(tmp_path, *answers, configuration=SUITE, **fields):
    request, peer = asking(tmp_path, configuration, *answers, **fields)
    return run_action(CodeBuild(), request), peer


def test_a_build_is_started_once_a_token_and_followed_to_its_end(tmp_path):
    logs = {"logs": {"deepLink": "https://console.example.org/suite:1"}}
    run, peer = ran(tmp_path, STARTED, build("IN_PROGRESS", currentPhase="INSTALL"), build("SUCCEEDED", **logs))
    assert (run.result.summary, run.polls) == ("The build succeeded.", 2)
    assert (run.result.external_id, run.result.external_url) == ("suite:1", "https://console.example.org/suite:1")
    assert asked(peer) == ("StartBuild", {"projectName": "suite", "idempotencyToken": "attempt-1"})
    assert asked(peer, 2) == ("BatchGetBuilds", {"ids": ["suite:1"]})


@pytest.mark.parametrize("status", ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"])
def test_a_build_that_did_not_succeed_fails_the_rule_and_says_why(tmp_path, status):
    phases = [
        {"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED", "contexts": [{"message": ""}]},
        {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "exit status 1."}]},
    ]
    run, _ = ran(tmp_path, STARTED, build(status, phases=phases))
    assert run.result == Failed(f"The build 'suite:1' ended {status}: exit status 1.", external_id="suite:1")


def test_a_batch_is_asked_about_as_a_batch(tmp_path):
    started = told({"buildBatch": {"id": "suite:2"}})
    ended = told({"buildBatches": [{"id": "suite:2", "buildBatchStatus": "SUCCEEDED"}]})
    run, peer = ran(tmp_path, started, ended, configuration={**BATCH, "CombineArtifacts": "true"})
    assert type(run.result) is Succeeded
    assert asked(peer)[0] == "StartBuildBatch"
    assert asked(peer)[1]["buildBatchConfigOverride"] == {"combineArtifacts": True}
    assert asked(peer, 1) == ("BatchGetBuildBatches", {"ids": ["suite:2"]})


def test_the_revision_of_the_primary_artifact_is_built(tmp_path):
    artifacts = MemoryArtifacts(tmp_path)
    artifacts.add_input("Code", {"a": b"1"}, revision="c0ffee")
    artifacts.add_input("Other", {"a": b"1"}, revision="decade")
    run, _ = ran(tmp_path, STARTED, artifacts=artifacts)
    assert run.result.message == "The rule has several input artifacts. Name one as PrimarySource."
    run, _ = ran(tmp_path, STARTED, artifacts=artifacts, configuration={**SUITE, "PrimarySource": "None"})
    assert run.result.message == "PrimarySource 'None' is none of the rule's input artifacts."
    _, peer = ran(
        tmp_path, STARTED, build("SUCCEEDED"), artifacts=artifacts, configuration={**SUITE, "PrimarySource": "Other"}
    )
    assert asked(peer)[1]["sourceVersion"] == "decade"


def test_variables_reach_the_build(tmp_path):
    variables = [{"name": "TARGET", "value": "eu"}, {"name": "KEY", "value": "/shop/key", "type": "PARAMETER_STORE"}]
    configuration = {**SUITE, "EnvironmentVariables": json.dumps(variables)}
    _, peer = ran(tmp_path, STARTED, build("SUCCEEDED"), configuration=configuration)
    assert asked(peer)[1]["environmentVariablesOverride"] == variables


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '[{"name": "A"}]', '[{"name": "A", "value": 1}]', "[" * 9999])
@pytest.mark.parametrize("more", ["", '[{"name": "A", "value": "", "type": "ODD"}]'])
def test_variables_that_are_none_are_refused(tmp_path, text, more):
    run, peer = ran(tmp_path, STARTED, configuration={**SUITE, "EnvironmentVariables": more or text})
    assert (run.result.code, peer.requests) == ("ConfigurationError", [])
    assert run.result.message.startswith("EnvironmentVariables ")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("ResourceNotFoundException", "Project cannot be found"), "ConfigurationError"),
        (refusal("AccessDeniedException", "Not yours", 403), "PermissionError"),
        (refusal("AccountLimitExceededException", "Enough"), "ConfigurationError"),
        (refusal("ThrottlingException", "Slower"), "SystemUnavailable"),
    ],
)
def test_a_build_that_cannot_be_started_fails_the_rule(tmp_path, answer, code):
    run, _ = ran(tmp_path, answer)
    assert (run.result.code, run.result.message.startswith("codebuild StartBuild was refused with ")) == (code, True)


def test_a_build_that_is_gone_fails_the_rule(tmp_path):
    run, _ = ran(tmp_path, STARTED, told({"builds": [], "buildsNotFound": ["suite:1"]}))
    assert run.result.message == "CodeBuild has no build 'suite:1' any more."


@pytest.mark.parametrize(("configuration", "operation"), [(SUITE, "StopBuild"), (BATCH, "StopBuildBatch")])
def test_a_build_that_nobody_waits_for_is_stopped(tmp_path, configuration, operation):
    request, peer = asking(tmp_path, configuration, told({}))
    CodeBuild().abandon(request, Running(external_id="suite:1"))
    assert asked(peer) == (operation, {"id": "suite:1"})


def test_what_codebuild_answers_to_a_start_is_looked_at(tmp_path):
    request, _ = asking(tmp_path, SUITE, told({}))
    assert step(CodeBuild(), "start", request).code == "SystemUnavailable"
