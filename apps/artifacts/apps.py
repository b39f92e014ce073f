from django.apps import AppConfig

HOUR_SECONDS = 3600


class ArtifactsConfig(AppConfig):
    name = "apps.artifacts"
    label = "artifacts"

    def ready(self) -> None:
        from django_q.tasks import async_task

        from apps.core.ticks import every

        every(HOUR_SECONDS, "sweep orphans", lambda now: async_task("apps.artifacts.tasks.sweep_orphans"))
        every(HOUR_SECONDS, "sweep uploads", lambda now: async_task("apps.artifacts.tasks.sweep_uploads"))
