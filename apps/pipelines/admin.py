from django.contrib import admin

from apps.events.admin import ReadOnly
from apps.pipelines.models import ApprovalRule, Pipeline, PipelineVersion, StageTransition


@admin.register(Pipeline)
class PipelineAdmin(ReadOnly):
    list_display = ("name", "account", "version", "pipeline_type", "execution_mode", "updated_at", "deleted_at")
    list_select_related = ("account",)
    search_fields = ("name", "account__name", "account__number")


@admin.register(PipelineVersion)
class PipelineVersionAdmin(ReadOnly):
    list_display = ("pipeline", "version", "account", "created_at", "created_by")
    list_select_related = ("account", "pipeline")
    exclude = ("sealed_secrets",)


@admin.register(StageTransition)
class StageTransitionAdmin(ReadOnly):
    list_display = ("pipeline", "stage", "side", "enabled", "reason", "changed_by", "changed_at")
    list_select_related = ("pipeline",)


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(ReadOnly):
    list_display = ("pipeline_name", "account", "needed", "not_the_starter", "changed_by", "changed_at")
    list_select_related = ("account",)
    search_fields = ("pipeline_name", "account__name", "account__number")
