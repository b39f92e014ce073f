"""The history of a pipeline: its executions, newest first."""

from dataclasses import dataclass

from apps.core.pages import Page
from apps.events.selectors import last_sequence
from apps.executions.selectors import list_executions
from apps.pipelines.selectors import find_pipeline
from apps.portal.pages.executions import ExecutionTag, tag_of
from apps.portal.selectors import execution_numbers, waiting_approvals
from apps.tenancy.models import Account

PAGE_SIZE = 50


@dataclass(frozen=True)
class HistoryPage:
    """`sequence` is the number of the newest event shown."""

    name: str
    sequence: int
    executions: Page[ExecutionTag]


def history_page(account: Account, name: str, *, token: str | None) -> HistoryPage:
    """Raises PipelineNotFound, InvalidNextToken."""
    sequence = last_sequence(account)
    pipeline = find_pipeline(account, name)
    found = list_executions(account, pipeline, size=PAGE_SIZE, token=token)
    asked = {action.execution_id for action, _ in waiting_approvals(account)}
    numbers = execution_numbers(account, {row.rollback_target for row in found.rows if row.rollback_target})
    rows = [tag_of(row, waits_for_a_person=row.pk in asked, numbers=numbers) for row in found.rows]
    return HistoryPage(pipeline.name, sequence, Page(rows, found.next_token))
