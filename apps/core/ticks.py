"""Small regular duties that the worker process does between jobs. Apps add theirs in `ready()`.

A duty looks for rows that are due and deals with them under their locks, so any number of workers may run it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Duty:
    """Units: `every_seconds` between the starts of two runs."""

    name: str
    every_seconds: float
    run: Callable[[datetime], object]


DUTIES: list[Duty] = []


def every(seconds: float, name: str, run: Callable[[datetime], object]) -> None:
    """Have `run`, which takes the current time, called about every `seconds`."""
    DUTIES.append(Duty(name, seconds, run))
