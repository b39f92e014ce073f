"""AWS's own action types as data: one file a provider, in this folder.

A type that a plugin performs takes its spec from the plugin, and must not contradict its file. The others are accepted
in definitions all the same, so that what was written for CodePipeline can be kept; their actions fail when they start.

Shapes: the keys of an entry are those of a plugin's manifest, and `categories` (all that the provider stands under),
`declaration_members`, `output_variables`, `any_configuration` (the vendor does not publish its keys).
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apps.actions.types import NOBODY, ActionTypeSpec
from headrace_sdk import ActionTypeId, Property

FOLDER = Path(__file__).parent


def read_builtin(folder: Path = FOLDER) -> Iterator[ActionTypeSpec]:
    """Yield the action types of every file, those of one file in its order."""
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["action_types"]:
            for category in entry["categories"]:
                yield _spec(entry, ActionTypeId(category, entry["owner"], entry["provider"], entry["version"]))


def _spec(entry: Mapping[str, Any], type_id: ActionTypeId) -> ActionTypeSpec:
    inputs, outputs = entry.get("input_artifacts", [0, 0]), entry.get("output_artifacts", [0, 0])
    return ActionTypeSpec(
        id=type_id,
        properties=tuple(_property(item) for item in entry.get("properties", [])),
        input_artifacts=(inputs[0], inputs[1]),
        output_artifacts=(outputs[0], outputs[1]),
        timeout_seconds=entry["timeout_seconds"],
        v2_only=entry.get("v2_only", False),
        declaration_members=frozenset(entry.get("declaration_members", [])),
        entity_url=entry.get("entity_url", ""),
        execution_url=entry.get("execution_url", ""),
        revision_url=entry.get("revision_url", ""),
        performed_by=NOBODY,
        allows_any_configuration=entry.get("any_configuration", False),
        output_variables=tuple(entry.get("output_variables", [])),
        description=entry["description"],
    )


def _property(item: Mapping[str, Any]) -> Property:
    named = {"min": "minimum", "max": "maximum"}
    fields = {named.get(key, key): value for key, value in item.items()}
    return Property(**{**fields, "choices": tuple(fields.get("choices", []))})
