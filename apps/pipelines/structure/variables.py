"""References to variables in a text, `#{namespace.key}`, and putting values in their place."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from .errors import UnresolvedVariable

REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")
Lookup: TypeAlias = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference and where it stands: `text[start:end]`."""

    namespace: str
    key: str
    start: int
    end: int


def references(text: str) -> list[Reference]:
    """Return the references in a text, in order. Anything of another form is plain text."""
    return [Reference(found[1], found[2], found.start(), found.end()) for found in REFERENCE.finditer(text)]


def substitute(text: str, lookup: Lookup) -> str:
    """Return the text with each reference replaced by its value, in one pass: values are not looked into again.

    Raises: UnresolvedVariable.
    """
    return REFERENCE.sub(lambda found: value_of(found[1], found[2], lookup), text)


def value_of(namespace: str, key: str, lookup: Lookup) -> str:
    """Return the value of a variable. Raises UnresolvedVariable."""
    value = lookup(namespace, key)
    if value is None:
        raise UnresolvedVariable(namespace, key)
    return value
