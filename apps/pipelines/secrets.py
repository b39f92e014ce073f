"""Taking secret configuration values out of a declaration, and putting them back. Pure."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "****"


def take_out(
    declaration: Mapping[str, Any], secret_names: Mapping[str, frozenset[str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the declaration with masks, and the secrets by their place ("stage/action/key")."""
    masked, secrets = copy.deepcopy(dict(declaration)), {}
    for place, action in _actions(masked):
        configuration = action.get("configuration", {})
        for key in secret_names.get(type_text(action["actionTypeId"]), frozenset()) & configuration.keys():
            secrets[f"{place}/{key}"] = configuration[key]
            configuration[key] = MASK
    return masked, secrets


def put_back(declaration: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return a declaration in which the secrets stand where they were taken out."""
    clear = copy.deepcopy(dict(declaration))
    for place, action in _actions(clear):
        for key in action.get("configuration", {}):
            if f"{place}/{key}" in secrets:
                action["configuration"][key] = secrets[f"{place}/{key}"]
    return clear


def type_text(type_id: Mapping[str, str]) -> str:
    return "/".join((type_id["category"], type_id["owner"], type_id["provider"], type_id["version"]))


def _actions(declaration: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for stage in declaration["stages"]:
        for action in stage["actions"]:
            yield f"{stage['name']}/{action['name']}", action
