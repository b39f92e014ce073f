"""Conditions in a path, as in `[?(@.draft == false && @.base.ref == 'main')]`.

There are comparisons, existence, `&&`, `||`, `!` and brackets.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .jsonpath_text import DEEPEST, Reader, Steps

Follow = Callable[..., list[Any]]
ReadSegments = Callable[[Reader], tuple[Any, ...]]
OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,2})?")
WORDS = {"true": True, "false": False, "null": None}
NOTHING = object()


class Condition:
    """Tells whether a child is taken."""

    def holds(self, child: Any, root: Any, steps: Steps, follow: Follow) -> bool:
        raise NotImplementedError


@dataclass(frozen=True)
class Query:
    """A path inside a condition, from the child (`@`) or from the document's root (`$`)."""

    is_relative: bool
    path: tuple[Any, ...]

    def select(self, child: Any, root: Any, steps: Steps, follow: Follow) -> list[Any]:
        steps.count()
        return follow(self.path, child if self.is_relative else root, root, steps)


Operand = Query | str | int | float | bool | None


@dataclass(frozen=True)
class Exists(Condition):
    query: Query

    def holds(self, child: Any, root: Any, steps: Steps, follow: Follow) -> bool:
        return bool(self.query.select(child, root, steps, follow))


@dataclass(frozen=True)
class Compares(Condition):
    left: Operand
    operator: str
    right: Operand

    def holds(self, child: Any, root: Any, steps: Steps, follow: Follow) -> bool:
        steps.count()
        left, right = (_value(each, child, root, steps, follow) for each in (self.left, self.right))
        match self.operator:
            case "==":
                return _equal(left, right)
            case "!=":
                return not _equal(left, right)
            case "<":
                return _less(left, right)
            case ">":
                return _less(right, left)
            case "<=":
                return _less(left, right) or _equal(left, right)
        return _less(right, left) or _equal(left, right)


@dataclass(frozen=True)
class AnyOf(Condition):
    parts: tuple[Condition, ...]

    def holds(self, child: Any, root: Any, steps: Steps, follow: Follow) -> bool:
        return any(part.holds(child, root, steps, follow) for part in self.parts)


@dataclass(frozen=True)
class AllOf(Condition):
    parts: tuple[Condition, ...]

    def holds(self, child: Any, root: Any, steps: Steps, follow: Follow) -> bool:
        return all(part.holds(child, root, steps, follow) for part in self.parts)


@dataclass(frozen=True)
class Not(Condition):
    part: Condition

    def holds(self, child: Any, root: Any, steps: Steps, follow: Follow) -> bool:
        return not self.part.holds(child, root, steps, follow)


def _value(operand: Operand, child: Any, root: Any, steps: Steps, follow: Follow) -> Any:
    if not isinstance(operand, Query):
        return operand
    found = operand.select(child, root, steps, follow)
    return found[0] if len(found) == 1 else NOTHING


def _equal(left: Any, right: Any) -> bool:
    """Compare plain values; a list or an object equals nothing, for comparing them would cost what they hold."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    return isinstance(left, int | float) and isinstance(right, int | float) and left < right


def read_condition(reader: Reader, read_segments: ReadSegments) -> Condition:
    """Read what follows `?`. Raises PathInvalid."""
    reader.depth += 1
    if reader.depth > DEEPEST:
        raise reader.refusal(f"conditions stand inside each other more than {DEEPEST} deep")
    condition = _either(reader, read_segments)
    reader.depth -= 1
    return condition


def _either(reader: Reader, read_segments: ReadSegments) -> Condition:
    parts = [_both(reader, read_segments)]
    while reader.take("||", spaced=True):
        parts.append(_both(reader, read_segments))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _both(reader: Reader, read_segments: ReadSegments) -> Condition:
    parts = [_one(reader, read_segments)]
    while reader.take("&&", spaced=True):
        parts.append(_one(reader, read_segments))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _one(reader: Reader, read_segments: ReadSegments) -> Condition:
    reader.skip_spaces()
    reader.depth += 1
    if reader.depth > DEEPEST:
        raise reader.refusal(f"conditions stand inside each other more than {DEEPEST} deep")
    try:
        if reader.take("!"):
            return Not(_one(reader, read_segments))
        if reader.take("("):
            inner = _either(reader, read_segments)
            reader.expect(")", spaced=True)
            return inner
        return _comparison(reader, read_segments)
    finally:
        reader.depth -= 1


def _comparison(reader: Reader, read_segments: ReadSegments) -> Condition:
    left = _operand(reader, read_segments)
    reader.skip_spaces()
    for operator in OPERATORS:
        if reader.take(operator):
            return Compares(left, operator, _operand(reader, read_segments))
    if isinstance(left, Query):
        return Exists(left)
    raise reader.refusal(f"one of {' '.join(OPERATORS)} is needed")


def _operand(reader: Reader, read_segments: ReadSegments) -> Operand:
    reader.skip_spaces()
    for start, is_relative in (("@", True), ("$", False)):
        if reader.take(start):
            return Query(is_relative, read_segments(reader))
    if reader.peek() in ("'", '"'):
        return reader.quoted()
    for word, value in WORDS.items():
        if reader.take(word):
            return value
    number = reader.match(NUMBER, "@, $, a number, a text in quotes, true, false or null")
    return float(number) if {".", "e", "E"} & set(number) else int(number)
