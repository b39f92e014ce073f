"""Rules about the pipeline itself: its role, its artifact stores, its execution mode."""

from .definition import Definition
from .errors import InvalidStructure


def role_is_of_this_account(definition: Definition) -> None:
    """Rule 20. A role is a name here: any of the pipeline's own account will do."""
    role = definition.declared["roleArn"]
    if not names_role_of(role, definition.account_number):
        raise InvalidStructure(f"CodePipeline is not authorized to perform AssumeRole on role {role}")


def action_roles_are_of_this_account(definition: Definition) -> None:
    """Rule 21."""
    for action in definition.actions:
        role = action.declared.get("roleArn")
        if role is not None and not names_role_of(role, definition.account_number):
            pipeline_role = definition.declared["roleArn"]
            raise InvalidStructure(f"{pipeline_role} is not authorized to perform AssumeRole on role {role}")


def names_role_of(arn: str, account_number: str) -> bool:
    parts = arn.split(":", 5)
    return len(parts) == 6 and parts[4] == account_number and parts[5].startswith("role/") and parts[5] != "role/"


def has_one_kind_of_artifact_store(definition: Definition) -> None:
    """Rule 16."""
    name, declared = definition.declared["name"], definition.declared
    if "artifactStore" in declared and "artifactStores" in declared:
        raise InvalidStructure(
            f"Pipeline '{name}' has both artifactStore and artifactStores. "
            "Keep artifactStores when actions run in several regions, otherwise artifactStore."
        )
    if "artifactStore" not in declared and not declared.get("artifactStores"):
        raise InvalidStructure(f"Pipeline '{name}' has no artifact store. Add artifactStore or artifactStores.")


def mode_suits_type(definition: Definition) -> None:
    """Rule 36."""
    if definition.is_v1 and definition.mode != "SUPERSEDED":
        raise InvalidStructure(
            f"Execution mode {definition.mode} can only be used with V2 pipelines. "
            "Set pipelineType to V2, or executionMode to SUPERSEDED."
        )
