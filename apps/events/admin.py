from django.contrib import admin

from apps.events.models import Event, EventChain


class ReadOnly(admin.ModelAdmin):
    """The log is append-only, for operators too."""

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("account", "sequence", "kind", "at", "pipeline", "stage", "action")
    list_filter = ("kind",)
    list_select_related = ("account",)
    search_fields = ("pipeline", "execution_id")
    show_full_result_count = False


@admin.register(EventChain)
class EventChainAdmin(ReadOnly):
    list_display = ("account", "sequence", "head")
    list_select_related = ("account",)
