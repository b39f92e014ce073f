"""What a request broke, in AWS's grammar: one message that lists every broken constraint, ordered by path."""

from __future__ import annotations

from typing import NamedTuple

from apps.core.errors import HeadraceError

MOST_LISTED = 100
LONGEST_ECHO = 1_024


class ValidationError(HeadraceError):
    """A request whose types are right and whose values break constraints of the model."""


class Path(NamedTuple):
    """Where a value stands: a chain from the member up to the request, turned into text only for a message."""

    above: Path | None
    step: str | int

    def steps(self) -> list[str | int]:
        found: list[str | int] = []
        at: Path | None = self
        while at is not None:
            found.append(at.step)
            at = at.above
        return found[::-1]

    def __str__(self) -> str:
        return ".".join(step if isinstance(step, str) else f"{step}.member" for step in self.steps())


class Violation(NamedTuple):
    """One broken constraint. `value` is the text between "Value" and "at", "" where it is not repeated."""

    path: Path
    value: str
    constraint: str

    def __str__(self) -> str:
        value = f" {self.value}" if self.value else ""
        return f"Value{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def quoted(value: object) -> str:
    """Return the text that shows a scalar, cut where it is long."""
    text = str(value)
    return f"'{text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + '...'}'"


def refuse(violations: list[Violation]) -> None:
    """Raises ValidationError that names all of them, the first hundred in full."""
    count = len(violations)
    in_order = sorted(violations, key=_place)
    listed = "; ".join(str(violation) for violation in in_order[:MOST_LISTED])
    raise ValidationError(f"{count} validation error{'' if count == 1 else 's'} detected: {listed}")


def _place(violation: Violation) -> list[tuple[bool, int, str]]:
    """Order by path, with the tenth stage behind the ninth."""
    return [(False, step, "") if isinstance(step, int) else (True, 0, step) for step in violation.path.steps()]
