"""Overriding a stage's condition. Source: reference section 5.13."""

from datetime import datetime
from uuid import UUID

from apps import events
from apps.executions.engine import ConditionOverridden, Kind, Mode, NotLatest, NotOverridable
from apps.executions.errors import ConditionNotOverridable, NotLatestExecution
from apps.executions.models import PipelineExecution
from apps.executions.services.start import refuse_over_limit
from apps.executions.shell import Advance
from apps.pipelines.selectors import locked_pipeline_with_stage
from apps.tenancy.models import Account


def override_condition(
    account: Account, pipeline_name: str, stage: str, execution_id: UUID, *, kind: str, by: str, now: datetime
) -> PipelineExecution:
    """Let an execution pass a condition that is being evaluated, or that it failed.

    Shapes: `kind` is "BEFORE_ENTRY" or "ON_SUCCESS"; `by` is an ARN.
    Raises: PipelineNotFound, StageNotFound, ConditionNotOverridable, NotLatestExecution, TooManyExecutions.
    """
    with events.transaction():
        pipeline = locked_pipeline_with_stage(account, pipeline_name, stage)
        advance = Advance(pipeline, now=now, target=execution_id)
        row = advance.rows.executions.get(execution_id)
        if row is None:
            raise ConditionNotOverridable(f"Pipeline '{pipeline_name}' has no execution '{execution_id}'.")
        if row.mode != Mode.SUPERSEDED and row.ended_at:
            refuse_over_limit(pipeline)
        advance.record("ConditionOverrideRequested", row, stage=stage, condition=kind, by=by)
        advance.override_note = f"Overridden by {by}."
        try:
            advance.take(ConditionOverridden(execution_id, stage, Kind(kind)))
        except NotOverridable as refusal:
            raise ConditionNotOverridable(
                f"The {kind} condition of stage '{stage}' cannot be overridden for execution '{execution_id}'. "
                f"{refusal}"
            ) from None
        except NotLatest:
            raise NotLatestExecution(
                f"The {kind} condition of stage '{stage}' cannot be overridden for execution '{execution_id}': "
                "a newer execution has entered the stage since."
            ) from None
        advance.save()
    return row
