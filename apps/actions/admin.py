from django.contrib import admin, messages

from apps.actions.models import AwsConnection, CustomActionType, ThirdPartyActionType, ThirdPartyClient, ThirdPartyGrant
from apps.core.ids import new_token


@admin.register(CustomActionType)
class CustomActionTypeAdmin(admin.ModelAdmin):
    list_display = ("__str__", "account", "created_at", "deleted_at")
    list_filter = ("category",)
    list_select_related = ("account",)
    search_fields = ("provider", "account__name", "account__number")
    readonly_fields = ("account", "category", "provider", "version", "definition", "created_at")

    def has_add_permission(self, request) -> bool:
        return False


class GrantInline(admin.TabularInline):
    model = ThirdPartyGrant
    extra = 0


@admin.register(ThirdPartyActionType)
class ThirdPartyActionTypeAdmin(admin.ModelAdmin):
    """Declared with `manage.py declare_action_type` and by its publisher; who may use it is changed here too."""

    list_display = ("__str__", "account", "created_at", "updated_at")
    list_filter = ("category",)
    list_select_related = ("account",)
    search_fields = ("provider", "account__name", "account__number")
    readonly_fields = ("account", "category", "provider", "version", "definition", "created_at", "updated_at")
    inlines = (GrantInline,)

    def has_add_permission(self, request) -> bool:
        return False


@admin.register(ThirdPartyGrant)
class ThirdPartyGrantAdmin(admin.ModelAdmin):
    list_display = ("action_type", "account_number")
    list_select_related = ("action_type",)
    search_fields = ("account_number", "action_type__provider")
    list_filter = ("action_type__category",)


@admin.register(ThirdPartyClient)
class ThirdPartyClientAdmin(admin.ModelAdmin):
    """Registered by the first job of an account, or with `manage.py third_party_client`. A token is shown once."""

    list_display = ("client_id", "account", "action_type", "created_at")
    list_select_related = ("account", "action_type")
    search_fields = ("account__name", "account__number", "action_type__provider")
    readonly_fields = ("client_id", "account", "action_type", "created_at")
    actions = ("replace_token",)

    def has_add_permission(self, request) -> bool:
        return False

    @admin.action(description="Replace the token and show the new one", permissions=["change"])
    def replace_token(self, request, queryset) -> None:
        for client in queryset:
            token = new_token()
            client.set_token(token)
            client.save(update_fields=["sealed_token"])
            self.message_user(request, f"{client.client_id}: {token}", messages.WARNING)


@admin.register(AwsConnection)
class AwsConnectionAdmin(admin.ModelAdmin):
    """Made by the account's admins over REST, or with `manage.py set_aws_connection`. The secret is never shown."""

    list_display = ("access_key_id", "account", "region", "endpoint_url", "updated_at")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__number", "access_key_id")
    readonly_fields = ("account", "region", "access_key_id", "endpoint_url", "updated_at")

    def has_add_permission(self, request) -> bool:
        return False
