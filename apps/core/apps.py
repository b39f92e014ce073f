from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        from apps.core.sqlite3.duties import cut_log, follow_the_hosts_clock
        from apps.core.ticks import every

        every(20, "cut the log", lambda now: cut_log())
        every(0.5, "follow the host's clock", lambda now: follow_the_hosts_clock())
