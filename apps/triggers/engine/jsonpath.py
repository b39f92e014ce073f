"""JSONPath for webhook filters: what of RFC 9535 can be followed in a bounded number of steps.

Written here because a general library follows whatever it is given: three `..` in a row over a deep document take
seconds. There are no functions and no regular expressions. Jayway's notations that AWS documents are read too.
Source: RFC 9535; reference section 6.3; reliability-and-security T-14.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .jsonpath_filters import Condition, read_condition
from .jsonpath_text import PathInvalid, Reader, Steps, TooManySteps

__all__ = ["Path", "PathInvalid", "TooManySteps", "find", "read_path"]

MOST_STEPS = 20_000
MOST_SELECTED = 5_000


@dataclass(frozen=True)
class Segment:
    """One step of a path: which children are taken, and whether of all descendants too.

    Shapes: a selector is a name, an index, a slice, a Condition, or None for all children.
    """

    selectors: tuple[str | int | slice | Condition | None, ...]
    descends: bool = False


Path = tuple[Segment, ...]


def read_path(text: str) -> Path:
    """Read `$…`. Raises PathInvalid, whose text says where."""
    reader = Reader(text)
    reader.expect("$")
    path = read_segments(reader)
    if not reader.at_end():
        raise reader.refusal("there is something behind the path")
    return path


def read_segments(reader: Reader) -> Path:
    """Read the segments that follow `$` or `@`."""
    segments = []
    while True:
        if reader.take(".."):
            segments.append(Segment(_after_dots(reader), descends=True))
        elif reader.take("."):
            segments.append(Segment((_dotted(reader),)))
        elif reader.peek() == "[":
            segments.append(Segment(_bracketed(reader)))
        else:
            return tuple(segments)


def _after_dots(reader: Reader) -> tuple[str | int | slice | Condition | None, ...]:
    return _bracketed(reader) if reader.peek() == "[" else (_dotted(reader),)


def _dotted(reader: Reader) -> str | None:
    if reader.take("*"):
        return None
    return reader.match(NAME, "a name")


NAME = re.compile(r"[^\W\d][\w-]*")
INTEGER = re.compile(r"-?\d{1,9}")


def _bracketed(reader: Reader) -> tuple[str | int | slice | Condition | None, ...]:
    reader.expect("[")
    selectors = [_selector(reader)]
    while reader.take(",", spaced=True):
        selectors.append(_selector(reader))
    reader.expect("]", spaced=True)
    return tuple(selectors)


def _selector(reader: Reader) -> str | int | slice | Condition | None:
    reader.skip_spaces()
    if reader.take("*"):
        return None
    if reader.take("?"):
        return read_condition(reader, read_segments)
    if reader.peek() in ("'", '"'):
        return reader.quoted()
    return _index_or_slice(reader)


def _index_or_slice(reader: Reader) -> int | slice:
    parts: list[int | None] = [_integer(reader)]
    while len(parts) < 3 and reader.take(":", spaced=True):
        parts.append(_integer(reader))
    if len(parts) == 1:
        if parts[0] is None:
            raise reader.refusal("a name in quotes, a number, * or ?( ) is needed")
        return parts[0]
    return slice(*parts)


def _integer(reader: Reader) -> int | None:
    reader.skip_spaces()
    text = reader.take_match(INTEGER)
    return int(text) if text else None


def find(path: Path, document: Any, *, most_steps: int = MOST_STEPS) -> list[Any]:
    """Return the values that a path selects, in the document's order. Raises TooManySteps."""
    return follow(path, document, document, Steps(most_steps))


def follow(path: Path, start: Any, root: Any, steps: Steps) -> list[Any]:
    """Return what a path selects from `start`; conditions may look at `root`."""
    found = [start]
    for segment in path:
        following: list[Any] = []
        for node in found:
            for place in _descendants(node, steps) if segment.descends else (node,):
                for selector in segment.selectors:
                    following += _children(selector, place, root, steps)
                    if len(following) > MOST_SELECTED:
                        raise TooManySteps("The path selects too many values.")
        found = following
    return found


def _descendants(node: Any, steps: Steps) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        place = waiting.pop()
        steps.count()
        yield place
        if isinstance(place, dict):
            waiting += reversed(place.values())
        elif isinstance(place, list):
            waiting += reversed(place)


def _children(selector: str | int | slice | Condition | None, node: Any, root: Any, steps: Steps) -> list[Any]:
    steps.count()
    match selector:
        case str():
            return [node[selector]] if isinstance(node, dict) and selector in node else []
        case int():
            return [node[selector]] if isinstance(node, list) and -len(node) <= selector < len(node) else []
        case slice():
            return _sliced(node, selector, steps)
        case None:
            return _all(node, steps)
    return [child for child in _all(node, steps) if selector.holds(child, root, steps, follow)]


def _sliced(node: Any, selector: slice, steps: Steps) -> list[Any]:
    if not isinstance(node, list) or selector.step == 0:
        return []
    chosen = node[selector]
    steps.count(len(chosen))
    return chosen


def _all(node: Any, steps: Steps) -> list[Any]:
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    steps.count(len(children))
    return children
