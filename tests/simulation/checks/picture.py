"""The rows of one account at one moment."""

from apps.core.statements import Statement
from apps.executions.models import (
    ActionExecution,
    ConditionExecution,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)
from apps.jobs.models import Job
from apps.pipelines.models import Pipeline, StageTransition
from tests.simulation.world import World

# Read after each step, so composed once.
EXECUTIONS = Statement(
    lambda account: (
        PipelineExecution.objects.filter(account=account)
        .defer("artifacts", "outputs", "overrides", "variables", "revisions")
        .order_by("pk")
    ),
    account=PipelineExecution.account,
)
STAGES = Statement(
    lambda account: StageExecution.objects.filter(account=account).order_by("pk"), account=StageExecution.account
)
ACTIONS = Statement(
    lambda account: (
        ActionExecution.objects.filter(account=account)
        .defer("configuration", "resolved_configuration", "output_variables", "revision")
        .order_by("pk")
    ),
    account=ActionExecution.account,
)
JOBS = Statement(
    lambda account: Job.objects.filter(account=account).defer("order", "sealed_secrets").order_by("created_at", "pk"),
    account=Job.account,
)
RULES = Statement(
    lambda account: (
        RuleExecution.objects.filter(account=account)
        .defer("configuration", "resolved_configuration", "input_artifacts")
        .order_by("pk")
    ),
    account=RuleExecution.account,
)
CONDITIONS = Statement(
    lambda account: ConditionExecution.objects.filter(account=account).order_by("pk"),
    account=ConditionExecution.account,
)
CLOSED = Statement(
    lambda account: (
        StageTransition.objects.filter(account=account, enabled=False)
        .order_by()
        .values_list("pipeline_id", "stage", "side")
    ),
    account=StageTransition.account,
)
DELETED = Statement(
    lambda account: Pipeline.objects.filter(account=account).exclude(deleted_at=None).order_by().values_list("pk"),
    account=Pipeline.account,
)


class Picture:
    """The rows of one account at one moment."""

    def __init__(self, world: World) -> None:
        account = world.account.pk
        self.executions = {row.pk: row for row in EXECUTIONS.rows(account=account)}
        self.stages = {row.pk: row for row in STAGES.rows(account=account)}
        self.actions = {row.pk: row for row in ACTIONS.rows(account=account)}
        self.conditions = {row.pk: row for row in CONDITIONS.rows(account=account)}
        self.rules = {row.pk: row for row in RULES.rows(account=account)}
        self.jobs = {row.pk: row for row in JOBS.rows(account=account)}
        self.closed = set(CLOSED.rows(account=account))
        self.deleted = {key for (key,) in DELETED.rows(account=account)}

    def current_actions(self, stage: StageExecution) -> list[ActionExecution]:
        return [row for row in self.actions.values() if row.stage_execution_id == stage.pk and row.is_current]

    def stage_of(self, row: PipelineExecution) -> StageExecution | None:
        """Return the stage that an execution is inside or ended in."""
        for stage in self.stages.values():
            if stage.execution_id == row.pk and stage.stage == row.stage:
                return stage
        return None
