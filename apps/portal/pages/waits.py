"""What is not moving, and what would let it: a line for each execution that waits."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import clock
from apps.executions.selectors import PipelineStanding
from apps.executions.waits import EndedBy, Reason, Wait, sentence, waits_behind
from apps.portal.pages.words import APPROVAL, HELD, Status
from apps.triggers.selectors import any_is_watched, watches_of
from apps.triggers.sources import SourceReason, SourceWait, why_source_waits

MOST_SHOWN = 6
UNTIL = {
    Reason.APPROVAL: gettext_lazy("Expires"),
    Reason.CONDITION: gettext_lazy("Next look"),
    Reason.EXTERNAL: gettext_lazy("Next look"),
    Reason.WORKER: gettext_lazy("Fails"),
}


@dataclass(frozen=True)
class WaitLine:
    """One execution that waits. `since` is its own; the rest is about the link to fix.

    Shapes: `selector` is "<stage>/<action>" of an approval that is to be decided, else empty.
    """

    number: int
    status: Status
    sentence: str
    since: datetime
    until: datetime | None
    until_word: str
    ended_by: str
    asked_at: datetime | None
    selector: str


@dataclass(frozen=True)
class Waits:
    """Those that wait longest; `more` are left out. `sources` are what keeps new executions from starting."""

    lines: tuple[WaitLine, ...]
    more: int
    sources: tuple[SourceWait, ...]


def waits_page(standing: PipelineStanding) -> Waits:
    gates = [gate for stage in standing.stages for gate in (stage.inbound, stage.outbound) if gate]
    found = [wait for wait in waits_behind(standing.pipeline, gates, now=clock.database_now()) if not wait.is_moving]
    return Waits(tuple(map(_line, found[:MOST_SHOWN])), max(0, len(found) - MOST_SHOWN), _sources(standing))


def _sources(standing: PipelineStanding) -> tuple[SourceWait, ...]:
    """Return the sources that somebody has to do something about."""
    watches = watches_of(standing.pipeline) if any_is_watched(standing.version) else []
    waits = [wait for watch in watches if (wait := why_source_waits(watch))]
    return tuple(wait for wait in waits if wait.reason is not SourceReason.NEW)


def _line(wait: Wait) -> WaitLine:
    last = wait.last
    asks_a_person = last.reason is Reason.APPROVAL
    return WaitLine(
        number=wait.number,
        status=APPROVAL if wait.reason is Reason.APPROVAL else HELD,
        sentence=sentence(wait),
        since=wait.since,
        until=last.until,
        until_word=str(UNTIL.get(last.reason, "")),
        ended_by=_who(last),
        asked_at=last.asked.at if last.asked else None,
        selector=f"{last.stage}/{last.action}" if asks_a_person else "",
    )


def _who(last: Wait) -> str:
    """Say who or what can end it."""
    match last.reason, last.ended_by:
        case Reason.CONDITION, EndedBy.RELEASER:
            return _("A releaser may override it.")
        case Reason.TRANSITION, _:
            return _("A releaser can enable it.")
        case _, EndedBy.RELEASER:
            return _("A releaser decides.")
        case _, EndedBy.DEVELOPER:
            return _("A developer can start a new one.")
        case _, EndedBy.JOB_WORKER:
            return _("A job worker has to take or report it.")
        case _, EndedBy.OPERATOR:
            return _("An operator can add workers.")
        case _, EndedBy.PEER:
            return _("The other side has to end it.")
    return _("It goes on by itself.")
