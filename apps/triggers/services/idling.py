"""Polling ends where nothing has happened for long. Source: reference section 6.1, inactivity.

What switches it on again is not documented: here a new definition does at once, and an execution within minutes.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet

from apps import events
from apps.executions.models import PipelineExecution
from apps.triggers.models import SourceWatch

IDLE = timedelta(days=30)
BATCH = 100


def end_idle_polling(*, now: datetime) -> int:
    """Stop looking at the sources of pipelines that had no execution and no new definition for so long."""
    since = now - IDLE
    polled = SourceWatch.objects.filter(next_look_at__isnull=False, pipeline__updated_at__lt=since)
    idle = polled.filter(~_started_since(since)).select_related("account", "pipeline")
    return sum(_end(watch, now) for watch in idle[:BATCH])


def _end(watch: SourceWatch, now: datetime) -> bool:
    """Stop looking at one source, unless it was saved anew meanwhile, and tell so."""
    with events.transaction():
        rows = SourceWatch.objects.filter(pk=watch.pk, next_look_at__isnull=False, polling_disabled_at=None)
        if not rows.filter(pipeline__updated_at=watch.pipeline.updated_at).update(
            next_look_at=None, polling_disabled_at=now
        ):
            return False
        events.record(
            "PollingDisabled",
            account=watch.account,
            at=now,
            pipeline=watch.pipeline.name,
            stage=watch.stage,
            action=watch.action,
            idle_days=IDLE.days,
        )
    return True


def resume_polling(*, now: datetime) -> int:
    """Look again at the sources of pipelines that were started since polling was switched off. Returns how many."""
    stopped = SourceWatch.objects.filter(is_polled=True, polling_disabled_at__isnull=False)
    active = stopped.filter(_started_since(OuterRef("polling_disabled_at")))
    return active.update(next_look_at=now, polling_disabled_at=None)


def _started_since(moment: datetime | F) -> Exists:
    executions: QuerySet[PipelineExecution] = PipelineExecution.objects.filter(pipeline=OuterRef("pipeline"))
    return Exists(executions.filter(started_at__gte=moment))
