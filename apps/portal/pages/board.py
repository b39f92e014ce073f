"""The board of the pipeline page: stages in their order, what stands in them, and what waits before them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.functional import Promise

from apps.executions.models import ActionExecution
from apps.executions.selectors import ActionStanding, PipelineStanding, StageStanding
from apps.portal.pages.acts import StageActs, acts_of, retries_said
from apps.portal.pages.conditions import ConditionCard, after_actions, before_actions, conditions_of, on_failure_of
from apps.portal.pages.executions import NO_NUMBERS, ExecutionTag, Numbers, is_web_link, revision_of, tag_of
from apps.portal.pages.waiting import Jobs, Reason, closed_gate, gate_reason, why_action_waits, why_entry_waits
from apps.portal.pages.words import NOT_RUN, Status, status_of


@dataclass(frozen=True)
class Gate:
    """The transition into a stage. The first stage has one only while it is closed."""

    stage: str
    is_open: bool
    reason: Reason | None


@dataclass(frozen=True)
class Tile:
    """An action on its stage's card."""

    stage: str
    name: str
    provider: str
    status: Status
    revision: str
    revision_title: str
    link: str
    percent: int | None
    started_at: datetime | None
    ended_at: datetime | None
    attempt: int
    is_selected: bool

    @property
    def selector(self) -> str:
        return f"{self.stage}/{self.name}"


@dataclass(frozen=True)
class StageCard:
    """A stage. `rows` holds its actions: those of one row start together, each row after the one above it.

    `entry` are the conditions asked before them, `outcome` those asked after them.
    """

    name: str
    status: Status
    execution: ExecutionTag | None
    started_at: datetime | None
    ended_at: datetime | None
    rows: tuple[tuple[Tile, ...], ...]
    gate: Gate | None
    queue: tuple[ExecutionTag, ...]
    held: Reason | None
    entry: tuple[ConditionCard, ...]
    outcome: tuple[ConditionCard, ...]
    on_failure: str | Promise
    retries: str
    acts: StageActs


def board_of(
    standing: PipelineStanding, jobs: Jobs, selected: str, numbers: Numbers = NO_NUMBERS
) -> tuple[StageCard, ...]:
    """Shapes: `numbers` are those of the executions that rollbacks go back to."""
    return tuple(_card(standing, index, jobs, selected, numbers) for index in range(len(standing.stages)))


def _card(standing: PipelineStanding, index: int, jobs: Jobs, selected: str, numbers: Numbers) -> StageCard:
    stage = standing.stages[index]
    latest = stage.latest
    execution = latest.execution if latest else None
    conditions = conditions_of(stage, selected)
    return StageCard(
        name=stage.name,
        status=stage_status(stage, jobs),
        execution=tag_of(execution, numbers=numbers) if execution else None,
        started_at=latest.entered_at if latest else None,
        ended_at=latest.ended_at if latest else None,
        rows=_rows(stage, jobs, selected),
        gate=_gate(standing, index),
        queue=tuple(tag_of(row, numbers=numbers) for row in stage.waiting),
        held=why_entry_waits(standing, index, jobs) if stage.waiting else None,
        entry=before_actions(conditions),
        outcome=after_actions(conditions),
        on_failure=on_failure_of(standing.version.declaration["stages"][index]),
        retries=retries_said(latest),
        acts=acts_of(standing, index),
    )


def stage_status(stage: StageStanding, jobs: Jobs) -> Status:
    if stage.latest is None:
        return NOT_RUN
    return status_of(stage.latest.state, waits_for_a_person=waits_for_a_person(stage, jobs))


def waits_for_a_person(stage: StageStanding, jobs: Jobs) -> bool:
    held = [jobs[item.latest.pk] for item in stage.actions if item.latest and item.latest.pk in jobs]
    return bool(held) and all(job.performer == "person" for job in held)


def _gate(standing: PipelineStanding, index: int) -> Gate | None:
    stage = standing.stages[index]
    closed = closed_gate(stage, standing.stages[index - 1] if index else None)
    if index == 0 and closed is None:
        return None
    return Gate(stage.name, closed is None, gate_reason(stage.name, closed) if closed else None)


def _rows(stage: StageStanding, jobs: Jobs, selected: str) -> tuple[tuple[Tile, ...], ...]:
    ordered = sorted(stage.actions, key=_run_order)
    return tuple(tuple(_tile(stage, item, jobs, selected) for item in row) for _, row in groupby(ordered, _run_order))


def _run_order(action: ActionStanding) -> int:
    return int(action.declared.get("runOrder", 1))


def _tile(stage: StageStanding, action: ActionStanding, jobs: Jobs, selected: str) -> Tile:
    latest = action.latest
    revision = latest.revision if latest and latest.revision else None
    found = revision_of([revision]) if revision else None
    return Tile(
        stage=stage.name,
        name=action.name,
        provider=provider_of(action.declared),
        status=action_status(latest, jobs),
        revision=found.short if found else "",
        revision_title=found.summary if found else "",
        link=_link(action),
        percent=latest.percent_complete if latest and latest.state == "InProgress" else None,
        started_at=latest.started_at if latest else None,
        ended_at=latest.ended_at if latest else None,
        attempt=latest.attempt if latest else 1,
        is_selected=selected == f"{stage.name}/{action.name}",
    )


def _link(action: ActionStanding) -> str:
    link = (action.latest.external_url if action.latest else "") or action.entity_url
    return link if is_web_link(link) else ""


def action_status(action: ActionExecution | None, jobs: Jobs) -> Status:
    if action is None:
        return NOT_RUN
    job = jobs.get(action.pk)
    return status_of(action.state, waits_for_a_person=job is not None and job.performer == "person")


def action_reason(action: ActionExecution, jobs: Jobs) -> Reason | None:
    return why_action_waits(jobs.get(action.pk)) if action.state == "InProgress" else None


def provider_of(declared: Any) -> str:
    return str(declared["actionTypeId"]["provider"])
