"""The demo's pipeline: test and analyse at once, build, ask a person, publish."""

from typing import Any

NAME = "harbor-release"
TARGET = "harbor"
COMMIT, MESSAGE = "#{SourceVariables.CommitId}", "#{SourceVariables.CommitMessage}"
PYTHON = "export PYTHONPATH=src:$PYTHONPATH"


def declaration(*, account_number: str, bucket: str, repository: str, branch: str) -> dict[str, Any]:
    """Return the PipelineDeclaration."""
    return {
        "name": NAME,
        "roleArn": f"arn:aws:iam::{account_number}:role/harbor-release",
        "pipelineType": "V2",
        "executionMode": "SUPERSEDED",
        "artifactStore": {"type": "S3", "location": bucket},
        "stages": [
            {"name": "Source", "actions": [_source(repository, branch)]},
            {"name": "Build", "actions": [_tests(), _analysis(), _package()]},
            {"name": "Approval", "actions": [_approval()]},
            {"name": "Deploy", "actions": [_publish()]},
        ],
    }


def _type(category: str, owner: str, provider: str) -> dict[str, str]:
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


def _source(repository: str, branch: str) -> dict[str, Any]:
    return {
        "name": "Checkout",
        "actionTypeId": _type("Source", "ThirdParty", "Git"),
        "configuration": {"RepositoryUrl": repository, "BranchName": branch},
        "outputArtifacts": [{"name": "SourceCode"}],
        "namespace": "SourceVariables",
    }


def _commands(name: str, run_order: int, commands: list[str], **members: Any) -> dict[str, Any]:
    return {
        "name": name,
        "runOrder": run_order,
        "actionTypeId": _type("Compute", "AWS", "Commands"),
        "inputArtifacts": [{"name": "SourceCode"}],
        "commands": commands,
        **members,
    }


def _tests() -> dict[str, Any]:
    return _commands("UnitTests", 1, [PYTHON, "python3 -m unittest discover -v -s tests"])


def _analysis() -> dict[str, Any]:
    commands = [
        "ruff check --no-cache .",
        "ruff check --no-cache --exit-zero --output-format sarif --output-file findings.sarif .",
    ]
    return _commands("Analysis", 1, commands, outputArtifacts=[{"name": "Findings", "files": ["findings.sarif"]}])


def _package() -> dict[str, Any]:
    commands = [
        PYTHON,
        "python3 -m flit_core.wheel",
        f"python3 -m harbor.site --commit {COMMIT} --message {MESSAGE} --out site",
    ]
    return _commands("Package", 2, commands, outputArtifacts=[{"name": "Release", "files": ["dist/**/*", "site/**/*"]}])


def _approval() -> dict[str, Any]:
    return {
        "name": "Release",
        "actionTypeId": _type("Approval", "AWS", "Manual"),
        "configuration": {"CustomData": f"Publish {COMMIT}: {MESSAGE}"},
    }


def _publish() -> dict[str, Any]:
    return {
        "name": "Publish",
        "actionTypeId": _type("Deploy", "ThirdParty", "Folder"),
        "inputArtifacts": [{"name": "Release"}],
        "configuration": {"TargetName": TARGET},
    }
