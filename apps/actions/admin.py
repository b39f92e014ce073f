from django.contrib import admin

from apps.actions.models import CustomActionType


@admin.register(CustomActionType)
class CustomActionTypeAdmin(admin.ModelAdmin):
    list_display = ("__str__", "account", "created_at", "deleted_at")
    list_filter = ("category",)
    list_select_related = ("account",)
    search_fields = ("provider", "account__name", "account__number")
    readonly_fields = ("account", "category", "provider", "version", "definition", "created_at")

    def has_add_permission(self, request) -> bool:
        return False
