"""An end that fails no request: who has asked gets the answer, and is told that the connection ends with it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

LINGER_SECONDS = 0.5  # who was about to ask when the end began has done so by then
LOOK_SECONDS = 0.02


class Ending(Protocol):
    """A connection that will not be used for another request."""

    def end_unless_busy(self) -> None: ...


async def drained(connections: Callable[[], Iterable[Ending]], *, most_seconds: float) -> None:
    """Return when no connection is left, or after `most_seconds`. Those on which nobody asks are ended soon."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while clock() < began + most_seconds and (left := list(connections())):
        if clock() > began + LINGER_SECONDS:
            for connection in left:
                connection.end_unless_busy()
        await asyncio.sleep(LOOK_SECONDS)
