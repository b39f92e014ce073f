from django.apps import AppConfig

HOUR_SECONDS = 3600


class ArtifactsConfig(AppConfig):
    name = "apps.artifacts"
    label = "artifacts"

    def ready(self) -> None:
        from django_q.tasks import async_task

        from apps.core.ticks import every

        for task in ("sweep_orphans", "sweep_uploads"):
            every(HOUR_SECONDS, f"artifacts: {task}", lambda now, task=task: async_task(f"apps.artifacts.tasks.{task}"))
