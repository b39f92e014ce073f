"""The reads of GetPipelineState, the call that is made most. See `apps/core/statements.py`."""

from django.db.models import FilteredRelation, Model, Q

from apps.core.statements import Statement
from apps.executions.models import AT_AN_ENTRY, ActionExecution, PipelineExecution, StageExecution

LARGE = {"artifacts", "outputs", "overrides", "variables"} | {
    *("configuration", "resolved_configuration", "input_artifacts", "output_artifacts", "output_variables"),
}


def _small(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.name not in LARGE]


STAGE_FIELDS, EXECUTION_FIELDS, ACTION_FIELDS = map(_small, (StageExecution, PipelineExecution, ActionExecution))
# A row of LATEST: three models side by side; of the action nulls where none has started.
STAGE = slice(len(STAGE_FIELDS))
EXECUTION = slice(STAGE.stop, STAGE.stop + len(EXECUTION_FIELDS))
ACTION = slice(EXECUTION.stop, EXECUTION.stop + len(ACTION_FIELDS))

LATEST = Statement(
    lambda pipeline, in_parallel: (
        StageExecution.objects.annotate(
            current=FilteredRelation("action_executions", condition=Q(action_executions__is_current=True))
        )
        .filter(pipeline=pipeline, is_latest=True, in_parallel=in_parallel)
        .order_by()
        .values_list(
            *STAGE_FIELDS,
            *(f"execution__{name}" for name in EXECUTION_FIELDS),
            *(f"current__{name}" for name in ACTION_FIELDS),
        )
    ),
    pipeline=StageExecution.pipeline,
    in_parallel=StageExecution.in_parallel,
)
AT_ENTRIES = Statement(
    lambda pipeline: (
        PipelineExecution.objects.filter(AT_AN_ENTRY, pipeline=pipeline)
        .defer("artifacts", "outputs", "overrides", "variables")
        .order_by("number")
    ),
    pipeline=PipelineExecution.pipeline,
)
