from django.contrib import admin, messages

from apps.core import clock
from apps.core.errors import HeadraceError
from apps.events.admin import ReadOnly
from apps.notifications.models import Delivery, EventCursor, NotificationRule, Reminder, Target, Topic
from apps.notifications.services import resend_delivery


@admin.register(NotificationRule)
class NotificationRuleAdmin(ReadOnly):
    list_display = ("name", "account", "event_types", "pipelines", "detail")
    list_select_related = ("account",)


@admin.register(Topic)
class TopicAdmin(ReadOnly):
    list_display = ("name", "account")
    list_select_related = ("account",)


@admin.register(Target)
class TargetAdmin(ReadOnly):
    list_display = ("address", "kind", "account")
    list_select_related = ("account",)
    exclude = ("sealed_secret",)


@admin.register(EventCursor)
class EventCursorAdmin(ReadOnly):
    list_display = ("account", "sequence")
    list_select_related = ("account",)


@admin.register(Reminder)
class ReminderAdmin(ReadOnly):
    list_display = ("pipeline", "account", "looked_at", "sent_at")
    list_select_related = ("account", "pipeline")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """With the state Dead as a filter this is the list of what was given up."""

    list_display = ("message_id", "account", "target", "pipeline", "sequence", "state", "attempts", "last_error")
    list_filter = ("state",)
    list_select_related = ("account", "target")
    search_fields = ("pipeline", "message_id")
    show_full_result_count = False
    actions = ("resend",)

    @admin.action(description="Send again what was given up")
    def resend(self, request, queryset) -> None:
        sent = 0
        for delivery in queryset.select_related("account"):
            try:
                resend_delivery(delivery.account, delivery.pk, now=clock.database_now())
                sent += 1
            except HeadraceError as refusal:
                self.message_user(request, refusal.message, messages.WARNING)
        if sent:
            self.message_user(request, f"{sent} will be sent again.")
