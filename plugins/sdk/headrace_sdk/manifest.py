"""Reads headrace.toml, and says where it and the classes disagree."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from .provider import ActionProvider, Provider
from .types import Property

NAMES = {"min": "minimum", "max": "maximum"}
PLUGIN_KEYS = ("id", "name", "summary", "sdk", "license", "runs")
RUNS = ("host", "own-environment", "worker")


def disagreements(path: Path, providers: Sequence[Provider], sdk_version: str) -> list[str]:
    """Return one sentence for each way in which the manifest is wrong or differs from the classes."""
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"The manifest {path.name} cannot be read: {error}"]
    found = _plugin_problems(manifest.get("plugin", {}), sdk_version)
    written = {_id_of(each): each for each in manifest.get("action_types", [])}
    written |= {_id_of({"category": "Rule", "owner": "AWS", **each}): each for each in manifest.get("rule_types", [])}
    for provider in providers:
        entry = written.pop(str(provider.type_id), None)
        if entry is None:
            found.append(f"The manifest does not have {provider.type_id}.")
            continue
        found += _differences(provider, entry)
    if any(provider.uses_aws for provider in providers) != (manifest.get("permissions", {}).get("aws") is True):
        found.append("[permissions] must say aws = true if a class has uses_aws, and only then.")
    return found + [f"The manifest has {name}, which no class is." for name in written]


def _plugin_problems(plugin: Mapping[str, Any], sdk_version: str) -> list[str]:
    found = [f"[plugin] lacks '{key}'." for key in PLUGIN_KEYS if not plugin.get(key)]
    if plugin.get("runs") not in RUNS:
        found.append(f"[plugin] runs must be one of {', '.join(RUNS)}.")
    try:
        if sdk_version not in SpecifierSet(str(plugin.get("sdk", ""))):
            found.append(f"[plugin] sdk does not include this SDK, {sdk_version}.")
    except InvalidSpecifier:
        found.append("[plugin] sdk is no version range.")
    return found


def _id_of(entry: Mapping[str, Any]) -> str:
    parts = (entry.get("category"), entry.get("owner", "ThirdParty"), entry.get("provider"), entry.get("version"))
    return "/".join(str(part) for part in parts)


def _differences(provider: Provider, entry: Mapping[str, Any]) -> list[str]:
    expected: dict[str, Any] = {
        "input_artifacts": list(provider.input_artifacts),
        "timeout_seconds": provider.timeout_seconds,
        "entity_url": provider.entity_url,
        "execution_url": provider.execution_url,
        "revision_url": provider.revision_url,
    }
    if isinstance(provider, ActionProvider):
        expected |= {
            "also_accepted_as": [str(each) for each in provider.also_accepted_as],
            "output_artifacts": list(provider.output_artifacts),
            "v2_only": provider.v2_only,
        }
    missing: dict[str, Any] = {"also_accepted_as": [], "v2_only": False, "timeout_seconds": 3600}
    missing |= {"input_artifacts": [0, 0], "output_artifacts": [0, 0]}
    found = []
    for key, value in expected.items():
        written = entry.get(key, missing.get(key, ""))
        if written != value:
            found.append(f"{provider.type_id}: {key} is {written!r} in the manifest, {value!r} in the class.")
    properties = tuple(_property(each) for each in entry.get("properties", []))
    if properties != provider.properties:
        mine, theirs = {each.name: each for each in provider.properties}, {each.name: each for each in properties}
        names = [name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)] or ["their order"]
        found.append(f"{provider.type_id}: properties differ in {', '.join(sorted(names))}.")
    return found


def _property(entry: Mapping[str, Any]) -> Property:
    fields: dict[str, Any] = {NAMES.get(key, key): value for key, value in entry.items()}
    fields = {key: value for key, value in fields.items() if key in Property.__dataclass_fields__}
    fields["choices"] = tuple(fields.get("choices", ()))
    return Property(**fields)
