"""Beginning a rollback: a new execution with the artifacts, revisions and variables of an earlier one.

Source: reference section 5.12.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from apps.core.ids import new_id
from apps.executions.engine import Cause, Mode, NothingToRollBackTo, RollBack, RollbackStarted, StageState
from apps.executions.models import ROLLBACK, STANDARD, PipelineExecution, StageExecution
from apps.pipelines.models import Pipeline

if TYPE_CHECKING:
    from apps.executions.shell.advance import Advance


def succeeded_in(pipeline: Pipeline, stage: str):
    """Return the executions that one may roll back to: of the current version, succeeded in the stage, no rollbacks."""
    there = StageExecution.objects.filter(execution=OuterRef("pk"), stage=stage, state=StageState.SUCCEEDED)
    rows = PipelineExecution.objects.for_account(pipeline.account)
    return rows.filter(Exists(there), pipeline=pipeline, version=pipeline.version, type=STANDARD).order_by("-number")


def roll_back_by_itself(advance: Advance, effect: RollBack) -> Cause:
    """Go back to the latest success in the stage, if there is one."""
    target = succeeded_in(advance.pipeline, effect.stage).exclude(pk=effect.execution).first()
    if target is None:
        return NothingToRollBackTo(effect.stage)
    failed = json.dumps({"FailedPipelineExecutionId": str(effect.execution)})
    return begin_rollback(
        advance,
        target,
        effect.stage,
        trigger_type="AutomatedRollback",
        trigger_detail=failed,
        because_of=advance.rows.executions[effect.execution],
    )


def begin_rollback(
    advance: Advance,
    target: PipelineExecution,
    stage: str,
    *,
    trigger_type: str,
    trigger_detail: str,
    started_by: Sequence[str] = (),
    because_of: PipelineExecution | None = None,
) -> RollbackStarted:
    """Add the new execution to the books, and return the cause that has it enter the stage.

    Shapes: `started_by` are ARNs of who asked for it. One that nobody asked for was set going by whoever, and by
    whatever pipelines, set that execution going `because_of` whose failure it happens.
    """
    pipeline = advance.pipeline
    pipeline.last_execution_number += 1
    pipeline.save(update_fields=["last_execution_number"])
    row = PipelineExecution(
        id=new_id(),
        account=advance.account,
        pipeline=pipeline,
        number=pipeline.last_execution_number,
        version=pipeline.version,
        mode=pipeline.execution_mode,
        type=ROLLBACK,
        rollback_target=target.pk,
        trigger_type=trigger_type,
        trigger_detail=trigger_detail[:1024],
        started_by=because_of.started_by if because_of else list(started_by),
        invoked_through=because_of.invoked_through if because_of else [],
        variables=target.variables,
        artifacts=target.artifacts,
        outputs=target.outputs,
        revisions=target.revisions,
        started_at=advance.now,
        updated_at=advance.now,
    )
    advance.begin(row)
    facts = {"trigger_type": row.trigger_type, "trigger_detail": row.trigger_detail}
    advance.record("ExecutionStarted", row, **facts, rollback_target=str(target.pk))
    return RollbackStarted(row.pk, row.number, Mode(row.mode), stage)
