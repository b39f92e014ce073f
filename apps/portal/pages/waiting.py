"""Why it is waiting: one sentence, what holds it, and since when. Source: portal brief, section 5.1 (a first part)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from apps.executions.selectors import PipelineStanding, StageStanding
from apps.jobs.models import Job
from apps.pipelines.models import StageTransition
from apps.portal.templatetags.portal_text import person, short_id

Jobs = Mapping[UUID, Job]


@dataclass(frozen=True)
class Reason:
    """A sentence without its times: the page adds "since" and "expires" in the reader's zone."""

    sentence: str
    since: datetime | None = None
    expires: datetime | None = None


def closed_gate(stage: StageStanding, before: StageStanding | None) -> StageTransition | None:
    """Return what keeps executions out of a stage: its own gate, or the one at the way out of the stage before."""
    for gate in (stage.inbound, before.outbound if before else None):
        if gate is not None and not gate.enabled:
            return gate
    return None


def why_entry_waits(standing: PipelineStanding, index: int, jobs: Jobs) -> Reason | None:
    """Return why nobody passes into a stage at which somebody waits."""
    stage = standing.stages[index]
    gate = closed_gate(stage, standing.stages[index - 1] if index else None)
    if gate is not None:
        return gate_reason(stage.name, gate)
    if stage.latest is not None and stage.latest.state in ("InProgress", "Stopping", "Cancelling"):
        held = why_stage_waits(stage, jobs)
        words = {"stage": stage.name, "execution": short_id(stage.latest.execution_id)}
        if held:
            itself = _("%(stage)s is busy with %(execution)s…, itself held: %(reason)s")
            return Reason(itself % {**words, "reason": held.sentence}, held.since)
        return Reason(_("%(stage)s is busy with %(execution)s….") % words, stage.latest.entered_at)
    return None


def gate_reason(stage_name: str, gate: StageTransition) -> Reason:
    words = {"stage": stage_name, "who": person(gate.changed_by), "reason": gate.reason}
    if gate.reason:
        return Reason(
            _("The transition into %(stage)s was disabled by %(who)s: “%(reason)s”.") % words, gate.changed_at
        )
    return Reason(_("The transition into %(stage)s was disabled by %(who)s.") % words, gate.changed_at)


def why_stage_waits(stage: StageStanding, jobs: Jobs) -> Reason | None:
    """Return what an execution inside a stage waits for: a person, or a job worker. None while it works."""
    for action in stage.actions:
        if action.latest is not None and (reason := why_action_waits(jobs.get(action.latest.pk))):
            return reason
    return None


def why_action_waits(job: Job | None) -> Reason | None:
    if job is None:
        return None
    if job.performer == "person":
        return Reason(_("Waiting for approval."), job.created_at, job.deadline_at)
    if job.performer == "outside" and job.state == "Queued":
        return Reason(_("No job worker has asked for %(type)s yet.") % {"type": job.action_type}, job.created_at)
    if job.performer == "worker" and job.state == "Queued":
        return Reason(_("Waiting for a free worker."), job.created_at)
    return None
