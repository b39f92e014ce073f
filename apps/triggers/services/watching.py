"""Watching sources: which, when to look, and what a look leads to. Source: reference section 6.1."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django_q.tasks import async_task

from apps import events
from apps.actions.catalogue import is_watched
from apps.actions.types import action_type_of
from apps.executions.services.start import start_in_transaction
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.secrets import type_text
from apps.triggers.errors import HookNotFound
from apps.triggers.models import SourceWatch
from headrace_sdk import Revision

LOOK = "apps.triggers.tasks.look_at_source"
BATCH = 100
OF_ITS_STARTS = {"PollForSourceChanges", "AllowOverrideForS3ObjectKey"}  # configuration that names no other source


def watch_sources(version: PipelineVersion, *, now: datetime) -> None:
    """Watch what the definition's source actions name. A source whose configuration changed starts a new cursor."""
    kept = []
    stage = version.declaration["stages"][0]
    for action in stage["actions"]:
        if is_watched(action_type_of(action)):
            kept.append(_watch(version, stage["name"], action, now).pk)
    SourceWatch.objects.for_account(version.account).filter(pipeline=version.pipeline).exclude(pk__in=kept).delete()


def _watch(version: PipelineVersion, stage: str, action: Mapping[str, Any], now: datetime) -> SourceWatch:
    configuration = action.get("configuration", {})
    is_polled = configuration.get("PollForSourceChanges", "true").lower() == "true"
    watch, _ = SourceWatch.objects.get_or_create(
        account=version.account,
        pipeline=version.pipeline,
        action=action["name"],
        defaults={"stage": stage, "action_type": type_text(action["actionTypeId"])},
    )
    digest = _cursor(action)
    if watch.configuration_digest != digest:
        watch.configuration_digest, watch.revision_id = digest, ""
    watch.stage, watch.action_type = stage, type_text(action["actionTypeId"])
    watch.is_polled, watch.next_look_at = is_polled, now if is_polled else None
    watch.polling_disabled_at = None
    watch.error_code, watch.error_message = "", ""
    watch.save()
    return watch


def _cursor(action: Mapping[str, Any]) -> str:
    """Return what makes a source another one: its configuration, but for how it is started."""
    named = {key: value for key, value in action.get("configuration", {}).items() if key not in OF_ITS_STARTS}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def forget_sources(pipeline: Pipeline) -> None:
    SourceWatch.objects.for_account(pipeline.account).filter(pipeline=pipeline).delete()


def enqueue_due_looks(*, now: datetime) -> int:
    """Queue a look at each source that is due. Returns how many; two workers at once queue each of them once."""
    due = SourceWatch.objects.filter(next_look_at__lte=now).order_by("next_look_at")
    later = now + timedelta(seconds=settings.SOURCE_POLL_SECONDS)
    queued = 0
    for watch_id, moment in due.values_list("pk", "next_look_at")[:BATCH]:
        if SourceWatch.objects.filter(pk=watch_id, next_look_at=moment).update(next_look_at=later):
            async_task(LOOK, watch_id, "PollForSourceChanges")
            queued += 1
    return queued


def hook_called(token: str, *, now: datetime) -> SourceWatch:
    """Queue a look at a source because its hook says that it changed. Raises HookNotFound."""
    watch = SourceWatch.objects.filter(token=token).first()
    if watch is None:
        raise HookNotFound("No source is watched under this address. Copy it from the pipeline's page again.")
    watch.called_at = now
    watch.save(update_fields=["called_at"])
    async_task(LOOK, watch.pk, "Webhook")
    return watch


def source_seen(watch_id: int, digest: str, revision: Revision, trigger_type: str, *, now: datetime) -> bool:
    """Keep what a look saw, and start an execution when it is new. Returns whether it started one.

    `digest` is the cursor that was looked at: a definition that changed meanwhile makes the look void.
    """
    with events.transaction():
        pipeline_id = SourceWatch.objects.filter(pk=watch_id).values_list("pipeline_id", flat=True).first()
        pipelines = Pipeline.objects.select_related("account").select_for_update(of=("self",))
        pipeline = pipelines.filter(pk=pipeline_id, deleted_at=None).first() if pipeline_id else None
        watch = SourceWatch.objects.filter(pk=watch_id).first()
        if pipeline is None or watch is None or watch.configuration_digest != digest:
            return False
        is_new = watch.revision_id != revision.id
        watch.revision_id, watch.looked_at, watch.is_known = revision.id, now, True
        watch.error_code, watch.error_message = "", ""
        watch.save()
        if is_new:
            start_in_transaction(pipeline, trigger_type=trigger_type, trigger_detail=watch.action, now=now)
        return is_new


def source_unavailable(watch_id: int, code: str, message: str, *, now: datetime) -> None:
    """Keep why a source could not be looked at. The state of the pipeline shows it until a look succeeds."""
    with events.transaction():
        watch = SourceWatch.objects.select_related("account", "pipeline").filter(pk=watch_id).first()
        if watch is None:
            return
        is_news = (watch.error_code, watch.error_message) != (code, message)
        watch.looked_at, watch.error_code, watch.error_message = now, code, message
        watch.save(update_fields=["looked_at", "error_code", "error_message"])
        if is_news:
            events.record(
                "SourceUnavailable",
                account=watch.account,
                at=now,
                pipeline=watch.pipeline.name,
                stage=watch.stage,
                action=watch.action,
                error_code=code,
                message=message,
            )
