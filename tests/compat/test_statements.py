"""Each conformance statement is shown by a journey that names it, or its absence has a reason."""

import subprocess
import sys

import pytest

from tests.compat.page import PAGE, covered
from tests.compat.statements import NOT_YET, ON_PURPOSE, TOTAL, every, listed, names, numbers, shown
from tests.running import ROOT


def test_every_statement_is_shown_or_its_absence_explained():
    assert names(every() - shown().keys() - listed(NOT_YET)) == []


def test_nothing_that_is_shown_counts_as_absent():
    assert names(shown().keys() & listed(NOT_YET)) == []


def test_no_journey_and_no_reason_names_a_statement_that_does_not_exist():
    assert names((shown().keys() | listed(NOT_YET) | listed(ON_PURPOSE)) - every()) == []


def test_the_page_of_compatibility_says_the_same():
    """Run `python -m tests.compat.page` after the reasons or the coverage have changed."""
    told = PAGE.read_text()
    assert covered() in told
    for statements, reason in {**ON_PURPOSE, **NOT_YET}.items():
        assert f"| {statements} | {reason} |" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Shows CP-001, CP-003.", {1, 3}), ("Shows CP-002 to CP-004, CP-009.", {2, 3, 4, 9}), ("Shows nothing.", set())],
)
def test_names_and_rows_of_names_are_read(text, expected):
    assert numbers(text) == expected


def test_the_script_prints_what_is_covered_and_where_we_differ():
    command = [sys.executable, "-m", "tests.compat.coverage", "--journeys"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.startswith(f"{len(shown().keys() & every())} / {TOTAL} ")
    for statements, reason in {**ON_PURPOSE, **NOT_YET}.items():
        assert f"{statements}: {reason}" in printed
    assert "CP-001  tests/journeys/" in printed
    assert "without a reason" not in printed
