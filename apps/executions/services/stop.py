"""Stopping an execution. Source: reference section 5.10."""

from datetime import datetime
from uuid import UUID

from apps import events
from apps.executions.engine import AlreadyStopping, NotStoppable, StopRequested
from apps.executions.errors import DuplicateStopRequest, ExecutionNotStoppable
from apps.executions.models import PipelineExecution
from apps.executions.shell import Advance
from apps.pipelines.selectors import locked_pipeline
from apps.tenancy.models import Account


def stop_execution(
    account: Account, pipeline_name: str, execution_id: UUID, *, abandon: bool, reason: str, by: str, now: datetime
) -> PipelineExecution:
    """Ask a running execution to stop, letting its running actions finish or abandoning them.

    Shapes: `reason` is text for people, at most 200 characters; `by` is an ARN.
    Raises: PipelineNotFound, DuplicateStopRequest, ExecutionNotStoppable.
    Source: CodePipeline API Reference, StopPipelineExecution.
    """
    with events.transaction():
        pipeline = locked_pipeline(account, pipeline_name)
        advance = Advance(pipeline, now=now, about=execution_id)
        if execution_id not in advance.rows.executions:
            raise ExecutionNotStoppable(
                f"The execution '{execution_id}' of pipeline '{pipeline_name}' has ended or does not exist, "
                "so it cannot be stopped."
            )
        row = advance.change(execution_id)
        row.stop_reason = reason
        advance.record("ExecutionStopRequested", row, reason=reason, abandon=abandon, by=by)
        try:
            advance.take(StopRequested(execution_id, abandon))
        except AlreadyStopping:
            raise DuplicateStopRequest(f"The execution '{execution_id}' is being stopped already.") from None
        except NotStoppable:
            raise ExecutionNotStoppable(f"The execution '{execution_id}' has ended already.") from None
        advance.save()
    return row
