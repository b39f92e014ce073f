"""The log of an action as text: stretches that end with a whole character."""

from dataclasses import dataclass
from uuid import UUID

from apps.jobs.selectors import log_from
from apps.tenancy.models import Account

STRETCH_BYTES = 262_144


@dataclass(frozen=True)
class LogText:
    """Units: `start` and `end` are offsets in bytes; the next stretch begins at `end`."""

    content: str
    start: int
    end: int


def text_from(account: Account, action_execution_id: UUID, *, start: int, limit_bytes: int = STRETCH_BYTES) -> LogText:
    """Return a stretch of the log as text."""
    tail = log_from(account, action_execution_id, start=start, limit_bytes=limit_bytes)
    whole = without_half_a_character(tail.content)
    return LogText(whole.decode(errors="replace"), start, start + len(whole))


def without_half_a_character(content: bytes) -> bytes:
    """Leave out the beginning of a UTF-8 character whose end has not come yet."""
    for back in range(1, min(4, len(content)) + 1):
        byte = content[-back]
        if byte & 0b1100_0000 != 0b1000_0000:  # not a continuation byte: the last character begins here
            length = 1 if byte < 0x80 else 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4
            return content if length <= back else content[:-back]
    return content
