"""What the queue calls. Safe to run twice, and in any order: a look that sees nothing new changes nothing."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django_q.tasks import async_task

from apps.actions.host import ChildPool, Finished, StepOrder
from apps.connections.models import Connection
from apps.core import clock
from apps.core.broker import DatabaseTimed
from apps.core.errors import HeadraceError
from apps.core.ids import new_id
from apps.jobs.worker.asking import Asker, answers_for
from apps.jobs.worker.orders import surroundings
from apps.pipelines.selectors import current_version
from apps.triggers import github, services
from apps.triggers.engine.git_event import GitEvent
from apps.triggers.models import SourceWatch, Webhook
from apps.triggers.selectors import webhook_url
from apps.triggers.services import looking_into, registration
from apps.triggers.services.git_events import LOOK_INTO, keep_error
from headrace_sdk import Failed, GitError, Revision
from headrace_sdk.egress import Egress

# How long a git host that is away is left alone before it is asked again.
PAUSES = [timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
LOOK_SECONDS = 40  # below the queue's own limit for a task


def look_at_source(watch_id: int, trigger_type: str) -> None:
    """Ask the provider what a source is at, in a child process, and start an execution when that is new."""
    watch = SourceWatch.objects.select_related("pipeline__account").filter(pk=watch_id).first()
    if watch is None:
        return
    folder = settings.WORKSPACES_DIR / f"look-{new_id()}"
    try:
        ended = _pool().run(
            _order(watch, str(folder)),
            on_log=lambda content: None,
            on_question=answers_for(Asker(watch.pipeline.account, folder / "asked")),
            deadline_seconds=LOOK_SECONDS,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    match ended:
        case Finished(result=Revision() as revision):
            services.source_seen(watch_id, watch.configuration_digest, revision, trigger_type, now=clock.database_now())
        case Finished(result=Failed() as failed):
            services.source_unavailable(watch_id, failed.code, failed.message, now=clock.database_now())
        case _:
            message = f"Looking at the source did not end well: {ended}"
            services.source_unavailable(watch_id, "SystemUnavailable", message, now=clock.database_now())


def _order(watch: SourceWatch, folder: str) -> StepOrder:
    declaration = current_version(watch.pipeline).declaration_in_clear()
    actions = {action["name"]: action for action in declaration["stages"][0]["actions"]}
    account = watch.pipeline.account
    return StepOrder(
        action_type=watch.action_type,
        step="latest_revision",
        token=str(new_id()),
        account_id=account.number,
        workspace=folder,
        configuration=actions[watch.action].get("configuration", {}),
        **surroundings(account.number, may_run_unisolated=False),
    )


@cache
def _pool() -> ChildPool:
    return ChildPool(1, modules=settings.PLUGIN_MODULES)


def register_webhook(webhook_id: int) -> None:
    """Tell GitHub of a webhook's address. A webhook that is registered already stays as it is."""
    webhook = Webhook.objects.select_related("account").filter(pk=webhook_id).first()
    if webhook is None or webhook.third_party_id:
        return
    try:
        configuration = registration.github_action(webhook)
        url, secret = webhook_url(webhook), webhook.secret_in_clear()
        hook_id = github.create_hook(settings.GITHUB_API_URL, _egress(), configuration, url, secret)
    except (github.GitHubRefused, HeadraceError) as refusal:
        registration.registration_failed(webhook, str(refusal))
    else:
        registration.registered(webhook, hook_id)


def deregister_webhook(webhook_id: int) -> None:
    """Have GitHub forget a webhook's address."""
    webhook = Webhook.objects.select_related("account").filter(pk=webhook_id).first()
    if webhook is None or not webhook.third_party_id:
        return
    try:
        configuration = registration.github_action(webhook)
        github.delete_hook(settings.GITHUB_API_URL, _egress(), configuration, webhook.third_party_id)
    except (github.GitHubRefused, HeadraceError) as refusal:
        registration.registration_failed(webhook, str(refusal))
    else:
        registration.registered(webhook, "")


def look_into_event(
    connection_id: int, told: dict[str, Any], deliveries: Sequence[str], attempt: int = 1, first_asked: str = ""
) -> None:
    """Find out what a host did not tell of an event, and start what it starts. A host that is away is asked again.

    Shapes: `told` as GitEvent.to_json has it; `deliveries` as for `event_arrived`; `first_asked` is when that was tried
    first, in ISO 8601.
    """
    connection = Connection.objects.select_related("account").filter(pk=connection_id).first()
    if connection is None:
        return
    now = clock.database_now()
    since = datetime.fromisoformat(first_asked) if first_asked else now
    try:
        looking_into.look_into(connection, GitEvent.from_json(told), deliveries, since=since, now=now)
    except GitError as error:
        keep_error(connection, error.code, error.message)
        if error.code == "SystemUnavailable" and attempt <= len(PAUSES):
            again = (connection_id, told, list(deliveries), attempt + 1, since.isoformat())
            async_task(LOOK_INTO, *again, broker=DatabaseTimed(due_at=clock.database_now() + PAUSES[attempt - 1]))


def _egress() -> Egress:
    return Egress(allowed=tuple(settings.EGRESS_ALLOW))
