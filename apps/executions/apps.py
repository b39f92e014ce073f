from django.apps import AppConfig

HOUR_SECONDS = 3600


class ExecutionsConfig(AppConfig):
    name = "apps.executions"
    label = "executions"

    def ready(self) -> None:
        from django_q.tasks import async_task

        from apps import events
        from apps.core.sqlite3.timeline import counted
        from apps.core.ticks import every
        from apps.executions import handlers
        from apps.executions.models import Chore
        from apps.executions.services.invoking import start_pipeline
        from apps.executions.services.retention import PAUSE
        from apps.jobs.locks import lock_pipelines_with
        from apps.jobs.worker.asking import offer

        counted(Chore.objects.all, "due_at", most=PAUSE)
        every(HOUR_SECONDS, "forget old executions", lambda now: async_task("apps.executions.tasks.forget_old"))
        lock_pipelines_with(handlers.lock_pipeline)
        offer("start_pipeline", start_pipeline)
        for kind in ("JobSucceeded", "JobFailed", "JobTimedOut"):
            events.subscribe(kind, handlers.job_ended)
        events.subscribe("JobContinued", handlers.job_continued)
        events.subscribe("PipelineCreated", handlers.pipeline_created)
        events.subscribe("PipelineUpdated", handlers.pipeline_updated)
        events.subscribe("PipelineDeleted", handlers.pipeline_deleted)
        events.subscribe("TransitionEnabled", handlers.transition_enabled)
