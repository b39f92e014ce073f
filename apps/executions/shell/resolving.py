"""What actions and rules have in common when they start: variables in place, inputs found, secrets kept apart.

Source: reference sections 5.4 and 5.16.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.actions.types import ActionTypeSpec
from apps.executions.models import PipelineExecution
from apps.pipelines import structure
from apps.pipelines.secrets import MASK

RESOLVED_CONFIGURATION_BYTES = 102_400
Lookup = Callable[[str, str], str | None]
UNRESOLVED = {"action": "An action", "rule": "A rule"}


class CannotStart(Exception):
    """The action or rule fails at once: nothing can be asked of anybody."""

    def __init__(self, message: str, code: str = "ConfigurationError") -> None:
        super().__init__(message)
        self.message, self.code = message, code


@dataclass(frozen=True)
class Resolved:
    """The declaration of an action or rule with its variables in place."""

    configuration: dict[str, str]
    commands: list[str]
    environment: dict[str, str]


def lookup_of(execution: PipelineExecution, declaration: Mapping[str, Any]) -> Lookup:
    def value_of(namespace: str, key: str) -> str | None:
        if namespace == "codepipeline":
            return str(execution.pk) if key == "PipelineExecutionId" else None
        if namespace == "variables" and declaration.get("variables"):
            return (execution.variables or {}).get(key)
        return execution.outputs.get(namespace, {}).get(key)

    return value_of


def resolve(declared: Mapping[str, Any], lookup: Lookup, *, what: str) -> Resolved:
    """Shapes: `what` is "action" or "rule". Raises CannotStart."""
    try:
        resolved = Resolved(
            configuration={
                key: structure.substitute(value, lookup) for key, value in declared.get("configuration", {}).items()
            },
            commands=[structure.substitute_in_command(text, lookup) for text in declared.get("commands", [])],
            environment=_environment(declared, lookup),
        )
    except structure.UnusableVariable as error:
        raise CannotStart(f"The {what} '{declared['name']}' cannot use a variable. {error.message}") from None
    except structure.UnresolvedVariable:
        raise CannotStart(
            f"{UNRESOLVED[what]} in this pipeline failed because one or more variables could not be resolved: "
            f"{what.capitalize()} name={declared['name']}. This can result when a variable is referenced that does not "
            f"exist. Validate the configuration for this {what}.",
        ) from None
    size = sum(len(key.encode()) + len(value.encode()) for key, value in resolved.configuration.items())
    if size > RESOLVED_CONFIGURATION_BYTES:
        raise CannotStart(
            f"The configuration of {what} '{declared['name']}' has {size} bytes with its variables in place, more than "
            f"the {RESOLVED_CONFIGURATION_BYTES} one may have."
        )
    return resolved


def _environment(declared: Mapping[str, Any], lookup: Lookup) -> dict[str, str]:
    """Return declared variables, and the value of each reference that stands in a command (`#{A.B}` as A_B)."""
    environment = {}
    for text in declared.get("commands", []):
        for reference in structure.references(text):
            name = re.sub(r"[^A-Za-z0-9_]", "_", f"{reference.namespace}_{reference.key}")
            environment[name] = lookup(reference.namespace, reference.key) or ""
    for item in declared.get("environmentVariables", []):
        environment[item["name"]] = structure.substitute(item["value"], lookup)
    return environment


def mask(configuration: dict[str, str], spec: ActionTypeSpec) -> dict[str, str]:
    secret = {item.name for item in spec.properties if item.secret}
    return {key: MASK if key in secret else value for key, value in configuration.items()}


def inputs_of(execution: PipelineExecution, declared: Mapping[str, Any], *, what: str) -> list[dict[str, Any]]:
    found = []
    for item in declared.get("inputArtifacts", []):
        artifact = execution.artifacts.get(item["name"])
        if artifact is None:
            raise CannotStart(f"The input artifact '{item['name']}' of {what} '{declared['name']}' was not made.")
        found.append({"name": item["name"], **artifact})
    return found


def store_of(declaration: Mapping[str, Any], declared: Mapping[str, Any]) -> Mapping[str, Any]:
    if "artifactStore" in declaration:
        return declaration["artifactStore"]
    return declaration["artifactStores"][declared.get("region", settings.REGION)]
