"""How pages name an execution: its number, its short id, and what it carries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.executions.models import PipelineExecution
from apps.portal.pages.words import HELD, Status, status_of
from apps.portal.templatetags.portal_text import person, short_id

TRIGGERS = {
    "StartPipelineExecution": gettext_lazy("Started by %(who)s"),
    "CreatePipeline": gettext_lazy("Pipeline created by %(who)s"),
    "Webhook": gettext_lazy("Push"),
    "WebhookV2": gettext_lazy("Push"),
    "PollForSourceChanges": gettext_lazy("Change found at the source"),
    "CloudWatchEvent": gettext_lazy("Change at the source"),
    "PutActionRevision": gettext_lazy("Revision reported"),
    "ManualRollback": gettext_lazy("Rollback by %(who)s"),
    "AutomatedRollback": gettext_lazy("Rollback after %(failed)s failed"),
}


Numbers = Mapping[UUID, int]
NO_NUMBERS: Numbers = {}


@dataclass(frozen=True)
class Revision:
    """What a source was at. `summary` is the first line of what its author wrote."""

    short: str
    id: str
    summary: str
    url: str


@dataclass(frozen=True)
class Source:
    """The execution that a rollback goes back to. `number` is None where the page did not look it up."""

    id: UUID
    number: int | None

    @property
    def said(self) -> str:
        return f"#{self.number}" if self.number else f"{short_id(self.id)}…"


@dataclass(frozen=True)
class ExecutionTag:
    """An execution in one line. `source` is that of a rollback."""

    id: UUID
    number: int
    status: Status
    trigger: str
    mode: str
    source: Source | None
    revision: Revision | None
    started_at: datetime
    ended_at: datetime | None
    note: str

    @property
    def short(self) -> str:
        return short_id(self.id)

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


def tag_of(
    execution: PipelineExecution, *, waits_for_a_person: bool = False, numbers: Numbers = NO_NUMBERS
) -> ExecutionTag:
    status = status_of(execution.state, waits_for_a_person=waits_for_a_person)
    if execution.waiting and execution.state == "InProgress":
        status = HELD
    return ExecutionTag(
        id=execution.pk,
        number=execution.number,
        status=status,
        trigger=trigger_of(execution),
        mode=execution.mode,
        source=source_of(execution, numbers),
        revision=revision_of(execution.revisions),
        started_at=execution.started_at,
        ended_at=execution.ended_at,
        note=_note(execution),
    )


def source_of(execution: PipelineExecution, numbers: Numbers) -> Source | None:
    target = execution.rollback_target
    return Source(target, numbers.get(target)) if target else None


def trigger_of(execution: PipelineExecution) -> str:
    sentence = TRIGGERS.get(execution.trigger_type, execution.trigger_type)
    return str(sentence) % {"who": person(execution.trigger_detail), "failed": _failed_one(execution)}


def _failed_one(execution: PipelineExecution) -> str:
    """Return the short id of the execution whose failure brought a rollback about."""
    if execution.trigger_type != "AutomatedRollback":
        return ""
    return f"{short_id(json.loads(execution.trigger_detail)['FailedPipelineExecutionId'])}…"


def revision_of(revisions: list[dict[str, Any]]) -> Revision | None:
    """Return the first of the source revisions, None before the sources have run."""
    found = revisions_of(revisions[:1])
    return found[0] if found else None


def revisions_of(revisions: list[dict[str, Any]]) -> tuple[Revision, ...]:
    return tuple(_revision(item) for item in revisions)


def _revision(item: dict[str, Any]) -> Revision:
    identity = str(item.get("id", ""))
    summary = next(iter(str(item.get("summary") or "").splitlines()), "")
    url = item.get("url") or ""
    return Revision(identity[:7], identity, summary, url if is_web_link(url) else "")


def is_web_link(url: str) -> bool:
    """Tell whether a link that came from outside may be followed: a script must not come in by it."""
    return url.startswith(("https://", "http://"))


def _note(execution: PipelineExecution) -> str:
    if execution.superseded_by:
        return _("by %(id)s…") % {"id": short_id(execution.superseded_by)}
    return execution.stop_reason or execution.status_summary
