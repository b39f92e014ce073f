"""How often something may happen: token buckets in this process. The clock is passed in."""

from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

MOST_BUCKETS = 100_000
ROUNDING = 1e-6


@dataclass(frozen=True)
class Rate:
    """So many a second on average, and twice as many at once after a rest. 0 is no limit."""

    per_second: float
    burst_seconds: float = 2.0

    @property
    def burst(self) -> float:
        """A bucket holds one token at least, or a rate under one in two seconds would allow nothing ever."""
        return max(1.0, self.per_second * self.burst_seconds)


class Buckets:
    """One bucket a key, kept as the tokens that were missing at a moment: an idle one costs nothing."""

    def __init__(self, *, most: int = MOST_BUCKETS) -> None:
        self._missing: dict[Hashable, tuple[float, float, float]] = {}  # tokens, when, and when there will be none
        self._lock = Lock()
        self._most = most

    def take(self, key: Hashable, rate: Rate, *, now: float) -> float:
        """Take a token and return 0.0, or return the seconds until there is one. Units: `now` in seconds."""
        if rate.per_second <= 0:
            return 0.0
        with self._lock:
            missing, since, _ = self._missing.get(key, (0.0, now, now))
            missing = max(0.0, missing - (now - since) * rate.per_second) + 1
            if missing > rate.burst + ROUNDING:
                return (missing - rate.burst) / rate.per_second
            if len(self._missing) >= self._most and key not in self._missing:
                self._forget_full(now)
            self._missing[key] = missing, now, now + missing / rate.per_second
        return 0.0

    def _forget_full(self, now: float) -> None:
        """Drop what is full again; where all are in use, all begin anew: that errs for the callers."""
        self._missing = {key: state for key, state in self._missing.items() if state[2] > now}
        if len(self._missing) >= self._most:
            self._missing.clear()
