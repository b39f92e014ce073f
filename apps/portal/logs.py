"""Reading the log of an action: stretches that end with a whole character, and the lines a reader sees."""

from dataclasses import dataclass
from uuid import UUID

from apps.executions.models import ActionExecution
from apps.jobs.selectors import log_from, log_size
from apps.portal.pages.ansi import Line, read_lines
from apps.tenancy.models import Account

TAIL_BYTES = 65_536
STRETCH_BYTES = 262_144


@dataclass(frozen=True)
class LogText:
    """Units: `start` and `end` are offsets in bytes; the next stretch begins at `end`."""

    content: str
    start: int
    end: int


@dataclass(frozen=True)
class LogLines:
    """Whole lines, and the `partial` one that is still being written. The next read begins at `end`, before it."""

    lines: tuple[Line, ...]
    partial: Line | None
    start: int
    end: int
    is_cut: bool = False


def find_action(account: Account, action_execution_id: UUID) -> ActionExecution | None:
    return ActionExecution.objects.for_account(account).filter(pk=action_execution_id).first()


def text_from(account: Account, action_execution_id: UUID, *, start: int, limit_bytes: int = STRETCH_BYTES) -> LogText:
    """Return a stretch of the log as text."""
    tail = log_from(account, action_execution_id, start=start, limit_bytes=limit_bytes)
    whole = _without_half_a_character(tail.content)
    return LogText(whole.decode(errors="replace"), start, start + len(whole))


def lines_from(account: Account, action_execution_id: UUID, *, start: int) -> LogLines:
    """Return the lines from an offset on, at which a line begins."""
    content = log_from(account, action_execution_id, start=start, limit_bytes=STRETCH_BYTES).content
    whole, newline, rest = content.rpartition(b"\n")
    if not newline and len(content) >= STRETCH_BYTES:  # a line without end is shown in pieces
        whole, newline, rest = _without_half_a_character(content), b"", b""
    lines = read_lines(whole.decode(errors="replace")) if whole or newline else ()
    partial = read_lines(_without_half_a_character(rest).decode(errors="replace"))[0] if rest else None
    return LogLines(lines, partial, start, start + len(whole) + len(newline))


def last_lines(account: Account, action_execution_id: UUID) -> LogLines:
    """Return the end of the log, cut at a line."""
    size = log_size(account, action_execution_id)
    if size <= TAIL_BYTES:
        return lines_from(account, action_execution_id, start=0)
    first = log_from(account, action_execution_id, start=size - TAIL_BYTES, limit_bytes=TAIL_BYTES).content
    found = lines_from(account, action_execution_id, start=size - TAIL_BYTES + first.find(b"\n") + 1)
    return LogLines(found.lines, found.partial, found.start, found.end, is_cut=True)


def _without_half_a_character(content: bytes) -> bytes:
    """Leave out the beginning of a UTF-8 character whose end has not come yet."""
    for back in range(1, min(4, len(content)) + 1):
        byte = content[-back]
        if byte & 0b1100_0000 != 0b1000_0000:  # not a continuation byte: the last character begins here
            length = 1 if byte < 0x80 else 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4
            return content if length <= back else content[:-back]
    return content
