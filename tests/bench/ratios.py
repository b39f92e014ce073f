"""What ours is beside the yardsticks of the same run, and what it should be."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.bare import BARE, BARE_OUTSIDE
from tests.bench.figures import Results, ratio
from tests.bench.measures import AT_ONCE
from tests.bench.outside import OUTSIDE, OUTSIDE_LEAN


class Figure(NamedTuple):
    measure: str
    name: str


class Comparison(NamedTuple):
    ours: Figure
    theirs: Figure
    goal: str


COMPARISONS = {
    "outside, times the bare loop": Comparison(Figure(OUTSIDE, "p50_ms"), Figure(BARE_OUTSIDE, "p50_ms"), "at most 4"),
    "outside without an SDK, times the bare loop": Comparison(
        Figure(OUTSIDE_LEAN, "p50_ms"), Figure(BARE_OUTSIDE, "p50_ms"), "at most 4"
    ),
    "burst, share of the bare loop's rate": Comparison(
        Figure(AT_ONCE, "executions_per_second"), Figure(BARE, "per_second"), "at least 0.5"
    ),
}


def ratios(rounds: Sequence[Results]) -> Results:
    """Return the comparisons of which both sides were measured, each the median of the ratios of the rounds."""
    found: Results = {}
    for name, (ours, theirs, goal) in COMPARISONS.items():
        both = [each for each in rounds if {ours.measure, theirs.measure} <= each.keys()]
        if both:
            sides = ([each[side.measure][side.name] for each in both] for side in (ours, theirs))
            found[name] = {"ratio": ratio(*sides), "goal": goal}
    return found
