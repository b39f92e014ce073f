"""The page of one execution: what started it, what it carried, where it was, what each attempt came to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.core.pages import Page
from apps.events.selectors import last_sequence
from apps.executions.engine import Kind
from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
from apps.executions.selectors import (
    AttemptFilter,
    ConditionStanding,
    RuleStanding,
    find_execution,
    list_action_executions,
)
from apps.jobs.selectors import unfinished_jobs
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import find_pipeline
from apps.portal.pages.acts import RETRYABLE, StageActs, retries_said, stop_of
from apps.portal.pages.conditions import ConditionCard, condition_card
from apps.portal.pages.executions import ExecutionTag, Revision, revisions_of, tag_of
from apps.portal.pages.words import Status, status_of
from apps.portal.selectors import Checked, checks_of, execution_numbers, stages_of, was_unsuccessful
from apps.portal.templatetags.portal_text import in_people
from apps.tenancy.models import Account

PAGE_SIZE = 50


@dataclass(frozen=True)
class StageLine:
    name: str
    status: Status
    started_at: datetime
    ended_at: datetime | None
    retries: str
    conditions: tuple[ConditionCard, ...]


@dataclass(frozen=True)
class AttemptLine:
    """An attempt at an action. `said` is why it stands as it does."""

    id: UUID
    stage: str
    action: str
    number: int
    status: Status
    said: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class ExecutionPage:
    """`stage` is where the execution stands, for what a person may do there."""

    name: str
    sequence: int
    execution: ExecutionTag
    version: int
    is_current_version: bool
    stop_reason: str
    revisions: tuple[Revision, ...]
    variables: tuple[tuple[str, str], ...]
    stages: tuple[StageLine, ...]
    attempts: Page[AttemptLine]
    stage: str
    acts: StageActs


def execution_page(account: Account, name: str, execution_id: UUID, *, token: str | None) -> ExecutionPage:
    """Raises PipelineNotFound, ExecutionNotFound, InvalidNextToken."""
    sequence = last_sequence(account)
    pipeline = find_pipeline(account, name)
    row = find_execution(account, pipeline, execution_id)
    stages = stages_of(row)
    checks = checks_of(row, stages)
    wanted = AttemptFilter(execution_id)
    found = list_action_executions(account, pipeline, wanted=wanted, size=PAGE_SIZE, token=token)
    numbers = execution_numbers(account, {row.rollback_target} if row.rollback_target else set())
    running = [action.pk for action in found.rows if action.state == "InProgress"]
    asked = {key for key, job in unfinished_jobs(account, running).items() if job.performer == "person"}
    return ExecutionPage(
        name=pipeline.name,
        sequence=sequence,
        execution=tag_of(row, waits_for_a_person=bool(asked), numbers=numbers),
        version=row.version,
        is_current_version=row.version == pipeline.version,
        stop_reason=row.stop_reason,
        revisions=revisions_of(row.revisions),
        variables=tuple((row.variables or {}).items()),
        stages=tuple(_stage(stage, checks) for stage in stages),
        attempts=Page([_attempt(action, action.pk in asked) for action in found.rows], found.next_token),
        stage=row.stage,
        acts=_acts(pipeline, row, stages),
    )


def _stage(stage: StageExecution, checks: list[Checked]) -> StageLine:
    return StageLine(
        name=stage.stage,
        status=status_of(stage.state),
        started_at=stage.entered_at,
        ended_at=stage.ended_at,
        retries=retries_said(stage),
        conditions=tuple(
            condition_card(stage.stage, stage if stage.is_latest or stage.in_parallel else None, _standing(check))
            for check in checks
            if check.stage is stage
        ),
    )


def _standing(check: Checked) -> ConditionStanding:
    rules = tuple(RuleStanding(rule.rule, {}, rule, "") for rule in check.rules)
    return ConditionStanding(Kind(check.condition.kind), check.condition.result, check.condition, rules)


def _attempt(action: ActionExecution, waits_for_a_person: bool) -> AttemptLine:
    return AttemptLine(
        id=action.pk,
        stage=action.stage,
        action=action.action,
        number=action.attempt,
        status=status_of(action.state, waits_for_a_person=waits_for_a_person),
        said=in_people(action.error_message or action.summary),
        started_at=action.started_at,
        ended_at=action.ended_at,
    )


def _acts(pipeline: Pipeline, row: PipelineExecution, stages: list[StageExecution]) -> StageActs:
    """Tell what may be done where the execution stands. A rollback of another stage is offered by its picker."""
    last = next((stage for stage in stages if stage.stage == row.stage), None)
    is_retryable = (
        last is not None
        and not row.waiting
        and row.version == pipeline.version
        and (last.is_latest or last.in_parallel)
        and row.state in RETRYABLE
        and last.state in RETRYABLE
    )
    some = is_retryable and last is not None and (last.state == "Stopped" or was_unsuccessful(last))
    return StageActs(retry_failed=some, retry_all=is_retryable, stop=stop_of(row))
