"""Small declarations for the tests, and the action types that they use."""

from typing import Any

from apps.actions.types import ActionTypeSpec
from headrace_sdk import ActionTypeId, Property

ACCOUNT = "111122223333"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipelines"
RULE_TYPES = frozenset({"CloudWatchAlarm", "DeploymentWindow", "LambdaInvoke", "VariableCheck", "Commands"})
COMMANDS = frozenset({"commands", "outputVariables", "environmentVariables", "files"})

SPECS = (
    ActionTypeSpec(
        ActionTypeId.parse("Source/ThirdParty/Git/1"),
        properties=(Property("RepositoryUrl", required=True), Property("BranchName", required=True)),
        output_artifacts=(1, 1),
    ),
    ActionTypeSpec(
        ActionTypeId.parse("Source/AWS/CodeStarSourceConnection/1"),
        properties=(Property("FullRepositoryId", required=True),),
        output_artifacts=(1, 1),
    ),
    ActionTypeSpec(
        ActionTypeId.parse("Compute/AWS/Commands/1"),
        properties=(Property("ComputeType", type="choice", choices=("SMALL", "LARGE")),),
        input_artifacts=(1, 10),
        output_artifacts=(0, 1),
        v2_only=True,
        declaration_members=COMMANDS,
    ),
    ActionTypeSpec(
        ActionTypeId.parse("Build/AWS/CodeBuild/1"),
        properties=(Property("ProjectName", required=True), Property("PrimarySource")),
        input_artifacts=(1, 5),
        output_artifacts=(0, 5),
    ),
    ActionTypeSpec(
        ActionTypeId.parse("Approval/AWS/Manual/1"),
        properties=(Property("NotificationArn"), Property("IsSummaryRequired", type="boolean"), Property("CustomData")),
        performed_by="person",
        declaration_members=frozenset({"timeoutInMinutes"}),
    ),
    ActionTypeSpec(
        ActionTypeId.parse("Deploy/ThirdParty/Folder/1"),
        properties=(
            Property("TargetName", required=True, pattern="[a-z]+"),
            Property("Keep", type="number", minimum=1, maximum=9),
        ),
        input_artifacts=(1, 1),
    ),
    ActionTypeSpec(
        ActionTypeId.parse("Build/Custom/Jenkins/1"),
        properties=(
            Property("ProjectName", required=True, queryable=True),
            Property("Token", secret=True, minimum=8),
            Property("Notes"),
        ),
        input_artifacts=(0, 5),
        output_artifacts=(0, 5),
        performed_by="outside",
    ),
    ActionTypeSpec(ActionTypeId.parse("Invoke/Custom/Anything/1"), allows_any_configuration=True),
)


def catalogue(type_id: ActionTypeId) -> ActionTypeSpec | None:
    return {spec.id: spec for spec in SPECS}.get(type_id)


def action(name: str, type_text: str, /, **members: Any) -> dict[str, Any]:
    """Return an action; `inputs` and `outputs` are names of artifacts."""
    category, owner, provider, version = type_text.split("/")
    type_id = {"category": category, "owner": owner, "provider": provider, "version": version}
    declared: dict[str, Any] = {"name": name, "actionTypeId": type_id}
    if "inputs" in members:
        declared["inputArtifacts"] = [{"name": artifact} for artifact in members.pop("inputs")]
    if "outputs" in members:
        declared["outputArtifacts"] = [{"name": artifact} for artifact in members.pop("outputs")]
    return declared | members


def fetch(name: str = "Fetch", output: str = "code", **members: Any) -> dict[str, Any]:
    configuration = {"RepositoryUrl": "https://git.example/app.git", "BranchName": "main"}
    return action(name, "Source/ThirdParty/Git/1", **{"configuration": configuration, "outputs": [output], **members})


def connect(name: str = "Connect", output: str = "code", **members: Any) -> dict[str, Any]:
    configuration = {"FullRepositoryId": "team/app"}
    return action(
        name, "Source/AWS/CodeStarSourceConnection/1", configuration=configuration, outputs=[output], **members
    )


def run(name: str = "Test", *commands: str, **members: Any) -> dict[str, Any]:
    return action(
        name, "Compute/AWS/Commands/1", **{"inputs": ["code"], "commands": list(commands or ["make test"]), **members}
    )


def build(name: str = "Build", **members: Any) -> dict[str, Any]:
    return action(name, "Build/Custom/Jenkins/1", **{"configuration": {"ProjectName": "app"}, **members})


def approve(name: str = "Approve", **members: Any) -> dict[str, Any]:
    return action(name, "Approval/AWS/Manual/1", **members)


def ship(name: str = "Ship", **members: Any) -> dict[str, Any]:
    return action(
        name, "Deploy/ThirdParty/Folder/1", **{"configuration": {"TargetName": "site"}, "inputs": ["code"], **members}
    )


def stage(name: str, *actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"name": name, "actions": list(actions), **members}


def pipeline(*stages: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a pipeline; without stages it fetches and asks for approval. None leaves a member out."""
    declared = {
        "name": "release",
        "roleArn": ROLE,
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": list(stages) or [stage("Source", fetch()), stage("Release", approve())],
        **members,
    }
    return {key: value for key, value in declared.items() if value is not None}


def after_source(*actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a pipeline whose second stage holds these actions."""
    return pipeline(stage("Source", fetch()), stage("Release", *actions), **members)


def guarded(*, mode: str = "SUPERSEDED", **members: Any) -> dict[str, Any]:
    """Return a V2 pipeline whose second stage has these members."""
    second = stage("Release", approve(), **members)
    return pipeline(stage("Source", fetch()), second, pipelineType="V2", executionMode=mode)


def condition(result: str | None, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": [({"result": result} if result else {}) | ({"rules": list(rules)} if rules else {})]}


def rule(provider: str, **members: Any) -> dict[str, Any]:
    type_id = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": f"Check{provider}", "ruleTypeId": type_id, **members}


def triggered(*triggers: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a pipeline with two connection sources and these triggers."""
    sources = stage("Source", connect("Connect", "code"), connect("Other", "more"))
    return pipeline(sources, stage("Release", approve()), triggers=list(triggers), **members)


def trigger(source_action: str = "Connect", **filters: Any) -> dict[str, Any]:
    git = {"sourceActionName": source_action, **filters}
    return {"providerType": "CodeStarSourceConnection", "gitConfiguration": git}
