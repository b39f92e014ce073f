from datetime import timedelta

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    label = "notifications"

    def ready(self) -> None:
        from apps.core.sqlite3.timeline import counted
        from apps.core.ticks import every
        from apps.executions.shell.checks import check_starts_of
        from apps.notifications import services
        from apps.notifications.engine.schedule import PAUSES
        from apps.notifications.models import PENDING, Delivery, Reminder
        from apps.notifications.services.delivering import LEASE

        pending = lambda: Delivery.objects.filter(state=PENDING)  # noqa: E731
        counted(pending, "next_attempt_at", most=lambda delivery: max((LEASE, *PAUSES[: delivery.attempts])))
        counted(pending, "enqueued_at", most=timedelta(0))
        counted(Reminder.objects.all, "looked_at", "sent_at", most=timedelta(0))
        check_starts_of("Approval/AWS/Manual/1", services.check_topic)
        every(1, "hand on events", lambda now: services.hand_on_events(now=now))
        every(1, "enqueue deliveries", lambda now: services.enqueue_due_deliveries(now=now))
        every(600, "remind of waits", lambda now: services.remind_of_waits(now=now))
        every(600, "forget old notifications", lambda now: services.forget_old_deliveries(now=now))
