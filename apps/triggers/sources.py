"""Why nothing new of a source starts its pipeline: it cannot be looked at, or is not polled any more."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from apps.triggers.models import SourceWatch


class SourceReason(StrEnum):
    UNREACHABLE = "unreachable"
    IDLE = "polling ended"
    NEW = "not looked at yet"


@dataclass(frozen=True)
class SourceWait:
    """Shapes: `note` is what the source's host, or the plugin, said. `until`: when it is looked at again."""

    reason: SourceReason
    stage: str
    action: str
    since: datetime | None
    until: datetime | None
    note: str = ""

    @property
    def sentence(self) -> str:
        words = {"action": self.action, "note": self.note.strip().rstrip(".")}
        if self.reason is SourceReason.UNREACHABLE:
            return _("The source “%(action)s” cannot be looked at, so nothing new starts: %(note)s.") % words
        if self.reason is SourceReason.IDLE:
            return _("The source “%(action)s” is not polled any more: nothing happened for 30 days.") % words
        return _("The source “%(action)s” has not been looked at yet.") % words

    @property
    def way_out(self) -> str:
        if self.reason is SourceReason.UNREACHABLE:
            return _("A developer can correct the source or its connection.")
        if self.reason is SourceReason.IDLE:
            return _("A developer can save the pipeline again, or start it.")
        return _("It goes on by itself.")


def why_source_waits(watch: SourceWatch) -> SourceWait | None:
    """Return what keeps new revisions of a source from starting its pipeline, None when nothing does."""
    place = {"stage": watch.stage, "action": watch.action}
    if watch.polling_disabled_at:
        return SourceWait(SourceReason.IDLE, **place, since=watch.polling_disabled_at, until=None)
    if watch.error_code:
        note = watch.error_message or watch.error_code
        return SourceWait(SourceReason.UNREACHABLE, **place, since=watch.looked_at, until=watch.next_look_at, note=note)
    if watch.is_polled and watch.looked_at is None:
        return SourceWait(SourceReason.NEW, **place, since=None, until=watch.next_look_at)
    return None
