"""Polling a peer that may be away for a moment."""

from collections.abc import Callable
from dataclasses import replace

from .aws import AwsRefused
from .request import PeerUnavailable
from .types import Result, Running

MOST_MISSES = 10  # polls in a row that got no answer, before the work fails


def patiently(running: Running, look: Callable[[], Result]) -> Result:
    """Return what `look` says. While the peer is away or busy the work goes on running, until it was missed ten times.

    Raises: AwsRefused for what will not pass; whatever `look` raises at the last miss.
    """
    try:
        return look()
    except (AwsRefused, PeerUnavailable) as error:
        missed = running.state.get("missed", 0)
        count = missed + 1 if isinstance(missed, int) else 1
        if count >= MOST_MISSES or (isinstance(error, AwsRefused) and not error.is_passing):
            raise
        return replace(running, state={**running.state, "missed": count})
