from django.apps import AppConfig

HOUR_SECONDS = 3600


class PipelinesConfig(AppConfig):
    name = "apps.pipelines"
    label = "pipelines"

    def ready(self) -> None:
        from django_q.tasks import async_task

        from apps.core.ticks import every

        every(HOUR_SECONDS, "purge pipelines", lambda now: async_task("apps.pipelines.tasks.purge_deleted_pipelines"))
