"""Invoke: starts another pipeline of the account."""

import json

from headrace_sdk import ActionProvider, ActionTypeId, Failed, Property, Request, Succeeded, hookimpl

VARIABLE = frozenset({"name", "value"})
REVISION = frozenset({"actionName", "revisionType", "revisionValue"})


class ListRefused(Exception):
    """A value is no JSON array of the members it should have; the text says which."""


class PipelineInvoke(ActionProvider):
    """Starts an execution and ends: it does not wait for how that ends.

    Source: CodePipeline User Guide, CodePipeline invoke action reference, whose role may start executions and nothing
    else, so it cannot watch them.
    """

    action_type = ActionTypeId("Invoke", "AWS", "CodePipeline", "1")
    properties = (
        Property(
            "PipelineName", required=True, key=True, help="The pipeline that is started, one of the same account."
        ),
        Property(
            "SourceRevisions",
            type="json",
            help="Source revisions that it starts with, as a JSON array of actionName, revisionType and revisionValue.",
        ),
        Property("Variables", type="json", help="Values of its variables, as a JSON array of name and value."),
    )
    timeout_seconds = 3600
    v2_only = True
    description = "Starts another pipeline."

    def start(self, request: Request) -> Succeeded | Failed:
        name = request.configuration["PipelineName"]
        try:
            variables = listed(request, "Variables", VARIABLE)
            revisions = listed(request, "SourceRevisions", REVISION)
        except ListRefused as refusal:
            return Failed(str(refusal), code="ConfigurationError")
        execution = request.pipelines.start(name, variables=variables, source_revisions=revisions)
        request.log.write(f"Pipeline {name} runs execution {execution}\n")
        return Succeeded(summary=f"Started pipeline '{name}'.", external_id=execution)


def listed(request: Request, name: str, members: frozenset[str]) -> list[dict[str, str]]:
    """Return the array that a configuration value holds, empty where it is left out. Raises ListRefused."""
    try:
        found = json.loads(request.configuration.get(name) or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(_has(each, members) for each in found):
        raise ListRefused(f"{name} must be a JSON array of objects with {', '.join(sorted(members))}, all texts.")
    return found


def _has(item: object, members: frozenset[str]) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() == members
        and all(isinstance(value, str) and value for value in item.values())
    )


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [PipelineInvoke()]
