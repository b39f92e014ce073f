from django.contrib import admin

from apps.events.admin import ReadOnly
from apps.jobs.models import Job, LogChunk, WorkerCall


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs can be looked at. Their secrets are never shown."""

    list_display = ("id", "account", "action_type", "performer", "state", "holder", "lease_until", "created_at")
    list_filter = ("state", "performer")
    list_select_related = ("account",)
    search_fields = ("id", "action_execution_id", "action_type")
    exclude = ("sealed_secrets", "nonce")
    show_full_result_count = False


@admin.register(LogChunk)
class LogChunkAdmin(ReadOnly):
    list_display = ("action_execution_id", "account", "start", "written_at")
    list_select_related = ("account",)
    exclude = ("content",)
    show_full_result_count = False


@admin.register(WorkerCall)
class WorkerCallAdmin(ReadOnly):
    list_display = ("action_type", "account", "called_at", "called_by")
    list_select_related = ("account",)
    search_fields = ("action_type", "account__number")
