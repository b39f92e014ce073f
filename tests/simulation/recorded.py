"""Histories with the decisions that were made in them, so that a later version can be held to these (INV-30).

Record one: python -m tests.simulation --record FILE --first SEED --steps 60. A decision that changes on purpose is
recorded anew, in the commit that changes it.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.events.models import Event
from tests.simulation.world import World

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SUBJECT = ("execution_id", "stage", "action", "action_execution_id")


class Decisions:
    """What was decided in a world, a line an event, with a number for each id in the order in which they appear."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._numbers: dict[str, int] = {}

    def read(self, world: World) -> None:
        """Take down all events of the world. It is asked before its database is emptied."""
        log = Event.objects.for_account(world.account).order_by("sequence")
        self.take_down(log, world.account.number, began=world.began)

    def take_down(self, log: Iterable[Event], number: str, *, began: datetime) -> None:
        """Shapes: `number` is the account's."""
        for event in log:
            seconds = int((event.at - began).total_seconds())
            subject = [self._named(getattr(event, name)) for name in SUBJECT if getattr(event, name)]
            data = [f"{key}={self._named(value)}" for key, value in sorted(event.data.items())]
            self.lines.append(" ".join([f"{seconds}s", event.kind, *subject, *data]).replace(number, "ACCOUNT"))

    def _named(self, value: Any) -> str:
        text = str(value) if isinstance(value, str | UUID) else repr(value)
        return UUID_TEXT.sub(lambda found: f"#{self._numbers.setdefault(found[0], len(self._numbers) + 1)}", text)


def first_difference(kept: list[str], found: list[str]) -> str | None:
    """Return where two lists of decisions part, in words; None when they are the same."""
    for number, (before, now) in enumerate(zip(kept, found, strict=False), 1):
        if before != now:
            return f"INV-30: decision {number} was '{before}' and is '{now}'"
    if len(kept) != len(found):
        return f"INV-30: there were {len(kept)} decisions and are {len(found)}"
    return None
