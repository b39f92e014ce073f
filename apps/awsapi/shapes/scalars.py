"""Checks of strings, numbers, booleans and timestamps, compiled from their shapes.

Each parser takes a value, its path and the list that violations go to, and returns the value to use.
A value of the wrong type raises SerializationError, as the service does before it looks at any constraint.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape

from apps.awsapi.codecs.cbor import from_epoch
from apps.awsapi.codecs.limits import SerializationError

from .model import MAXIMUM_OVERRIDES, READ_BY_OPERATIONS, is_secret
from .violations import Path, Violation, quoted

Parser = Callable[[Any, Path, list[Violation]], Any]
# Two patterns of the model take time that grows with the square of the text, on shapes without a maximum length.
LONGEST_FOR_PATTERN = 2_048
INTEGER_RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
JAVA_NAMES = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "boolean": "a Boolean",
    "timestamp": "a Timestamp",
}


def wrong_type(value: Any, wanted: str, path: Path) -> SerializationError:
    """Return the error for a value of another type than the model's, in the words of the service's own reader."""
    if isinstance(value, dict | list):
        return SerializationError(f"Start of structure or map or list found where not expected: '{path}'")
    if isinstance(value, bool):
        kind = "TRUE_VALUE" if value else "FALSE_VALUE"
    elif isinstance(value, int | float):
        kind = "NUMBER_VALUE"
    elif isinstance(value, datetime):
        kind = "TIMESTAMP_VALUE"
    else:
        kind = "STRING_VALUE" if isinstance(value, str) else "BINARY_VALUE"
    return SerializationError(f"{kind} can not be converted to {wanted}: '{path}'")


def length_constraints(shape: Shape) -> tuple[int, int | None]:
    """Return the least and the greatest length of a shape, None for no limit."""
    return shape.metadata.get("min", 0), MAXIMUM_OVERRIDES.get(shape.name, shape.metadata.get("max"))


def string_constraints(shape: Shape) -> list[tuple[Callable[[str], bool], str]]:
    """Return each constraint of a string as its check and its text, in the order in which AWS lists them."""
    least, most = length_constraints(shape)
    found: list[tuple[Callable[[str], bool], str]] = []
    if most is not None:
        found.append((lambda text: len(text) <= most, f"Member must have length less than or equal to {most}"))
    if least:
        found.append((lambda text: len(text) >= least, f"Member must have length greater than or equal to {least}"))
    pattern = shape.metadata.get("pattern") if shape.name not in READ_BY_OPERATIONS else None
    if pattern is not None:
        matches = re.compile(pattern, re.ASCII).fullmatch
        found.append(
            (
                lambda text: len(text) <= LONGEST_FOR_PATTERN and matches(text) is not None,
                f"Member must satisfy regular expression pattern: {pattern}",
            )
        )
    values = shape.metadata.get("enum")
    if values:
        allowed = frozenset(values)
        found.append((lambda text: text in allowed, f"Member must satisfy enum value set: [{', '.join(values)}]"))
    return found


def string_parser(shape: Shape) -> Parser:
    constraints = string_constraints(shape)
    secret = is_secret(shape)

    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not str:
            raise wrong_type(value, JAVA_NAMES["string"], path)
        for holds, text in constraints:
            if not holds(value):
                violations.append(Violation(path, "" if secret else quoted(value), text))
        return value

    return parse


def integer_parser(shape: Shape) -> Parser:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    smallest, largest = INTEGER_RANGES[shape.type_name]

    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not int or not smallest <= value <= largest:
            raise wrong_type(value, JAVA_NAMES[shape.type_name], path)
        if most is not None and value > most:
            violations.append(Violation(path, quoted(value), f"Member must have value less than or equal to {most}"))
        if least is not None and value < least:
            violations.append(
                Violation(path, quoted(value), f"Member must have value greater than or equal to {least}")
            )
        return value

    return parse


def boolean_parser(shape: Shape) -> Parser:
    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if type(value) is not bool:
            raise wrong_type(value, JAVA_NAMES["boolean"], path)
        return value

    return parse


def timestamp_parser(shape: Shape) -> Parser:
    def parse(value: Any, path: Path, violations: list[Violation]) -> Any:
        if isinstance(value, datetime):  # CBOR brings moments as such
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return from_epoch(value)
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            except (ValueError, OverflowError):
                raise wrong_type(value, JAVA_NAMES["timestamp"], path) from None
        raise wrong_type(value, JAVA_NAMES["timestamp"], path)

    return parse
