"""CloudFormation's members in the API's words: names begin small, texts and numbers are what the API has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NUMBERS = frozenset({"runOrder", "timeoutInMinutes", "version"})
NOT_TRANSLATED = frozenset({"configuration"})  # its keys are the provider's
OF_THE_TEMPLATE = frozenset({"DisableInboundStageTransitions", "RestartExecutionOnUpdate", "Tags"})


@dataclass(frozen=True)
class Imported:
    """A pipeline out of a file.

    Shapes: `declaration` is PipelineDeclaration of the wire API, not yet checked; `tags` is a TagList;
    `disabled_transitions` holds (stage, reason); `missing` a sentence for each thing that could not be worked out, and
    `assumed` one for each name that was made up. With `missing` the declaration has gaps and is not to be used.
    """

    declaration: dict[str, Any]
    tags: list[dict[str, str]] = field(default_factory=list)
    disabled_transitions: list[tuple[str, str]] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


def declaration_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a PipelineDeclaration.

    Shapes: `properties` are those of AWS::CodePipeline::Pipeline, with their functions worked out.
    """
    named = {key: value for key, value in properties.items() if key not in OF_THE_TEMPLATE}
    stores = named.pop("ArtifactStores", None)
    declaration: dict[str, Any] = translated(named)
    if stores is not None:
        declaration["artifactStores"] = _stores(stores)
    return declaration


def _stores(stores: Any) -> Any:
    if not isinstance(stores, list) or not all(isinstance(item, Mapping) for item in stores):
        return stores
    return {str(item.get("Region")): translated(item.get("ArtifactStore")) for item in stores}


def translated(value: Any, member: str = "") -> Any:
    """Return a value with its members renamed, deeply."""
    if isinstance(value, Mapping):
        if member in NOT_TRANSLATED:
            return {str(key): text(item) for key, item in value.items()}
        renamed = {_small(str(key)): item for key, item in value.items()}
        return {key: translated(item, key) for key, item in renamed.items()}
    if isinstance(value, list):
        return [translated(item, member) for item in value]
    if member in NUMBERS and isinstance(value, str) and value.isdigit() and member != "version":
        return int(value)
    return value if member in NUMBERS and member != "version" else text(value)


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def text(value: Any) -> Any:
    """Return a number or a truth as the text that CloudFormation makes of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def tags_of(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    found = properties.get("Tags") or []
    return [{"key": str(item["Key"]), "value": str(text(item["Value"]))} for item in found if isinstance(item, Mapping)]


def disabled_of(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = properties.get("DisableInboundStageTransitions") or []
    return [(str(item["StageName"]), str(item["Reason"])) for item in found if isinstance(item, Mapping)]
