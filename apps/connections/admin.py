from django.contrib import admin

from apps.connections.models import Connection
from apps.events.admin import ReadOnly


@admin.register(Connection)
class ConnectionAdmin(ReadOnly):
    list_display = ("name", "account", "provider_type", "url", "last_event_at", "error_code")
    list_filter = ("provider_type",)
    list_select_related = ("account",)
    search_fields = ("name", "url")
    exclude = ("token", "sealed_password", "sealed_webhook_secret")
