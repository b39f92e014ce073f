"""Figures: medians and percentiles, as text and as JSON."""

import statistics
from collections.abc import Sequence
from typing import Any


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


def line_of(measure: str, figures: dict[str, Any]) -> str:
    return f"{measure:<40} {'   '.join(f'{name} {value}' for name, value in figures.items())}"
