"""What a host did not tell of an event is read from its git: which files changed, and a commit's full id."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from apps.connections.models import Connection
from apps.connections.selectors import facts_of
from apps.core.ids import new_id
from apps.executions.models import PipelineExecution
from apps.triggers.engine.git_event import GitEvent, Kind
from apps.triggers.engine.git_filters import needs_files
from apps.triggers.services.git_events import is_decided, listening_pipelines, start_all
from headrace_sdk import Connection as Host
from headrace_sdk import GitError, is_repository
from headrace_sdk.egress import Egress
from headrace_sdk.git import GitCommand
from headrace_sdk.git_remote import Credentials, is_commit

ASK_SECONDS, FETCH_SECONDS = 10, 15  # a few steps stay below the queue's own limit for a task
LARGEST_BYTES = 512 * 1024**2  # of history without files


def look_into(
    connection: Connection, event: GitEvent, deliveries: Sequence[str], *, since: datetime, now: datetime
) -> int:
    """Find out what is missing, and start what the event starts. Returns how many executions. Raises GitError.

    A pipeline that a later event of the same branch or tag started `since` is left alone, or it would release what is
    older over what is newer.
    """
    pipelines = listening_pipelines(connection, event)
    asks = any(needs_files(event, row.listening) for rows in pipelines for row in rows)
    if asks or not is_commit(event.commit):
        event = completed(connection, event, with_files=asks)
    decided = [rows for rows in pipelines if is_decided(event, rows)]
    due = [rows for rows in decided if not _is_overtaken(connection, event, rows[0].pipeline_id, since)]
    return start_all(connection, event, deliveries, due, now=now)


def _is_overtaken(connection: Connection, event: GitEvent, pipeline_id: int, since: datetime) -> bool:
    started = PipelineExecution.objects.for_account(connection.account).filter(
        pipeline=pipeline_id, trigger_type="WebhookV2", trigger_detail=connection.arn, started_at__gt=since
    )
    place = _place(event.facts())
    return any(_place(facts) == place for facts in started.values_list("source_event", flat=True))


def _place(facts: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(facts.get(name) for name in ("full-repository-name", "branch-name", "tag-name"))


def completed(connection: Connection, event: GitEvent, *, with_files: bool) -> GitEvent:
    """Return the event with its full commit id and, if wanted, its files. Raises GitError."""
    if not is_repository(event.repository):
        raise GitError("ConfigurationError", f"'{event.repository[:100]}' is no repository's id.")
    facts = facts_of(connection)
    url = Host(**facts.connection).repository_url(event.repository)
    scratch = settings.WORKSPACES_DIR / f"event-{new_id()}"
    credentials = Credentials(**facts.git["credentials"]) if facts.git else None
    git = GitCommand(
        Egress(allowed=tuple(settings.EGRESS_ALLOW)),
        scratch,
        local_root=settings.REPOSITORIES_DIR / connection.account.number,
        credentials=credentials,
        size_limit=LARGEST_BYTES,
        ask_seconds=ASK_SECONDS,
        fetch_seconds=FETCH_SECONDS,
    )
    try:
        commit = full_commit(git, url, event)
        return replace(event, commit=commit, files=files_of(git, url, event, commit) if with_files else event.files)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def full_commit(git: GitCommand, url: str, event: GitEvent) -> str:
    """Return the commit by its full id: some hosts tell its beginning only. Raises GitError."""
    if is_commit(event.commit):
        return event.commit
    newest = git.ls_remote(url, event.source_branch or event.branch)
    if not event.commit or not newest.startswith(event.commit):
        raise GitError("RevisionUnavailable", f"The branch is not at {event.commit[:60]} (any more).")
    return newest


def files_of(git: GitCommand, url: str, event: GitEvent, commit: str) -> tuple[str, ...]:
    """Raises GitError."""
    if event.kind == Kind.PUSH:
        return git.changed_files(url, event.before, commit)
    base = event.before if is_commit(event.before) else git.ls_remote(url, event.destination_branch)
    return git.changed_files(url, base, commit, since_fork=True)
