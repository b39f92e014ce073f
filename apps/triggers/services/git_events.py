"""From an event in a repository to the executions that it starts. Source: reference sections 5.5, 6.2 and 6.4.

What is known decides at once. Where the changed files or a full commit id are missing, the queue asks the host's git
first. Either way an event starts at most one execution of a pipeline, however often it is told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from django_q.tasks import async_task

from apps import events
from apps.connections.models import Connection
from apps.core.errors import HeadraceError
from apps.executions.services.start import start_in_transaction
from apps.pipelines.models import Pipeline
from apps.triggers.engine.git_event import GitEvent
from apps.triggers.engine.git_filters import needs_files, starts
from apps.triggers.models import GitListener
from apps.triggers.services.deliveries import is_first
from headrace_sdk.git_remote import is_commit

LOOK_INTO = "apps.triggers.tasks.look_into_event"
MOST_AT_ONCE = 20  # executions that a call starts itself; hosts hang up after ten seconds


def event_arrived(connection: Connection, event: GitEvent, deliveries: Sequence[str], *, now: datetime) -> int:
    """Start what the event starts, or have it looked into. Returns how many executions were started.

    Shapes: each of `deliveries` tells this event from all others that the host tells; of two events that share one, the
    later starts nothing.
    """
    concerned = [rows for rows in listening_pipelines(connection, event) if _may_start(event, rows)]
    ready = [rows for rows in concerned if is_decided(event, rows)] if is_commit(event.commit) else []
    if len(ready) < len(concerned) or len(ready) > MOST_AT_ONCE:
        async_task(LOOK_INTO, connection.pk, event.to_json(), list(deliveries))
    return start_all(connection, event, deliveries, ready[:MOST_AT_ONCE], now=now)


def listening_pipelines(connection: Connection, event: GitEvent) -> list[list[GitListener]]:
    """Return who listens to this repository, by pipeline."""
    rows = (
        GitListener.objects.for_account(connection.account)
        .filter(connection_uid=connection.uid, repository=event.repository.lower())
        .order_by("pipeline_id", "action")
    )
    return [list(group) for _, group in groupby(rows, key=lambda row: row.pipeline_id)]


def _may_start(event: GitEvent, rows: Sequence[GitListener]) -> bool:
    return any(starts(event, row.listening) or needs_files(event, row.listening) for row in rows)


def is_decided(event: GitEvent, rows: Sequence[GitListener]) -> bool:
    return any(starts(event, row.listening) for row in rows)


def start_all(
    connection: Connection,
    event: GitEvent,
    deliveries: Sequence[str],
    pipelines: Sequence[Sequence[GitListener]],
    *,
    now: datetime,
) -> int:
    """Start each of these pipelines. What keeps one from starting is kept with the connection."""
    started = 0
    for rows in pipelines:
        try:
            started += _start(connection, event, deliveries, rows[0].pipeline_id, now=now)
        except HeadraceError as error:
            keep_error(connection, type(error).__name__, error.message)
    return started


def _start(
    connection: Connection, event: GitEvent, deliveries: Sequence[str], pipeline_id: int, *, now: datetime
) -> bool:
    """Start one pipeline, whose definition may have changed since it was asked."""
    with events.transaction():
        pipelines = Pipeline.objects.select_related("account").select_for_update(of=("self",))
        pipeline = pipelines.filter(pk=pipeline_id, deleted_at=None).first()
        if pipeline is None:
            return False
        listeners = GitListener.objects.for_account(connection.account).filter(
            pipeline=pipeline, connection_uid=connection.uid, repository=event.repository.lower()
        )
        actions = [row.action for row in listeners if starts(event, row.listening)]
        hook = f"connection/{connection.pk}/{pipeline.pk}"
        # Each is noted, whichever of them is known.
        if not actions or not all([is_first(connection.account, hook, each, now=now) for each in deliveries]):
            return False
        start_in_transaction(
            pipeline,
            trigger_type="WebhookV2",
            trigger_detail=connection.arn,
            source_revisions=[_override(action, event) for action in actions],
            source_event={**event.facts(), "provider-type": connection.provider_type, "connection-arn": connection.arn},
            now=now,
        )
        return True


def _override(action: str, event: GitEvent) -> Mapping[str, str]:
    return {"actionName": action, "revisionType": "COMMIT_ID", "revisionValue": event.commit}


def keep_error(connection: Connection, code: str, message: str) -> None:
    """Keep with a connection why what its host told led to nothing, until a call goes well."""
    if (connection.error_code, connection.error_message) != (code, message):
        connection.error_code, connection.error_message = code, message
        connection.save(update_fields=["error_code", "error_message"])
