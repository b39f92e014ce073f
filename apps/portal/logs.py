"""Reading the log of an action or of a rule: the lines a reader sees."""

from dataclasses import dataclass
from uuid import UUID

from apps.executions.models import ActionExecution, RuleExecution
from apps.jobs.log_text import STRETCH_BYTES, without_half_a_character
from apps.jobs.selectors import log_from, log_size
from apps.portal.pages.ansi import Line, read_lines
from apps.tenancy.models import Account

TAIL_BYTES = 65_536


@dataclass(frozen=True)
class LogLines:
    """Whole lines, and the `partial` one that is still being written. The next read begins at `end`, before it."""

    lines: tuple[Line, ...]
    partial: Line | None
    start: int
    end: int
    is_cut: bool = False


def has_attempt(account: Account, attempt_id: UUID) -> bool:
    """Tell whether the account has an attempt at an action, or at a rule, of this id."""
    found = (model.objects.for_account(account).filter(pk=attempt_id) for model in (ActionExecution, RuleExecution))
    return any(rows.exists() for rows in found)


def lines_from(account: Account, action_execution_id: UUID, *, start: int) -> LogLines:
    """Return the lines from an offset on, at which a line begins."""
    content = log_from(account, action_execution_id, start=start, limit_bytes=STRETCH_BYTES).content
    whole, newline, rest = content.rpartition(b"\n")
    if not newline and len(content) >= STRETCH_BYTES:  # a line without end is shown in pieces
        whole, newline, rest = without_half_a_character(content), b"", b""
    lines = read_lines(whole.decode(errors="replace")) if whole or newline else ()
    partial = read_lines(without_half_a_character(rest).decode(errors="replace"))[0] if rest else None
    return LogLines(lines, partial, start, start + len(whole) + len(newline))


def last_lines(account: Account, action_execution_id: UUID) -> LogLines:
    """Return the end of the log, cut at a line."""
    size = log_size(account, action_execution_id)
    if size <= TAIL_BYTES:
        return lines_from(account, action_execution_id, start=0)
    first = log_from(account, action_execution_id, start=size - TAIL_BYTES, limit_bytes=TAIL_BYTES).content
    found = lines_from(account, action_execution_id, start=size - TAIL_BYTES + first.find(b"\n") + 1)
    return LogLines(found.lines, found.partial, found.start, found.end, is_cut=True)
