"""Figures: medians, percentiles and ratios, as text and as JSON."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Results = dict[str, dict[str, Any]]  # the figures of each measure
# How figures of several rounds become one, where that is not their median.
OF_ROUNDS: Mapping[str, Callable[[list[Any]], Any]] = {"least_ms": min, "greatest_ms": max, "samples": sum}


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile, least and greatest of some durations, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))] * 1000, 1),
        "least_ms": round(ordered[0] * 1000, 1),
        "greatest_ms": round(ordered[-1] * 1000, 1),
        "samples": len(ordered),
    }


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of neighbours in time: what others did to the machine meanwhile cancels out."""
    return round(statistics.median(one / other for one, other in zip(ours, theirs, strict=True)), 2)


def of_rounds(rounds: Sequence[Results]) -> Results:
    """Return the figures of several rounds as one: the median of each, the least of the least, all samples."""
    return {
        measure: {
            figure: round(OF_ROUNDS.get(figure, statistics.median)([each[measure][figure] for each in rounds]), 2)
            for figure in figures
        }
        for measure, figures in rounds[0].items()
    }


def line_of(measure: str, figures: dict[str, Any]) -> str:
    return f"{measure:<60} {'   '.join(f'{name} {value}' for name, value in figures.items())}"
