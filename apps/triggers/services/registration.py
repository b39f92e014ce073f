"""Registering a webhook with GitHub, so that nobody has to do it there by hand. Source: reference section 6.3.

The call to GitHub is made from the queue: what comes of it stands in the webhook's error code and message.
"""

from typing import Any

from django_q.tasks import async_task

from apps.pipelines.selectors import current_version, find_pipeline
from apps.tenancy.models import Account
from apps.triggers.errors import WebhookInvalid
from apps.triggers.models import Webhook
from apps.triggers.selectors import find_webhook
from apps.triggers.services.webhooks import target_action

REGISTER = "apps.triggers.tasks.register_webhook"
DEREGISTER = "apps.triggers.tasks.deregister_webhook"


def register_with_third_party(account: Account, name: str) -> None:
    """Have GitHub told of a webhook's address. Raises: WebhookInvalid, WebhookNotFound, PipelineNotFound."""
    webhook = _named(account, name)
    github_action(webhook)
    async_task(REGISTER, webhook.pk)


def deregister_with_third_party(account: Account, name: str) -> None:
    """Have GitHub forget a webhook's address. Raises: WebhookInvalid, WebhookNotFound, PipelineNotFound."""
    webhook = _named(account, name)
    github_action(webhook)
    async_task(DEREGISTER, webhook.pk)


def _named(account: Account, name: str) -> Webhook:
    if not name:
        raise WebhookInvalid("Name the webhook that is meant in webhookName.")
    return find_webhook(account, name)


def github_action(webhook: Webhook) -> dict[str, Any]:
    """Return the configuration, in clear, of the GitHub source that a webhook targets.

    Raises: WebhookInvalid when its target is no GitHub source, PipelineNotFound.
    """
    version = current_version(find_pipeline(webhook.account, webhook.target_pipeline))
    definition = {
        "name": webhook.name,
        "targetPipeline": webhook.target_pipeline,
        "targetAction": webhook.target_action,
    }
    action = target_action(version, definition)
    if (action["actionTypeId"]["owner"], action["actionTypeId"]["provider"]) != ("ThirdParty", "GitHub"):
        raise WebhookInvalid(
            f"The webhook '{webhook.name}' targets the action '{webhook.target_action}', which is no GitHub source. "
            "Only webhooks of GitHub sources can be registered; enter the webhook's URL at its sender yourself."
        )
    clear = version.declaration_in_clear()["stages"][0]["actions"]
    configuration: dict[str, Any] = next(each for each in clear if each["name"] == action["name"])["configuration"]
    return configuration


def registered(webhook: Webhook, third_party_id: str) -> None:
    """Keep what GitHub calls the hook now; empty when it was forgotten there."""
    webhook.third_party_id, webhook.error_code, webhook.error_message = third_party_id, "", ""
    webhook.save(update_fields=["third_party_id", "error_code", "error_message"])


def registration_failed(webhook: Webhook, message: str) -> None:
    webhook.error_code, webhook.error_message = "RegistrationFailed", message
    webhook.save(update_fields=["error_code", "error_message"])
