"""AWS JSON 1.1: a strict reader over the standard parser, and a compact writer."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any, NoReturn

from .limits import (
    DEEPEST,
    LARGEST_INTEGER,
    LONGEST_STRING,
    MOST_NODES,
    SMALLEST_INTEGER,
    SerializationError,
)

LONGEST_NUMBER = 1_000  # characters: reading a fraction takes longer than its length says


def decode(body: bytes) -> Any:
    """Return the one JSON value that `body` holds. Raises SerializationError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise SerializationError("The request body is not valid UTF-8.") from None
    try:
        value = _decoder.decode(text)
    except RecursionError:
        raise SerializationError(f"The request body is nested deeper than {DEEPEST} levels.") from None
    except ValueError as error:
        raise SerializationError(f"The request body is not valid JSON: {_readable(error)}.") from None
    if _may_exceed_limits(text):
        _check(value)
    return value


def encode(value: Any) -> bytes:
    """Return compact JSON. Shapes: aware datetimes become epoch seconds with at most milliseconds."""
    return _encoder.encode(value).encode("utf-8")


def _may_exceed_limits(text: str) -> bool:
    """Tell whether the parsed value needs a walk; it doesn't when the text alone shows that no limit can be reached.

    A value has no more nodes and no longer strings than its text has characters, and no more levels than brackets.
    Only an escape can bring in a NUL or half a surrogate pair: the text itself was strict UTF-8.
    """
    return len(text) > MOST_NODES or "\\u" in text or text.count("{") + text.count("[") > DEEPEST


def _check(root: Any) -> None:
    """Raises SerializationError for too many nodes or levels, or a string that is too long or unclean."""
    nodes = 0
    level = [root]
    depth = 0
    while level:
        nodes += len(level)
        if nodes > MOST_NODES:
            raise SerializationError(f"The request body holds more than {MOST_NODES} values.")
        below: list[Any] = []
        for node in level:
            if isinstance(node, str):
                _check_text(node)
            elif isinstance(node, dict):
                for name in node:
                    _check_text(name)
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        depth += any(isinstance(node, (dict, list)) for node in level)
        if depth > DEEPEST:
            raise SerializationError(f"The request body is nested deeper than {DEEPEST} levels.")
        level = below


def _check_text(text: str) -> None:
    if len(text) > LONGEST_STRING:
        raise SerializationError(f"The request body holds a string longer than {LONGEST_STRING} characters.")
    if "\0" in text:
        raise SerializationError("The request body holds a string with a NUL character.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise SerializationError("The request body holds a string with half of a surrogate pair.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object names a member twice")
    return members


def _integer(digits: str) -> int:
    # Twenty characters hold every 64-bit number; converting a million digits first would take seconds.
    number = int(digits) if len(digits) <= 20 else LARGEST_INTEGER + 1
    if not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        raise ValueError("an integer does not fit in 64 bits")
    return number


def _float(digits: str) -> float:
    number = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _readable(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return str(error)


def _timestamp(value: Any) -> int | float:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    milliseconds = round(value.timestamp() * 1000)
    return milliseconds / 1000 if milliseconds % 1000 else milliseconds // 1000


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant, strict=True
)
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_timestamp)
