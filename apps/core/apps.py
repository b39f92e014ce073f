from datetime import timedelta

from django.apps import AppConfig

LONGEST_PAUSE = timedelta(hours=2)  # of a task of the queue before it is tried again


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from django_q.models import OrmQ

        from apps.core.sqlite3.duties import cut_log, follow_the_hosts_clock
        from apps.core.sqlite3.timeline import counted
        from apps.core.ticks import every

        counted(OrmQ.objects.all, "lock", most=LONGEST_PAUSE)
        every(20, "cut the log", lambda now: cut_log())
        every(1, "follow the host's clock", lambda now: follow_the_hosts_clock())
