"""What runs and what ran: pipeline executions, their stages, their actions, conditions and rules."""

from enum import StrEnum
from functools import cache

from django.db import models

from apps.core.ids import new_id
from apps.executions.engine import ActionState, ConditionState, ExecutionState, Kind, RuleState, StageState
from apps.executions.engine.lifecycle import IN_FLIGHT as IN_FLIGHT_STATES
from apps.pipelines.models import MODES, Pipeline
from apps.tenancy.models import Account, ForAccount

STANDARD, ROLLBACK = "STANDARD", "ROLLBACK"
# In states of `engine.lifecycle.IN_FLIGHT`. Conditions of indexes name no values: SQLite does not see that a list of
# parameters is the list that an index was made with, and would read a pipeline's whole past.
IN_FLIGHT = models.Q(ended_at=None)
# Who waits at a stage's entry, and who was stopped or cancelled there last.
AT_AN_ENTRY = models.Q(waiting=True, state__in=["InProgress", "Stopped", "Cancelled"])


def choices(states: type[StrEnum]) -> list[tuple[str, str]]:
    return [(state.value, state.value) for state in states]


class PipelineExecution(models.Model):
    """One run of a pipeline. It stands at one stage: waiting at its entry, inside, or where it ended.

    One that was stopped or cancelled at an entry is still `waiting` there, until that happens to another.

    Shapes: `artifacts` maps an artifact's name to {"bucket", "key", "revision"?, "made_by"}; `outputs` maps a namespace
    to its variables; `overrides` maps a source action to {revision type: value}; `revisions` lists source revisions,
    each {"action", "artifact", "id", "change_id", "summary", "url", "created"}; `variables` maps the pipeline's own
    variables to their values, None where it declares none. `started_by` lists the ARNs of people who set it going, by a
    start, a retry or a rollback, or by starting the pipeline that started it; empty when a source or a clock did.
    `invoked_through` lists the names of pipelines whose Invoke actions led to it, first one first; empty when none did.
    `source_event` tells what in a repository started it, by the names of EventBridge's execution-trigger ("commit-id",
    "branch-name", ...); empty when something else did.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="executions")
    number = models.BigIntegerField()
    version = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=MODES)
    type = models.CharField(max_length=10, default=STANDARD)
    rollback_target = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=choices(ExecutionState), default=ExecutionState.IN_PROGRESS)
    status_summary = models.CharField(max_length=2048, blank=True)
    stage = models.CharField(max_length=100, blank=True)
    waiting = models.BooleanField(default=False)
    waiting_since = models.DateTimeField(null=True)
    superseded_by = models.UUIDField(null=True)
    trigger_type = models.CharField(max_length=40)
    trigger_detail = models.CharField(max_length=1024, blank=True)
    source_event = models.JSONField(default=dict)
    started_by = models.JSONField(default=list)
    invoked_through = models.JSONField(default=list)
    stop_reason = models.CharField(max_length=200, blank=True)
    client_request_token = models.CharField(max_length=128, blank=True)
    variables = models.JSONField(null=True)
    overrides = models.JSONField(default=dict)
    artifacts = models.JSONField(default=dict)
    outputs = models.JSONField(default=dict)
    revisions = models.JSONField(default=list)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["pipeline", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="one_execution_a_number"),
            models.UniqueConstraint(
                fields=["pipeline", "client_request_token"],
                condition=~models.Q(client_request_token=""),
                name="one_execution_a_request_token",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(IN_FLIGHT_STATES), ended_at=None)
                | models.Q(~models.Q(state__in=sorted(IN_FLIGHT_STATES)), ended_at__isnull=False),
                name="an_execution_has_ended_or_is_in_flight",
            ),
        ]
        indexes = [
            models.Index(fields=["pipeline", "number"], condition=IN_FLIGHT, name="executions_in_flight"),
            models.Index(
                fields=["pipeline", "number"], condition=models.Q(waiting=True), name="executions_at_an_entry"
            ),
            models.Index(fields=["account", "-started_at"], name="executions_of_an_account"),
            models.Index(fields=["account", "-started_at"], condition=IN_FLIGHT, name="executions_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @classmethod
    @cache
    def changing_fields(cls) -> tuple[str, ...]:
        """Return the fields that a decision may change. What a start fixes need not be written again."""
        fixed = {"id", "account", "pipeline", "number", "version", "mode", "type", "rollback_target", "started_at"} | {
            *("trigger_type", "trigger_detail", "source_event", "invoked_through", "client_request_token"),
            *("variables", "overrides"),
        }
        return tuple(field.name for field in cls._meta.concrete_fields if field.name not in fixed)


class StageExecution(models.Model):
    """One execution in one stage. `is_latest`: no execution of its mode has entered the stage since.

    Executions of PARALLEL mode and others do not know each other: a pipeline that changes its mode shows what was.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="+")
    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="stage_executions")
    stage = models.CharField(max_length=100)
    state = models.CharField(max_length=12, choices=choices(StageState), default=StageState.IN_PROGRESS)
    is_latest = models.BooleanField(default=True)
    in_parallel = models.BooleanField(default=False)
    manual_retries = models.PositiveIntegerField(default=0)
    automatic_retries = models.PositiveSmallIntegerField(default=0)
    latest_retry = models.CharField(max_length=20, blank=True)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["execution", "id"]
        constraints = [models.UniqueConstraint(fields=["execution", "stage"], name="one_stage_execution_a_stage")]
        indexes = [
            models.Index(fields=["pipeline", "stage"], condition=models.Q(is_latest=True), name="latest_in_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.state}"


class ActionExecution(models.Model):
    """One attempt at one action. `is_current`: no retry has repeated it.

    Shapes: `input_artifacts` and `output_artifacts` list {"name", "bucket", "key", "revision"?}. Its configuration
    holds no secrets: they are masked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="+")
    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="action_executions")
    stage_execution = models.ForeignKey(StageExecution, on_delete=models.CASCADE, related_name="action_executions")
    stage = models.CharField(max_length=100)
    action = models.CharField(max_length=100)
    action_type = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=choices(ActionState), default=ActionState.IN_PROGRESS)
    is_current = models.BooleanField(default=True)
    attempt = models.PositiveIntegerField(default=1)
    configuration = models.JSONField(default=dict)
    resolved_configuration = models.JSONField(default=dict)
    region = models.CharField(max_length=30, blank=True)
    role_arn = models.CharField(max_length=1024, blank=True)
    namespace = models.CharField(max_length=100, blank=True)
    input_artifacts = models.JSONField(default=list)
    output_artifacts = models.JSONField(default=list)
    output_variables = models.JSONField(default=dict)
    revision = models.JSONField(null=True)
    summary = models.TextField(blank=True)
    external_id = models.CharField(max_length=1500, blank=True)
    external_url = models.CharField(max_length=2048, blank=True)
    percent_complete = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    updated_by = models.CharField(max_length=2048, blank=True)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["-started_at", "id"]
        indexes = [
            models.Index(fields=["pipeline", "-started_at", "-id"], name="actions_newest_first"),
            models.Index(fields=["stage_execution"], condition=models.Q(is_current=True), name="actions_of_a_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.stage}/{self.action} {self.state}"

    @classmethod
    @cache
    def changing_fields(cls) -> tuple[str, ...]:
        """Return the fields that its job's words change. What it was started with need not be written again."""
        fixed = {"id", "account", "pipeline", "execution", "stage_execution", "stage", "action", "action_type"} | {
            *("version", "attempt", "is_current", "configuration", "resolved_configuration", "region", "role_arn"),
            *("namespace", "input_artifacts", "output_artifacts", "started_at"),
        }
        return tuple(field.name for field in cls._meta.concrete_fields if field.name not in fixed)


class ApprovalGiven(models.Model):
    """One person's approval of one attempt at an approval action. Shapes: `by` is an ARN."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    action_execution = models.ForeignKey(ActionExecution, on_delete=models.CASCADE, related_name="approvals_given")
    by = models.CharField(max_length=256)
    summary = models.CharField(max_length=512, blank=True)
    given_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["action_execution", "id"]
        constraints = [models.UniqueConstraint(fields=["action_execution", "by"], name="one_approval_a_person")]

    def __str__(self) -> str:
        return f"{self.action_execution_id} by {self.by}"


class ConditionExecution(models.Model):
    """One evaluation of a stage's condition. `is_current`: no retry has asked it anew.

    Shapes: `result` is what follows when it says so, as the definition had it.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="+")
    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="+")
    stage_execution = models.ForeignKey(StageExecution, on_delete=models.CASCADE, related_name="conditions")
    stage = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=choices(Kind))
    result = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=choices(ConditionState), default=ConditionState.IN_PROGRESS)
    is_current = models.BooleanField(default=True)
    summary = models.CharField(max_length=2048, blank=True)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["execution", "id"]

    def __str__(self) -> str:
        return f"{self.stage} {self.kind} {self.state}"


