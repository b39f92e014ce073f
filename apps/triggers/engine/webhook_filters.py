"""Whether what was posted to a webhook passes its filters. Source: reference section 6.3."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .jsonpath import find, read_path

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class KeyMissing(Exception):
    """A filter names a configuration key that the target action does not have."""

    def __init__(self, key: str) -> None:
        super().__init__(f"A filter names {{{key}}}, but the target action has no configuration key '{key}'.")


def check_filters(filters: Sequence[Mapping[str, str]], configuration: Mapping[str, str]) -> None:
    """Raises PathInvalid, KeyMissing."""
    for item in filters:
        read_path(item["jsonPath"])
        filled(item.get("matchEquals", ""), configuration)


def filled(pattern: str, configuration: Mapping[str, str]) -> str:
    """Return a pattern with each `{Key}` replaced by the action's configuration value. Raises KeyMissing."""
    for key in PLACEHOLDER.findall(pattern):
        if key not in configuration:
            raise KeyMissing(key)
    return PLACEHOLDER.sub(lambda found: configuration[found[1]], pattern)


def passes(filters: Sequence[Mapping[str, str]], document: Any, configuration: Mapping[str, str]) -> bool:
    """Say whether every filter finds what it asks for. Raises KeyMissing, TooManySteps."""
    return all(_passes(item, document, configuration) for item in filters)


def _passes(item: Mapping[str, str], document: Any, configuration: Mapping[str, str]) -> bool:
    found = find(read_path(item["jsonPath"]), document)
    if "matchEquals" not in item:
        return bool(found)
    wanted = filled(item["matchEquals"], configuration)
    return any(as_text(value) == wanted for value in found)


def as_text(value: Any) -> str:
    """Return a value of a document as filters compare it: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
