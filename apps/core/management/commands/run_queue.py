import signal

from django.core.management.base import BaseCommand

from apps.core.queue import QueueKeeper


class Command(BaseCommand):
    help = "Runs django-q2's cluster and starts it anew when it goes silent. Ends on SIGTERM."
    requires_system_checks = ()  # they load all pages, for this process to keep; `run` checks when it migrates

    def handle(self, *args, **options):
        keeper = QueueKeeper()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: keeper.stopping.set())
        keeper.run()