class RuleExecution(models.Model):
    """One evaluation of one rule, done by a job like an action's, whose `action_execution_id` is this one's id.

    Shapes: `rule_type` is "Rule/AWS/<provider>/1"; `input_artifacts` lists {"name", "bucket", "key", "revision"?}.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="+")
    execution = models.ForeignKey(PipelineExecution, on_delete=models.CASCADE, related_name="rule_executions")
    condition = models.ForeignKey(ConditionExecution, on_delete=models.CASCADE, related_name="rules")
    stage = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=choices(Kind))
    rule = models.CharField(max_length=100)
    rule_type = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=choices(RuleState), default=RuleState.IN_PROGRESS)
    attempt = models.PositiveIntegerField(default=1)
    configuration = models.JSONField(default=dict)
    resolved_configuration = models.JSONField(default=dict)
    region = models.CharField(max_length=30, blank=True)
    role_arn = models.CharField(max_length=1024, blank=True)
    input_artifacts = models.JSONField(default=list)
    summary = models.TextField(blank=True)
    external_id = models.CharField(max_length=1500, blank=True)
    external_url = models.CharField(max_length=2048, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    updated_by = models.CharField(max_length=2048, blank=True)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["-started_at", "id"]
        indexes = [models.Index(fields=["pipeline", "-started_at", "-id"], name="rules_newest_first")]

    def __str__(self) -> str:
        return f"{self.stage}/{self.rule} {self.state}"


class Chore(models.Model):
    """Housekeeping that one process does at a time: whoever moves `due_at` on does the run."""

    name = models.CharField(max_length=60, unique=True)
    due_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.due_at}"
