from django.contrib import admin

from apps.events.admin import ReadOnly
from apps.triggers.models import SourceWatch


@admin.register(SourceWatch)
class SourceWatchAdmin(ReadOnly):
    list_display = ("pipeline", "action", "account", "is_polled", "looked_at", "revision_id", "error_code")
    list_select_related = ("account", "pipeline")
    exclude = ("token",)
