"""Rule: a build of an AWS CodeBuild project of the account."""

import json
from collections.abc import Mapping
from typing import Any

from headrace_sdk import (
    ActionTypeId,
    Failed,
    PeerUnavailable,
    Property,
    Request,
    RuleProvider,
    Running,
    Succeeded,
    hookimpl,
)
from headrace_sdk.patience import patiently

POLL_SECONDS = 10
LONGEST_RUN_SECONDS = 36 * 3600  # CodeBuild User Guide, quotas: a build runs for 36 hours at most
KINDS = ("PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER")
REFUSED = "ConfigurationError"


class Refused(Exception):
    """A key of the configuration cannot be used; the text says which and why."""


class CodeBuild(RuleProvider):
    """Succeeds when the build, or the batch of builds, does.

    The project builds from its own source: of the primary input artifact the revision is built.
    Source: CodePipeline User Guide, CodeBuild rule and action; CodeBuild API Reference, StartBuild, StartBuildBatch.
    """

    rule_type = ActionTypeId("Rule", "AWS", "CodeBuild", "1")
    properties = (
        Property("ProjectName", required=True, help="The name of the build project."),
        Property("PrimarySource", help="The input artifact whose revision is built, where there is more than one."),
        Property("BatchEnabled", help="true starts a batch of builds, as the project's buildspec says."),
        Property("CombineArtifacts", help="true combines what the builds of a batch make."),
        Property("EnvironmentVariables", help='A JSON list: [{"name": …, "value": …, "type": "PLAINTEXT"}].'),
    )
    input_artifacts = (0, 5)
    timeout_seconds = LONGEST_RUN_SECONDS
    description = "Runs a build of an AWS CodeBuild project."
    uses_aws = True

    def start(self, request: Request) -> Failed | Running:
        try:
            asked = parameters_of(request)
        except Refused as refusal:
            return Failed(str(refusal), code=REFUSED)
        operation, member = ("start_build_batch", "buildBatch") if is_batch(request) else ("start_build", "build")
        started = request.aws.call("codebuild", operation, asked).get(member, {})
        if not started.get("id"):
            raise PeerUnavailable("CodeBuild said neither that it started the build nor why it did not.")
        return going_on(started["id"])

    def poll(self, request: Request, running: Running) -> Succeeded | Failed | Running:
        return patiently(running, lambda: self.look(request, running))

    def look(self, request: Request, running: Running) -> Succeeded | Failed | Running:
        """Raises AwsRefused, AwsNotConnected, PeerUnavailable."""
        operation, member = "batch_get_builds", "builds"
        if is_batch(request):
            operation, member = "batch_get_build_batches", "buildBatches"
        found = request.aws.call("codebuild", operation, {"ids": [running.external_id]}).get(member, [])
        if not found:
            return Failed(f"CodeBuild has no build '{running.external_id}' any more.")
        build = found[0]
        status = str(build.get(f"{member[:-1] if member == 'builds' else 'buildBatch'}Status", ""))
        url = str((build.get("logs") or build.get("logConfig") or {}).get("deepLink", ""))[:2048]
        if status == "IN_PROGRESS":
            return going_on(running.external_id, str(build.get("currentPhase", "")), url)
        if status == "SUCCEEDED":
            return Succeeded("The build succeeded.", external_id=running.external_id, external_url=url)
        said = f"The build '{running.external_id}' ended {status}{why(build)}."
        return Failed(said, external_id=running.external_id, external_url=url)

    def abandon(self, request: Request, running: Running) -> None:
        if running.external_id:
            operation = "stop_build_batch" if is_batch(request) else "stop_build"
            request.aws.call("codebuild", operation, {"id": running.external_id})


def going_on(build_id: str, phase: str = "", url: str = "") -> Running:
    summary = f"The build is in the phase {phase}." if phase else "The build was started."
    return Running(external_id=build_id, external_url=url, summary=summary, poll_after_seconds=POLL_SECONDS)


def why(build: Mapping[str, Any]) -> str:
    """Return what the phases say of the failure, to stand behind it."""
    told = [
        context.get("message", "")
        for phase in build.get("phases") or []
        if phase.get("phaseStatus") not in (None, "SUCCEEDED")
        for context in phase.get("contexts") or []
    ]
    said = [" ".join(text.split()) for text in told if text]
    return f": {said[0][:500].rstrip('.')}" if said else ""


def is_batch(request: Request) -> bool:
    return request.configuration.get("BatchEnabled", "").lower() == "true"


def parameters_of(request: Request) -> dict[str, Any]:
    """Return what the build is started with. Raises Refused."""
    asked: dict[str, Any] = {
        "projectName": request.configuration["ProjectName"],
        "idempotencyToken": request.idempotency_token,
    }
    if revision := revision_of(request):
        asked["sourceVersion"] = revision
    if variables := variables_of(request.configuration.get("EnvironmentVariables", "")):
        asked["environmentVariablesOverride"] = variables
    if is_batch(request) and request.configuration.get("CombineArtifacts", "").lower() == "true":
        asked["buildBatchConfigOverride"] = {"combineArtifacts": True}
    return asked


def revision_of(request: Request) -> str:
    """Return the revision of the primary artifact. Raises Refused."""
    primary = request.configuration.get("PrimarySource", "")
    if primary and primary not in request.inputs:
        raise Refused(f"PrimarySource '{primary}' is none of the rule's input artifacts.")
    if len(request.inputs) > 1 and not primary:
        raise Refused("The rule has several input artifacts. Name one as PrimarySource.")
    chosen = request.inputs[primary] if primary else next(iter(request.inputs.values()), None)
    return chosen.revision if chosen else ""


def variables_of(text: str) -> list[dict[str, str]]:
    """Raises Refused."""
    if not text:
        return []
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("EnvironmentVariables is no JSON.") from None
    if not isinstance(listed, list) or not all(map(is_variable, listed)):
        kinds = ", ".join(KINDS)
        raise Refused(f"EnvironmentVariables must list objects with name, value and perhaps type, one of {kinds}.")
    return listed


def is_variable(item: object) -> bool:
    return (
        isinstance(item, dict)
        and {"name", "value"} <= item.keys() <= {"name", "value", "type"}
        and all(isinstance(value, str) for value in item.values())
        and item.get("type", KINDS[0]) in KINDS
    )


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [CodeBuild()]
