from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings


class TriggersConfig(AppConfig):
    name = "apps.triggers"
    label = "triggers"

    def ready(self) -> None:
        from apps import events
        from apps.core.sqlite3.timeline import counted
        from apps.core.ticks import every
        from apps.triggers import handlers, services
        from apps.triggers.engine.timetable import every_of
        from apps.triggers.models import Schedule, SourceWatch

        counted(SourceWatch.objects.all, "next_look_at", most=timedelta(seconds=settings.SOURCE_POLL_SECONDS))
        # The other kind of schedule, cron(…), names dates: those of the clock as it is set.
        rates = lambda: Schedule.objects.filter(expression__startswith="rate(")  # noqa: E731
        counted(rates, "next_start_at", most=lambda schedule: every_of(schedule.expression))

        events.subscribe("PipelineCreated", handlers.definition_saved)
        events.subscribe("PipelineUpdated", handlers.definition_saved)
        events.subscribe("PipelineDeleted", handlers.pipeline_deleted)
        every(600, "forget old deliveries", lambda now: services.forget_old_deliveries(now=now))
        every(600, "end idle polling", lambda now: services.end_idle_polling(now=now))
        every(600, "resume polling", lambda now: services.resume_polling(now=now))
        every(1, "start what is due", lambda now: services.start_due_schedules(now=now))
        every(1, "enqueue looks at sources", lambda now: services.enqueue_due_looks(now=now))
