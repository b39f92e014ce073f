"""Rolling a stage back. Source: reference section 5.12."""

from datetime import datetime
from uuid import UUID

from apps import events
from apps.executions.engine import CannotRollBack, StageState
from apps.executions.errors import ExecutionOutdated, RollbackRefused
from apps.executions.models import STANDARD, PipelineExecution, StageExecution
from apps.executions.selectors import find_execution
from apps.executions.shell import Advance
from apps.executions.shell.rollback import begin_rollback
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import locked_pipeline_with_stage
from apps.tenancy.models import Account


def roll_back_stage(
    account: Account, pipeline_name: str, stage: str, target_id: UUID, *, by: str, now: datetime
) -> PipelineExecution:
    """Run one stage again with what an earlier execution had. Returns the new execution, inside the stage.

    Shapes: `by` is an ARN.
    Raises: PipelineNotFound, StageNotFound, ExecutionNotFound, ExecutionOutdated, RollbackRefused.
    """
    with events.transaction():
        pipeline = locked_pipeline_with_stage(account, pipeline_name, stage)
        target = find_execution(account, pipeline, target_id)
        _check_target(pipeline, stage, target)
        advance = Advance(pipeline, now=now)
        cause = begin_rollback(
            advance, target, stage, trigger_type="ManualRollback", trigger_detail=by, started_by=[by]
        )
        try:
            advance.take(cause)
        except CannotRollBack as refusal:
            raise RollbackRefused(f"Stage '{stage}' cannot be rolled back. {refusal}") from None
        advance.save()
    return advance.rows.executions[cause.execution]


def _check_target(pipeline: Pipeline, stage: str, target: PipelineExecution) -> None:
    if pipeline.pipeline_type == "V1":
        raise RollbackRefused(f"Pipeline '{pipeline.name}' is of type V1. Only V2 pipelines can be rolled back.")
    if target.version != pipeline.version:
        raise ExecutionOutdated(
            f"Execution '{target.pk}' ran by version {target.version} of pipeline '{pipeline.name}', which is at "
            f"version {pipeline.version} now. Choose an execution of the current version."
        )
    if target.type != STANDARD:
        raise RollbackRefused(
            f"Execution '{target.pk}' is a rollback itself. Choose the execution that it rolled back to."
        )
    succeeded = StageExecution.objects.for_account(pipeline.account).filter(
        execution=target, stage=stage, state=StageState.SUCCEEDED
    )
    if not succeeded.exists():
        raise RollbackRefused(
            f"Execution '{target.pk}' did not succeed in stage '{stage}'. Choose one that did: "
            "ListPipelineExecutions finds them with the filter succeededInStage."
        )
