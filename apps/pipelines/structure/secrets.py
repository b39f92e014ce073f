"""Secrets in a definition: masked when it is shown, kept when the mask comes back. Source: reference section 2.4."""

import copy
from collections.abc import Iterator
from typing import Any

from apps.actions.types import ActionTypeSpec

from .definition import Action, Catalogue, Declared, Definition, type_of
from .errors import InvalidActionDeclaration

MASK = "****"


def secret_names(spec: ActionTypeSpec) -> frozenset[str]:
    """Return the configuration keys of a type whose values are secret."""
    return frozenset(item.name for item in spec.properties if item.secret)


def mask_secrets(declaration: Declared, catalogue: Catalogue) -> dict[str, Any]:
    """Return a copy of the declaration in which `****` stands for each secret."""
    masked = copy.deepcopy(dict(declaration))
    for stage in masked["stages"]:
        for action in stage["actions"]:
            spec = catalogue(type_of(action))
            configuration = action.get("configuration", {})
            for key in secret_names(spec) & configuration.keys() if spec else ():
                configuration[key] = MASK
    return masked


def masks_stand_for_kept_secrets(definition: Definition) -> None:
    """Section 2.4: `****` keeps the stored secret of an action whose other values are as they were."""
    for action, masked_keys in masked_actions(definition):
        before = previous_action(definition.previous, action)
        for key in masked_keys:
            if before is None or key not in before["configuration"]:
                raise InvalidActionDeclaration(
                    f'Action configuration for the new action "{action.name}" contains an invalid configuration for '
                    f'the secret property "{key}". "{MASK}" may be used in secret properties only when updating an '
                    "existing action."
                )
        if before is not None and without(action.declared, masked_keys) != without(before, masked_keys):
            raise InvalidActionDeclaration(
                f'Action configuration for the changed action "{action.name}" contains an invalid configuration for '
                f'the secret property "{masked_keys[0]}". "{MASK}" keeps a stored secret only while the other values '
                "of its action stay as they are. Give the secret again."
            )


def keep_secrets(definition: Definition) -> dict[str, Any]:
    """Return a copy of the declaration in which each mask is replaced by the secret that is kept."""
    kept = copy.deepcopy(dict(definition.declared))
    declared = {(stage["name"], action["name"]): action for stage in kept["stages"] for action in stage["actions"]}
    for action, masked_keys in masked_actions(definition):
        before = previous_action(definition.previous, action)
        if before is not None:
            secrets = {key: before["configuration"][key] for key in masked_keys}
            declared[action.stage, action.name]["configuration"].update(secrets)
    return kept


def masked_actions(definition: Definition) -> Iterator[tuple[Action, list[str]]]:
    """Yield the actions that hold masks, each with the keys that do."""
    for action, spec in definition.typed_actions():
        masked_keys = sorted(key for key in secret_names(spec) if action.configuration.get(key) == MASK)
        if masked_keys:
            yield action, masked_keys


def previous_action(previous: Declared | None, action: Action) -> Declared | None:
    for stage in previous["stages"] if previous else ():
        for candidate in stage["actions"]:
            if (stage["name"], candidate["name"]) == (action.stage, action.name):
                found: Declared = candidate
                return found
    return None


def without(action: Declared, keys: list[str]) -> dict[str, Any]:
    """Return the action less some of its configuration."""
    rest = {key: value for key, value in action["configuration"].items() if key not in keys}
    return {**action, "configuration": rest}
