"""codepiper: watches a pipeline, says whether it is clear, and repeats the build of an earlier execution.

Its subject are actions of a provider named CodeBuild. Here that is a custom action type whose job worker starts
builds on moto's CodeBuild and reports their ids, as AWS's own provider does.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.compat.programs.keeping import environment, locked_version
from tests.compat.programs.program import Program, run
from tests.journeys.workshop import action, bounds, definition, stage, take
from tests.running import REGION, Account, until

pytestmark = pytest.mark.programs

PROGRAM = Program(
    "codepiper",
    "codepiper",
    locked_version("codepiper", "codepiper"),
    notes=[
        "Its CodeBuild actions are those of a custom action type named CodeBuild; the builds run on moto's CodeBuild."
    ],
)
PIPELINE = "piped"
COMMIT = "af32c18d2d2f4a1f9e2b1c0d9e8f7a6b5c4d3e2f"
SUMMARY = {"ProviderType": "GitHub", "CommitMessage": "Mend the roof\n\nIt leaked."}
CONSOLE = "https://console.aws.amazon.com/codebuild/home?region=us-east-1#/builds/{ExternalExecutionId}/view/new"
SOURCE = {"category": "Source", "owner": "Custom", "provider": "Commits", "version": "1"}
BUILD = {"category": "Build", "owner": "Custom", "provider": "CodeBuild", "version": "1"}


class Release:
    """A pipeline from a commit to a build, and the worker that does both jobs when it is told to."""

    def __init__(self, api: Any, account: Account, codebuild: Any) -> None:
        self.api, self.codebuild = api, codebuild
        api.create_custom_action_type(
            category="Source",
            provider="Commits",
            version="1",
            inputArtifactDetails=bounds(0, 0),
            outputArtifactDetails=bounds(1, 1),
        )
        api.create_custom_action_type(
            category="Build",
            provider="CodeBuild",
            version="1",
            inputArtifactDetails=bounds(1, 1),
            outputArtifactDetails=bounds(0, 1),
            settings={"executionUrlTemplate": CONSOLE, "entityUrlTemplate": "https://example.com/"},
        )
        code = {"inputArtifacts": [{"name": "Code"}], "outputArtifacts": [{"name": "Built"}]}
        stages = [
            stage("Source", action("Commit", SOURCE, outputArtifacts=[{"name": "Code"}])),
            stage("Build", action("Compile", BUILD, **code)),
        ]
        api.create_pipeline(pipeline=definition(account, PIPELINE, stages))

    def bring_commit(self) -> None:
        revision = {"revision": COMMIT, "changeIdentifier": "main", "revisionSummary": json.dumps(SUMMARY)}
        job = take(self.api, SOURCE)
        self.api.put_job_success_result(jobId=job["id"], currentRevision=revision, outputVariables={"CommitId": COMMIT})

    def build(self) -> str:
        """Do the job of the build, and return the build's id."""
        job = take(self.api, BUILD)
        started = self.codebuild.start_build(projectName="compile")["build"]
        details = {"externalExecutionId": started["id"], "summary": "Built", "percentComplete": 100}
        self.api.put_job_success_result(jobId=job["id"], executionDetails=details)
        return started["id"]

    def latest(self) -> str:
        summaries = self.api.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
        return summaries[0]["pipelineExecutionId"]

    def wait_for_end(self) -> None:
        def status() -> str:
            state = self.api.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"][0]
            return state["status"]

        until(lambda: status() == "Succeeded", what="the release")


@pytest.fixture
def release(api, account: Account, elsewhere: str) -> Release:
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": REGION}
    codebuild = boto3.client("codebuild", endpoint_url=elsewhere, **keys)
    if "compile" not in codebuild.list_projects()["projects"]:
        codebuild.create_project(
            name="compile",
            source={"type": "S3", "location": "any/source.zip"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=f"arn:aws:iam::{account['account_id']}:role/service-role/any",
        )
    return Release(api, account, codebuild)


@pytest.fixture
def codepiper(surroundings: Mapping[str, str], tmp_path: Path):
    def call(verb: str, *words: str, expected: int = 0) -> str:
        command = [environment("codepiper") / "codepiper", "--region", REGION, verb, "--pipeline", PIPELINE, *words]
        return run(command, surroundings, tmp_path, expected=(expected,))

    return call


@pytest.fixture
def watching(surroundings: Mapping[str, str], tmp_path: Path) -> Iterator[Any]:
    started: list[subprocess.Popen] = []

    def call(*words: str) -> subprocess.Popen:
        command = [environment("codepiper") / "codepiper", "watch", "--pipeline", PIPELINE, *words]
        started.append(
            subprocess.Popen(
                [str(word) for word in command],
                cwd=tmp_path,
                env=surroundings,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield call
    for process in started:
        process.kill()
        process.wait()


def test_a_watcher_sees_the_release_to_its_end(release: Release, watching, recorder):
    release.bring_commit()
    watcher = watching("--execution-id", release.latest())
    until(lambda: recorder.times("GetPipelineState"), what="the first look")
    release.build()
    printed, _ = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, printed
    assert "stage=Build ▶ action=Compile" in printed, printed
    assert "Traceback" not in printed, printed


def test_a_pipeline_is_clear_when_one_execution_went_all_the_way(release: Release, codepiper):
    release.bring_commit()
    release.build()
    release.wait_for_end()
    assert "pipeline is clear" in codepiper("verify_clear")
    release.api.start_pipeline_execution(name=PIPELINE)
    assert "is NOT clear" in codepiper("verify_clear", expected=1)


@pytest.mark.parametrize("words", [(), ("--commit", COMMIT[:7])], ids=["latest", "by-commit"])
def test_a_rollback_repeats_the_build_of_an_earlier_execution(release: Release, codepiper, words):
    release.bring_commit()
    release.build()
    release.wait_for_end()
    before = release.codebuild.list_builds()["ids"]
    printed = codepiper("rollback", "--stage", "Build", *words)
    assert f"Rollback to {release.latest()}" in printed
    assert len(release.codebuild.list_builds()["ids"]) == len(before) + 1


def test_debugging_starts_the_build_of_the_latest_execution_anew(release: Release, codepiper, account: Account):
    release.bring_commit()
    build = release.build()
    release.wait_for_end()
    printed = codepiper("debug", "--stage", "Build")
    assert f"Debugging {release.latest()}" in printed
    project = build.partition(":")[0]
    assert f"/codebuild/{account['account_id']}/projects/{project}/build/" in printed  # STS told whose keys these are
