"""What the catalogue says of an action type. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace_sdk import ActionTypeId, Property

NOBODY = "nobody"  # the type is known, but nothing that is installed does its work


@dataclass(frozen=True)
class ActionTypeSpec:
    """An action type, from whichever source it comes: a plugin, or an account's own declaration.

    Shapes: artifact pairs are the least and greatest number; `declaration_members` names what an action of this type
    may declare besides its configuration (of "commands", "outputVariables", "environmentVariables", "files",
    "timeoutInMinutes"); `performed_by` is "worker", "person", "outside" or NOBODY. URL templates hold {Config:<name>},
    {ExternalExecutionId} and {RevisionId}. `output_variables` are those known beforehand.
    """

    id: ActionTypeId
    properties: tuple[Property, ...] = ()
    input_artifacts: tuple[int, int] = (0, 0)
    output_artifacts: tuple[int, int] = (0, 0)
    timeout_seconds: int = 3600
    v2_only: bool = False
    declaration_members: frozenset[str] = frozenset()
    configuration_url: str = ""
    entity_url: str = ""
    execution_url: str = ""
    revision_url: str = ""
    performed_by: str = "worker"
    allows_any_configuration: bool = False
    output_variables: tuple[str, ...] = ()
    description: str = ""


def action_type_of(action: Mapping[str, Any]) -> ActionTypeId:
    """Return the type that a declared action names."""
    declared = action["actionTypeId"]
    return ActionTypeId(declared["category"], declared["owner"], declared["provider"], declared["version"])
