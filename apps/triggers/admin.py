from django.contrib import admin

from apps.events.admin import ReadOnly
from apps.triggers.models import ActionRevision, GitListener, HookDelivery, Schedule, SourceWatch, Webhook


@admin.register(SourceWatch)
class SourceWatchAdmin(ReadOnly):
    list_display = ("pipeline", "action", "account", "is_polled", "looked_at", "revision_id", "error_code")
    list_select_related = ("account", "pipeline")
    exclude = ("token",)


@admin.register(ActionRevision)
class ActionRevisionAdmin(ReadOnly):
    list_display = ("pipeline", "action", "account", "revision_id", "put_at")
    list_select_related = ("account", "pipeline")


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ("name", "account", "target_pipeline", "authentication", "last_triggered_at", "error_code")
    list_select_related = ("account",)
    exclude = ("token", "sealed_secret")


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly):
    list_display = ("name", "account", "pipeline_name", "expression", "is_enabled", "next_start_at", "error_code")
    list_select_related = ("account",)


@admin.register(HookDelivery)
class HookDeliveryAdmin(ReadOnly):
    list_display = ("hook", "delivery_id", "account", "received_at")
    list_select_related = ("account",)
    search_fields = ("delivery_id",)


@admin.register(GitListener)
class GitListenerAdmin(ReadOnly):
    list_display = ("pipeline", "action", "account", "connection_uid", "repository", "branch", "detects")
    list_select_related = ("account", "pipeline")
    search_fields = ("repository",)
