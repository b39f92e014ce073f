"""Each conformance statement is shown by a journey that names it, or stands here with the reason why it is not yet.

The statements are CP-001 to CP-163. A journey names those that it shows in a docstring: "Shows CP-084, CP-085.", with
"CP-036 to CP-046" for a row of them. A journey is allowed to show what is in the list below only by taking it out.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.running import ROOT

NUMBER_OF_STATEMENTS = 163
NAMED = re.compile(r"CP-(\d{3})(?: to CP-(\d{3}))?")
NO_OPERATION = "the operation is answered UnknownOperationException so far"
NOT_SHOWN = {
    "CP-005": "no operation that exists answers ConflictException",
    "CP-103": "takes thirty days",
    "CP-115": "automatic retry belongs to the whole engine",
    "CP-116 to CP-128": NO_OPERATION,
    "CP-155": "takes five minutes at least",
    "CP-156": "there is no S3 source so far; a git source shows the same rules",
    "CP-160": "triggers of connections do not start anything so far",
    "CP-161": "there is no event bus so far",
    "CP-162 to CP-163": "there is no billing so far",
}


def numbers(text: str) -> set[int]:
    found: set[int] = set()
    for first, last in NAMED.findall(text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def shown() -> Iterator[int]:
    for path in sorted((ROOT / "tests" / "journeys").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield from numbers(ast.get_docstring(node) or "")


def names(found: set[int]) -> list[str]:
    return [f"CP-{number:03}" for number in sorted(found)]


def test_every_statement_is_shown_or_its_absence_explained():
    every = set(range(1, NUMBER_OF_STATEMENTS + 1))
    assert names(every - set(shown()) - numbers(" ".join(NOT_SHOWN))) == []


def test_nothing_that_is_shown_counts_as_absent():
    assert names(set(shown()) & numbers(" ".join(NOT_SHOWN))) == []


def test_no_journey_names_a_statement_that_does_not_exist():
    assert names({number for number in shown() if not 1 <= number <= NUMBER_OF_STATEMENTS}) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Shows CP-001, CP-003.", {1, 3}), ("Shows CP-002 to CP-004, CP-009.", {2, 3, 4, 9}), ("Shows nothing.", set())],
)
def test_names_and_rows_of_names_are_read(text, expected):
    assert numbers(text) == expected
