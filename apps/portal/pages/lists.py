"""Lists: what needs me, what runs, the pipelines, the executions of one."""

from dataclasses import dataclass
from datetime import datetime

from apps.core.pages import Page
from apps.executions.models import PipelineExecution
from apps.portal.pages.executions import ExecutionTag, tag_of
from apps.portal.pages.words import NOT_RUN, Status, status_of
from apps.portal.selectors import PipelineRow, pipeline_rows, running_executions, waiting_approvals
from apps.tenancy.models import Account

PAGE_SIZE = 50


@dataclass(frozen=True)
class StripPart:
    """One stage of a pipeline, as a small shape."""

    stage: str
    status: Status


@dataclass(frozen=True)
class PipelineLine:
    name: str
    strip: tuple[StripPart, ...]
    newest: ExecutionTag | None


@dataclass(frozen=True)
class Waiting:
    """An approval that waits for a person."""

    pipeline: str
    stage: str
    action: str
    execution: ExecutionTag
    since: datetime
    expires: datetime


@dataclass(frozen=True)
class Running:
    pipeline: str
    stage: str
    execution: ExecutionTag


@dataclass(frozen=True)
class HomePage:
    waiting: tuple[Waiting, ...]
    running: tuple[Running, ...]
    pipelines: Page[PipelineLine]


Place = tuple[int, str]


def home_page(account: Account) -> HomePage:
    waiting = waiting_approvals(account)
    asked = frozenset((action.pipeline_id, action.stage) for action, _ in waiting)
    return HomePage(
        waiting=tuple(
            Waiting(
                pipeline=action.pipeline.name,
                stage=action.stage,
                action=action.action,
                execution=tag_of(action.execution),
                since=job.created_at,
                expires=job.deadline_at,
            )
            for action, job in waiting
        ),
        running=tuple(
            Running(row.pipeline.name, row.stage, tag_of(row))
            for row in running_executions(account)
            if (row.pipeline_id, row.stage) not in asked
        ),
        pipelines=_lines(pipeline_rows(account, size=10, token=None), asked),
    )


def pipelines_page(account: Account, token: str | None) -> Page[PipelineLine]:
    """Raises InvalidNextToken."""
    asked = frozenset((action.pipeline_id, action.stage) for action, _ in waiting_approvals(account))
    return _lines(pipeline_rows(account, size=PAGE_SIZE, token=token), asked)


def _lines(rows: Page[PipelineRow], asked: frozenset[Place]) -> Page[PipelineLine]:
    return Page([_line(row, asked) for row in rows.rows], rows.next_token)


def _line(row: PipelineRow, asked: frozenset[Place]) -> PipelineLine:
    strip = tuple(
        StripPart(
            name,
            status_of(latest.state, waits_for_a_person=(row.pipeline.pk, name) in asked) if latest else NOT_RUN,
        )
        for name, latest in row.stages
    )
    newest = _tag(row.newest, asked) if row.newest else None
    return PipelineLine(row.pipeline.name, strip, newest)


def _tag(execution: PipelineExecution, asked: frozenset[Place]) -> ExecutionTag:
    return tag_of(execution, waits_for_a_person=(execution.pipeline_id, execution.stage) in asked)
