from django.contrib import admin

from apps.events.admin import ReadOnly
from apps.executions.models import (
    ActionExecution,
    ApprovalGiven,
    Chore,
    ConditionExecution,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)


@admin.register(PipelineExecution)
class PipelineExecutionAdmin(ReadOnly):
    list_display = ("id", "account", "pipeline", "number", "state", "stage", "started_at", "ended_at")
    list_filter = ("state", "mode")
    list_select_related = ("account", "pipeline")
    search_fields = ("id", "pipeline__name")
    show_full_result_count = False


@admin.register(StageExecution)
class StageExecutionAdmin(ReadOnly):
    list_display = ("stage", "execution", "state", "is_latest", "entered_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("execution__id", "stage")
    show_full_result_count = False


@admin.register(ActionExecution)
class ActionExecutionAdmin(ReadOnly):
    list_display = ("action", "stage", "execution_id", "state", "attempt", "started_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("id", "execution__id", "action")
    show_full_result_count = False


@admin.register(ApprovalGiven)
class ApprovalGivenAdmin(ReadOnly):
    list_display = ("action_execution_id", "by", "given_at")
    search_fields = ("action_execution__id", "by")
    show_full_result_count = False


@admin.register(ConditionExecution)
class ConditionExecutionAdmin(ReadOnly):
    list_display = ("stage", "kind", "execution_id", "state", "result", "started_at")
    list_filter = ("state", "kind")
    search_fields = ("execution__id", "stage")
    show_full_result_count = False


@admin.register(RuleExecution)
class RuleExecutionAdmin(ReadOnly):
    list_display = ("rule", "stage", "execution_id", "state", "attempt", "started_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("id", "execution__id", "rule")
    show_full_result_count = False


@admin.register(Chore)
class ChoreAdmin(ReadOnly):
    list_display = ("name", "due_at")
