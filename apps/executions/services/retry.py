"""Retrying a stage. Source: reference section 5.11."""

from datetime import datetime
from uuid import UUID

from apps import events
from apps.executions.engine import Mode, NotLatest, NotRetryable, RetryMode, StageRetried
from apps.executions.errors import NotLatestExecution, StageNotRetryable
from apps.executions.models import PipelineExecution
from apps.executions.services.start import refuse_over_limit
from apps.executions.shell import Advance
from apps.pipelines.selectors import locked_pipeline_with_stage
from apps.tenancy.models import Account


def retry_stage(
    account: Account, pipeline_name: str, stage: str, execution_id: UUID, *, mode: str, by: str, now: datetime
) -> PipelineExecution:
    """Try a failed or stopped stage again, by the same execution.

    Shapes: `mode` is "FAILED_ACTIONS" or "ALL_ACTIONS"; `by` is an ARN.
    Raises: PipelineNotFound, StageNotFound, StageNotRetryable, NotLatestExecution, TooManyExecutions.
    """
    with events.transaction():
        pipeline = locked_pipeline_with_stage(account, pipeline_name, stage)
        advance = Advance(pipeline, now=now, target=execution_id)
        row = advance.rows.executions.get(execution_id)
        if row is None:
            raise StageNotRetryable(f"Pipeline '{pipeline_name}' has no execution '{execution_id}' to retry.")
        if row.mode != Mode.SUPERSEDED and row.ended_at:
            refuse_over_limit(pipeline)
        advance.record("StageRetryRequested", row, stage=stage, mode=mode, by=by)
        try:
            advance.take(StageRetried(execution_id, stage, RetryMode(mode)))
        except NotRetryable as refusal:
            raise StageNotRetryable(
                f"Stage '{stage}' cannot be retried by execution '{execution_id}'. {refusal}"
            ) from None
        except NotLatest:
            raise NotLatestExecution(
                f"Stage '{stage}' cannot be retried by execution '{execution_id}': "
                "a newer execution has entered it since."
            ) from None
        row.started_by = sorted({*row.started_by, by})
        advance.change(execution_id)
        advance.save()
    return row
