"""The conformance statements, CP-001 to CP-163: which journeys show each, where we differ, and what is not yet there.

A journey names the statements that it shows in its docstring: "Shows CP-084, CP-085.", with "CP-036 to CP-046" for a
row of them. It may show what NOT_YET lists only by taking it out.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from tests.running import ROOT

TOTAL: Final = 163
NAMED = re.compile(r"CP-(\d{3})(?: to CP-(\d{3}))?")

NOT_YET: Final[Mapping[str, str]] = {
    "CP-162 to CP-163": "there is no billing so far",
}
# Where we mean to differ. What is left of such a statement is shown like any other.
ON_PURPOSE: Final[Mapping[str, str]] = {
    "CP-015": "one deployment is one region; a request signed for another is refused, where AWS shows an empty region",
    "CP-021": "one deployment is one region; the name is free in the deployment of another region",
}


def numbers(text: str) -> set[int]:
    """Return the statements that a text names."""
    found: set[int] = set()
    for first, last in NAMED.findall(text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def listed(reasons: Mapping[str, str]) -> set[int]:
    return numbers(" ".join(reasons))


def names(found: Iterable[int]) -> list[str]:
    return [f"CP-{number:03}" for number in sorted(found)]


def every() -> set[int]:
    return set(range(1, TOTAL + 1))


def shown() -> dict[int, list[str]]:
    """Return the journeys that show each statement, by its number."""
    by_number: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests" / "journeys").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in numbers(ast.get_docstring(node) or ""):
                    by_number[number].append(f"{path.relative_to(ROOT)}::{node.name}")
    return dict(by_number)
