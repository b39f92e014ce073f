from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from apps.tenancy.models import AccessKey, Account, ApiToken, Membership, User


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):
    list_display = ("name", "number", "created_at", "may_run_unisolated")
    search_fields = ("name", "number")
    readonly_fields = ("number", "created_at")


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0


@admin.register(User)
class PersonAdmin(UserAdmin):
    inlines = (MembershipInline,)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "account", "role")
    list_filter = ("role",)
    list_select_related = ("user", "account")
    search_fields = ("user__username", "account__name", "account__number")


@admin.register(AccessKey)
class AccessKeyAdmin(admin.ModelAdmin):
    """Keys can be looked at, bounded and revoked. They are made where their secret can be shown, never here."""

    list_display = ("key_id", "account", "principal", "role", "is_active", "last_used_at")
    list_filter = ("is_active", "role")
    list_select_related = ("account",)
    search_fields = ("key_id", "account__name", "account__number")
    readonly_fields = ("account", "key_id", "principal", "created_at", "last_used_at")

    def has_add_permission(self, request) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens can be looked at and revoked, by deleting them. They are made where they can be shown, never here."""

    list_display = ("name", "user", "account", "role", "created", "expiry")
    list_filter = ("role",)
    list_select_related = ("user", "account")
    search_fields = ("name", "user__username", "account__name", "account__number")
    fields = readonly_fields = ("name", "user", "account", "role", "created", "expiry")

    def has_add_permission(self, request) -> bool:
        return False
