import signal

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.actions.host import ChildPool
from apps.actions.sandbox import sweep
from apps.actions.sandbox.configured import configured_options
from apps.jobs.worker.loop import Worker


class Command(BaseCommand):
    help = "Runs our own worker: claims jobs, runs providers in child processes, keeps timers. Ends on SIGTERM."
    requires_system_checks = ()  # they load all pages, for this process to keep; `run` checks when it migrates

    def handle(self, *args, **options):
        pool = ChildPool(settings.WORKER_SLOTS, modules=settings.PLUGIN_MODULES)
        worker = Worker(slots=settings.WORKER_SLOTS, pool=pool)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stopping.set())
        sweep(configured_options())  # what workers that were killed here left behind
        pool.warm()
        worker.run()
