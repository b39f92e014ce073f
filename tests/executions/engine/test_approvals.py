"""How many different people an approval takes, and who does not count."""

import pytest

from apps.executions.engine import Tally


@pytest.mark.parametrize(
    ("needed", "barred", "given_by", "missing"),
    [
        (1, "", "", 1),
        (1, "", "a", 0),
        (2, "", "a", 1),
        (2, "", "ab", 0),
        (2, "", "abc", 0),
        (2, "b", "ab", 1),
        (1, "a", "a", 1),
        (3, "xy", "xyab", 1),
    ],
)
def test_as_many_different_people_as_are_needed_and_no_starter(needed, barred, given_by, missing):
    tally = Tally(needed, frozenset(barred), frozenset(given_by))
    assert (tally.missing, tally.is_reached) == (missing, missing == 0)


def test_who_approves_twice_counts_once():
    tally = Tally(needed=2).with_approval_of("a").with_approval_of("a")
    assert (tally.missing, tally.is_reached) == (1, False)
    assert tally.with_approval_of("b").is_reached
