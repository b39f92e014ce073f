from django.apps import AppConfig


class TriggersConfig(AppConfig):
    name = "apps.triggers"
    label = "triggers"

    def ready(self) -> None:
        from apps import events
        from apps.core.ticks import every
        from apps.triggers import handlers, services

        events.subscribe("PipelineCreated", handlers.definition_saved)
        events.subscribe("PipelineUpdated", handlers.definition_saved)
        events.subscribe("PipelineDeleted", handlers.pipeline_deleted)
        every(600, "forget old deliveries", lambda now: services.forget_old_deliveries(now=now))
        every(600, "end idle polling", lambda now: services.end_idle_polling(now=now))
        every(600, "resume polling", lambda now: services.resume_polling(now=now))
        every(1, "start what is due", lambda now: services.start_due_schedules(now=now))
        every(1, "enqueue looks at sources", lambda now: services.enqueue_due_looks(now=now))
