"""What ours is beside the yardsticks of the same run, and what it should be."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.bare import BARE, BARE_OUTSIDE
from tests.bench.buildbot import BUILDBOT, BUILDBOT_BURST, OTHERS
from tests.bench.figures import Results, ratio
from tests.bench.measures import AT_ONCE, TO_THE_END
from tests.bench.outside import OUTSIDE, OUTSIDE_LEAN

# Above it the shared bench calls a run disturbed. Beside a slowed yardstick ours would look better than it is.
CALM = 0.2


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
    "three stages, share of Buildbot's time": Comparison(
        Figure(TO_THE_END, "p50_ms"), Figure(BUILDBOT, "p50_ms"), "at most 0.2"
    ),
    "burst, times Buildbot's rate": Comparison(
        Figure(AT_ONCE, "executions_per_second"), Figure(BUILDBOT_BURST, "executions_per_second"), "at least 10"
    ),
}


def ratios(rounds: Sequence[Results], once: Results) -> Results:
    """Return the comparisons of which both sides were measured, each the median of the ratios of the rounds.

    Shapes: `once` holds what was measured once, and stands beside every round.
    """
    found: Results = {}
    for name, (ours, theirs, goal) in COMPARISONS.items():
        both = [each for each in ({**once, **own} for own in rounds) if {ours.measure, theirs.measure} <= each.keys()]
        if both and (share := both[0][theirs.measure].get(OTHERS, 0)) > CALM:
            found[name] = {"not compared": f"others had {share:.0%} of the machine meanwhile", "goal": goal}
        elif both:
            sides = ([each[side.measure][side.name] for each in both] for side in (ours, theirs))
            found[name] = {"ratio": ratio(*sides), "goal": goal}
    return found
