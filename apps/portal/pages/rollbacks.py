"""The picker of a rollback: which earlier executions a stage can go back to, and what each of them carried.

Source: reference section 5.12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404

from apps.core.pages import Page
from apps.events.selectors import last_sequence
from apps.executions.models import PipelineExecution
from apps.executions.selectors import list_executions, pipeline_standing
from apps.portal.pages.acts import acts_of
from apps.portal.pages.board import stage_status
from apps.portal.pages.executions import ExecutionTag, Revision, revisions_of, tag_of
from apps.portal.pages.words import Status
from apps.portal.selectors import execution_numbers, succeeded_at
from apps.tenancy.models import Account

PAGE_SIZE = 20


@dataclass(frozen=True)
class Target:
    """An execution that the stage can go back to. `is_there`: it is what the stage ran last."""

    execution: ExecutionTag
    revisions: tuple[Revision, ...]
    variables: tuple[tuple[str, str], ...]
    succeeded_at: datetime
    is_there: bool


@dataclass(frozen=True)
class RollbackPage:
    """`latest` is what the stage ran last, with how it ended there; None when it has not run."""

    name: str
    stage: str
    sequence: int
    latest: ExecutionTag | None
    status: Status
    is_possible: bool
    targets: Page[Target]


def rollback_page(account: Account, name: str, stage_name: str, *, token: str | None) -> RollbackPage:
    """Raises PipelineNotFound, InvalidNextToken, Http404 for a stage that the pipeline does not have."""
    sequence = last_sequence(account)
    standing = pipeline_standing(account, name)
    index = next((index for index, stage in enumerate(standing.stages) if stage.name == stage_name), None)
    if index is None:
        raise Http404
    latest = standing.stages[index].latest
    found = list_executions(
        account, standing.pipeline, size=PAGE_SIZE, token=token, succeeded_in=stage_name, without_rollbacks=True
    )
    times = succeeded_at(account, stage_name, [row.pk for row in found.rows])
    there = latest.execution if latest else None
    numbers = execution_numbers(account, {there.rollback_target} if there and there.rollback_target else set())
    targets = [_target(row, times, there.pk if there else None) for row in found.rows]
    return RollbackPage(
        name=standing.pipeline.name,
        stage=stage_name,
        sequence=sequence,
        latest=tag_of(there, numbers=numbers) if there else None,
        status=stage_status(standing.stages[index], {}),
        is_possible=acts_of(standing, index).roll_back,
        targets=Page(targets, found.next_token),
    )


def _target(row: PipelineExecution, times: Mapping[UUID, datetime], there: UUID | None) -> Target:
    variables = tuple((row.variables or {}).items())
    return Target(
        tag_of(row), revisions_of(row.revisions), variables, times.get(row.pk, row.updated_at), row.pk == there
    )
