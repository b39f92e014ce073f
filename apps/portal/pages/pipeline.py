"""The pipeline page: the state in a sentence, the board, and the panel."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.events.selectors import last_sequence
from apps.executions.selectors import PipelineStanding, StageStanding, pipeline_standing
from apps.jobs.selectors import unfinished_jobs
from apps.portal.logs import last_lines
from apps.portal.pages.board import StageCard, board_of, waits_for_a_person
from apps.portal.pages.conditions import why_condition_failed
from apps.portal.pages.panel import Panel, panel_of, shown_attempt
from apps.portal.pages.rule_panel import RulePanel, rule_panel
from apps.portal.pages.waiting import Jobs, why_entry_waits
from apps.portal.pages.waits import Waits, waits_page
from apps.portal.pages.words import APPROVAL, FAILED, HELD, IN_PROGRESS, NOT_RUN, STATUSES, SUCCEEDED, Status
from apps.portal.selectors import attempts_at, execution_numbers
from apps.tenancy.models import Account


@dataclass(frozen=True)
class Sentence:
    """How the pipeline stands, in one sentence. `since` is added by the page, in the reader's zone."""

    status: Status
    text: str
    since: datetime | None = None


@dataclass(frozen=True)
class PipelinePage:
    """`sequence` is the number of the newest event shown; `attempt` is the one asked for, None for the newest."""

    name: str
    sequence: int
    sentence: Sentence
    waits: Waits
    stages: tuple[StageCard, ...]
    panel: Panel | None
    rule: RulePanel | None
    selected: str
    attempt: int | None


def pipeline_page(account: Account, name: str, *, selected: str, attempt: int | None, reader: str) -> PipelinePage:
    """Draw the page of a pipeline.

    Shapes: `selected` is "<stage>/<action>", "<stage>/<condition>/<rule>", or empty; `reader` is the ARN of who looks.
    Raises: PipelineNotFound.
    """
    sequence = last_sequence(account)  # first: what happens while the rest is read comes again as a message
    standing = pipeline_standing(account, name)
    jobs = unfinished_jobs(account, _in_progress(standing))
    return PipelinePage(
        name=standing.pipeline.name,
        sequence=sequence,
        sentence=sentence_of(standing, jobs),
        waits=waits_page(standing),
        stages=board_of(standing, jobs, selected, execution_numbers(account, _sources(standing))),
        panel=_panel(account, standing, jobs, selected, attempt, reader),
        rule=rule_panel(account, standing, selected, attempt),
        selected=selected,
        attempt=attempt,
    )


def _sources(standing: PipelineStanding) -> set:
    """Return the executions that the rollbacks in the stages go back to."""
    inside = [stage.latest.execution for stage in standing.stages if stage.latest]
    return {row.rollback_target for row in inside if row.rollback_target}


def _in_progress(standing: PipelineStanding) -> list:
    actions = [item.latest for stage in standing.stages for item in stage.actions]
    return [action.pk for action in actions if action and action.state == "InProgress"]


def _panel(
    account: Account, standing: PipelineStanding, jobs: Jobs, selected: str, attempt: int | None, reader: str
) -> Panel | None:
    for stage in standing.stages:
        for action in stage.actions:
            if selected == f"{stage.name}/{action.name}":
                attempts = attempts_at(action.latest) if action.latest else []
                shown = shown_attempt(attempts, attempt)
                if shown is not None and stage.latest is not None:
                    shown.execution, shown.pipeline, shown.account = stage.latest.execution, standing.pipeline, account
                log = last_lines(account, shown.pk) if shown else None
                return panel_of(stage.name, action, attempts, shown, jobs=jobs, log=log, reader=reader)
    return None


def sentence_of(standing: PipelineStanding, jobs: Jobs) -> Sentence:
    """Say what matters most: a person who is waited for, then what runs, what broke, what is held, what came out."""
    stages = [stage for stage in standing.stages if stage.latest]
    finders = (_asks_for_a_person, _runs, _broke)
    for finder in finders:
        for stage in stages:
            if sentence := finder(stage, jobs):
                return sentence
    for index, stage in enumerate(standing.stages):
        if stage.waiting:
            held = why_entry_waits(standing, index, jobs)
            number = stage.waiting[0].number
            text = _("Execution %(number)s waits before %(stage)s.") % {"number": number, "stage": stage.name}
            return Sentence(HELD, f"{text} {held.sentence if held else ''}".strip(), stage.waiting[0].waiting_since)
    return _last_word(stages)


def _words(stage: StageStanding) -> dict[str, object]:
    return {"number": stage.latest.execution.number if stage.latest else "", "stage": stage.name}


def _asks_for_a_person(stage: StageStanding, jobs: Jobs) -> Sentence | None:
    if not waits_for_a_person(stage, jobs):
        return None
    since = min(jobs[item.latest.pk].created_at for item in stage.actions if item.latest and item.latest.pk in jobs)
    return Sentence(APPROVAL, _("Execution %(number)s waits for approval in %(stage)s.") % _words(stage), since)


def _runs(stage: StageStanding, jobs: Jobs) -> Sentence | None:
    if stage.latest is None or stage.latest.ended_at is not None:
        return None
    if stage.latest.state == "InProgress" and stage.latest.execution.rollback_target:
        text = _("Execution %(number)s rolls %(stage)s back.") % _words(stage)
        return Sentence(IN_PROGRESS, text, stage.latest.entered_at)
    if stage.latest.state == "InProgress" and any(
        item.latest and item.latest.state == "InProgress" for item in stage.conditions
    ):
        text = _("Execution %(number)s is being checked by the conditions of %(stage)s.") % _words(stage)
        return Sentence(IN_PROGRESS, text, stage.latest.entered_at)
    if stage.latest.state == "InProgress":
        text = _("Execution %(number)s is running in %(stage)s.") % _words(stage)
        return Sentence(IN_PROGRESS, text, stage.latest.entered_at)
    text = _("Execution %(number)s is being stopped in %(stage)s.") % _words(stage)
    return Sentence(STATUSES["Stopping"], text, stage.latest.entered_at)


def _broke(stage: StageStanding, jobs: Jobs) -> Sentence | None:
    if stage.latest is None or stage.latest.state not in ("Failed", "Rejected"):
        return None
    names = [item.name for item in stage.actions if item.latest and item.latest.state == "Failed"]
    words = {**_words(stage), "actions": ", ".join(names)}
    if not names and (why := why_condition_failed(stage)):
        text = _("Execution %(number)s failed in %(stage)s: %(why)s.") % {**words, "why": why}
        return Sentence(FAILED, text, stage.latest.ended_at)
    if not names:
        return Sentence(FAILED, _("Execution %(number)s failed in %(stage)s.") % words, stage.latest.ended_at)
    return Sentence(FAILED, _("Execution %(number)s failed in %(stage)s: %(actions)s.") % words, stage.latest.ended_at)


def _last_word(stages: list[StageStanding]) -> Sentence:
    newest = max((stage.latest for stage in stages if stage.latest), key=lambda row: row.execution.number, default=None)
    if newest is None:
        return Sentence(NOT_RUN, _("This pipeline has not run yet."))
    execution = newest.execution
    if execution.state == "Succeeded":
        return Sentence(
            SUCCEEDED, _("Execution %(number)s succeeded.") % {"number": execution.number}, execution.ended_at
        )
    status = STATUSES[execution.state]
    words = {"number": execution.number, "state": str(status.word).lower()}
    return Sentence(status, _("Execution %(number)s: %(state)s.") % words, execution.ended_at)
