"""The reads of GetPipelineState, which is called most, of a start and of a decision. See `apps/core/statements.py`."""

from django.db.models import F, FilteredRelation, Model, Q, QuerySet

from apps.core.statements import Change, Statement
from apps.executions.models import AT_AN_ENTRY, IN_FLIGHT, ActionExecution, PipelineExecution, StageExecution
from apps.jobs.models import Job
from apps.pipelines.models import Pipeline, StageTransition

LARGE = {"artifacts", "invoked_through", "outputs", "overrides", "source_event", "started_by", "variables"} | {
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

# What a decision reads. An execution of a PARALLEL pipeline is decided about alone.
OF_THE_PIPELINE = Statement(
    lambda pipeline: PipelineExecution.objects.filter(IN_FLIGHT, pipeline=pipeline).order_by(),
    pipeline=PipelineExecution.pipeline,
)
ALONE = Statement(
    lambda pipeline, execution: PipelineExecution.objects.filter(IN_FLIGHT, pipeline=pipeline, pk=execution).order_by(),
    pipeline=PipelineExecution.pipeline,
    execution=PipelineExecution.id,
)
NUMBERS_IN_FLIGHT = Statement(
    lambda pipeline: PipelineExecution.objects.filter(IN_FLIGHT, pipeline=pipeline).order_by().values_list("number"),
    pipeline=PipelineExecution.pipeline,
)
STARTED_WITH = Statement(
    # That the token is not empty says which index holds it.
    lambda pipeline, token: PipelineExecution.objects.filter(
        ~Q(client_request_token=""), pipeline=pipeline, client_request_token=token
    ).order_by(),
    pipeline=PipelineExecution.pipeline,
    token=PipelineExecution.client_request_token,
)
DECIDED_FIELDS = ("id", "execution_id", "stage_execution_id", "stage", "action", "state", "attempt", "account_id")
# Of the stage that an execution is in, whichever that is.
INSIDE = Statement(
    lambda execution: StageExecution.objects.filter(execution=execution, stage=F("execution__stage")).order_by(),
    execution=StageExecution.execution,
)
ACTIONS_INSIDE = Statement(
    lambda execution: (
        ActionExecution.objects.filter(
            stage_execution__execution=execution,
            stage_execution__stage=F("stage_execution__execution__stage"),
            is_current=True,
        )
        .only(*DECIDED_FIELDS)
        .order_by()
    ),
    execution=StageExecution.execution,
)
CLOSED = Statement(
    lambda pipeline: (
        StageTransition.objects.filter(pipeline=pipeline, enabled=False).order_by().values_list("stage", "side")
    ),
    pipeline=StageTransition.pipeline,
)
CLOSED_BEFORE = Statement(
    lambda execution: (
        StageTransition.objects.filter(pipeline__executions=execution, enabled=False)
        .order_by()
        .values_list("stage", "side")
    ),
    execution=PipelineExecution.id,
)
RUNNING = Statement(
    lambda action: (
        ActionExecution.objects.select_related("pipeline__account", "execution")
        .filter(pk=action, state="InProgress")
        .order_by()
    ),
    action=ActionExecution.id,
)


def _pipeline_of(jobs: QuerySet[Job]) -> QuerySet[Pipeline, tuple[int]]:
    """Of the pipeline alone: its order joins the account, whose lock every insert of the account would wait for."""
    locked = Pipeline.objects.order_by().select_for_update(of=("self",))
    return locked.filter(pk__in=jobs.order_by().values("pipeline_id")).values_list("pk")


PIPELINE_OF_JOB = Statement(lambda job: _pipeline_of(Job.objects.filter(pk=job)), job=Job.id)
PIPELINE_OF_OWN_JOB = Statement(
    lambda account, job: _pipeline_of(Job.objects.for_account(account).filter(pk=job)),
    account=Job.account,
    job=Job.id,
)
# Whoever enters a stage is its latest from then on.
NOT_LATEST = Change(
    lambda pipeline, stage, in_parallel: StageExecution.objects.filter(
        pipeline=pipeline, stage=stage, in_parallel=in_parallel, is_latest=True
    ),
    {"is_latest": False},
    pipeline=StageExecution.pipeline,
    stage=StageExecution.stage,
    in_parallel=StageExecution.in_parallel,
)
