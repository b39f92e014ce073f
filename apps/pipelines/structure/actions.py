"""Rules about an action's declaration: its name, its type, and the members it may carry."""

from .definition import Definition
from .errors import InvalidActionDeclaration

COMMANDS_PROVIDER = ("AWS", "Commands")


def action_names_are_unique_in_stage(definition: Definition) -> None:
    """Rule 8."""
    seen: set[tuple[str, str]] = set()
    for action in definition.actions:
        if (action.stage, action.name) in seen:
            raise InvalidActionDeclaration(
                f"Stage '{action.stage}' has two actions named '{action.name}'. "
                "Names must be unique within a stage; rename one."
            )
        seen.add((action.stage, action.name))


def action_types_exist(definition: Definition) -> None:
    """Rule 9."""
    for action in definition.actions:
        if action.spec is None:
            named = action.type_id
            region = str(action.declared.get("region", definition.region)).upper().replace("-", "_")
            raise InvalidActionDeclaration(
                f"ActionType (Category: '{named.category}', Provider: '{named.provider}', Owner: '{named.owner}', "
                f"Version: '{named.version}') in action '{action.name}' is not available in region '{region}'"
            )


def providers_suit_type(definition: Definition) -> None:
    """Rule 37."""
    for action, spec in definition.typed_actions():
        if definition.is_v1 and spec.v2_only:
            raise InvalidActionDeclaration(
                f"Provider '{spec.id.provider}' of action '{action.name}' can only be used with V2 pipelines. "
                "Set pipelineType to V2."
            )


def regions_are_only_on_aws_actions(definition: Definition) -> None:
    """Rule 18. The pipeline's own region may be named by any action."""
    for action in definition.actions:
        region = action.declared.get("region", definition.region)
        if region != definition.region and (action.is_source or action.type_id.owner != "AWS"):
            raise InvalidActionDeclaration(
                f"Action '{action.name}' names the region {region}, but source actions and actions of the owners "
                f"ThirdParty and Custom run in the pipeline's region, {definition.region}. Remove its region."
            )


def roles_are_only_on_aws_actions(definition: Definition) -> None:
    """Rule 19."""
    for action in definition.actions:
        if "roleArn" in action.declared and action.type_id.owner != "AWS":
            raise InvalidActionDeclaration(
                f"Action '{action.name}' has a roleArn, which only actions of the owner AWS may have. Remove it."
            )


def timeouts_are_only_on_approvals(definition: Definition) -> None:
    """Rule 22."""
    for action, spec in definition.typed_actions():
        if "timeoutInMinutes" in action.declared and "timeoutInMinutes" not in spec.declaration_members:
            raise InvalidActionDeclaration(
                f"Action '{action.name}' has timeoutInMinutes, which only manual approvals may have. Remove it."
            )


def commands_are_given(definition: Definition) -> None:
    """Rule 25."""
    for action in definition.actions:
        is_commands = (action.type_id.owner, action.type_id.provider) == COMMANDS_PROVIDER
        if is_commands and not action.declared.get("commands"):
            raise InvalidActionDeclaration(f"Action {action.name} must have a non-empty commands field")


def members_suit_type(definition: Definition) -> None:
    """The converse of rule 25: what belongs to commands stands on no action that would pass over it."""
    for action, spec in definition.typed_actions():
        given = {
            member for member in ("commands", "outputVariables", "environmentVariables") if member in action.declared
        }
        if any("files" in artifact for artifact in action.declared["outputArtifacts"]):
            given.add("files")
        for member in sorted(given - spec.declaration_members):
            raise InvalidActionDeclaration(
                f"Action '{action.name}' has the member '{member}', which actions of type {spec.id} do not use. "
                "Remove it."
            )
