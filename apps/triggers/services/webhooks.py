"""Webhooks of the wire API: put and delete. Source: reference section 6.3."""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.ids import new_token
from apps.core.tags import Change, with_tags
from apps.pipelines.models import PipelineVersion
from apps.pipelines.secrets import MASK
from apps.pipelines.selectors import current_version, find_pipeline
from apps.tenancy.models import Account
from apps.triggers.engine.jsonpath import PathInvalid
from apps.triggers.engine.webhook_filters import KeyMissing, check_filters
from apps.triggers.errors import (
    InvalidWebhookAuthentication,
    InvalidWebhookFilter,
    TooManyWebhooks,
    WebhookInvalid,
    WebhookNotFound,
)
from apps.triggers.models import Webhook

MOST_WEBHOOKS = 300
NEEDED = {"GITHUB_HMAC": "SecretToken", "IP": "AllowedIPRange"}


def put_webhook(
    account: Account, definition: Mapping[str, Any], *, tags: Sequence[Mapping[str, str]], now: datetime
) -> Webhook:
    """Make a webhook, or replace the definition of the one with this name, which keeps its address.

    Tags are added to those that are there. A masked secret means the one that is kept.
    Shapes: `definition` is WebhookDefinition of the wire API, `tags` its TagList.
    Raises: PipelineNotFound, WebhookInvalid, InvalidWebhookAuthentication, InvalidWebhookFilter, TooManyWebhooks,
    InvalidTags, TooManyTags.
    """
    action = target_action(current_version(find_pipeline(account, definition["targetPipeline"])), definition)
    _check_authentication(definition)
    try:
        check_filters(definition["filters"], action.get("configuration", {}))
    except (PathInvalid, KeyMissing) as wrong:
        raise InvalidWebhookFilter(
            f"Webhook '{definition['name']}' has a filter that cannot be used. {wrong}"
        ) from None
    with transaction.atomic():
        # Webhooks of an account are put one after another, or two at once could pass the limit.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        webhook = Webhook.objects.for_account(account).filter(name=definition["name"]).first()
        webhook = webhook or _new(account, definition["name"], now)
        webhook.account = account
        _take(webhook, definition)
        webhook.tags = with_tags(webhook.tags, tags, arn=webhook.arn)
        webhook.save()
    return webhook


def target_action(version: PipelineVersion, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the declaration of a webhook's target. Raises WebhookInvalid."""
    stage = version.declaration["stages"][0]
    for action in stage["actions"]:
        if action["name"] == definition["targetAction"]:
            return action
    raise WebhookInvalid(
        f"The webhook '{definition['name']}' targets the action '{definition['targetAction']}', which is not in the "
        f"first stage of pipeline '{definition['targetPipeline']}'. Its source actions: "
        f"{', '.join(each['name'] for each in stage['actions'])}."
    )


def _check_authentication(definition: Mapping[str, Any]) -> None:
    """Raises InvalidWebhookAuthentication."""
    given = definition["authenticationConfiguration"]
    needed = NEEDED.get(definition["authentication"])
    if needed is None:
        if given:
            raise InvalidWebhookAuthentication(
                "A webhook with the authentication UNAUTHENTICATED takes an empty authenticationConfiguration. "
                f"Take out {', '.join(given)}."
            )
        return
    if set(given) != {needed}:
        raise InvalidWebhookAuthentication(
            f"Optional['authenticationConfig' should contain only one property: '{needed}']"
        )
    if needed == "AllowedIPRange":
        _check_range(given[needed])


def _check_range(text: str) -> None:
    """Raises InvalidWebhookAuthentication."""
    try:
        ipaddress.ip_network(text)
    except ValueError as wrong:
        raise InvalidWebhookAuthentication(
            f"AllowedIPRange is no range of addresses: {wrong}. Write it as 192.0.2.0/24."
        ) from None


def _new(account: Account, name: str, now: datetime) -> Webhook:
    if Webhook.objects.for_account(account).count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(f"The account has {MOST_WEBHOOKS} webhooks, the most it may. Delete one first.")
    return Webhook(account=account, name=name, token=new_token(), created_at=now)


def _take(webhook: Webhook, definition: Mapping[str, Any]) -> None:
    given = definition["authenticationConfiguration"]
    webhook.target_pipeline, webhook.target_action = definition["targetPipeline"], definition["targetAction"]
    webhook.filters, webhook.authentication = list(definition["filters"]), definition["authentication"]
    webhook.allowed_ip_range = given.get("AllowedIPRange", "")
    webhook.error_code, webhook.error_message = "", ""
    secret = given.get("SecretToken", "")
    if secret != MASK or not webhook.sealed_secret:
        webhook.set_secret(secret)


def delete_webhook(account: Account, name: str) -> None:
    """Delete a webhook. One that does not exist is deleted already."""
    Webhook.objects.for_account(account).filter(name=name).delete()


@transaction.atomic
def change_webhook_tags(account: Account, name: str, change: Change) -> None:
    """Give a webhook the tags that `change` makes of those it has. Raises WebhookNotFound, and what `change` does."""
    webhook = Webhook.objects.for_account(account).select_for_update(of=("self",)).filter(name=name).first()
    if webhook is None:
        raise WebhookNotFound(f"Account '{account.number}' does not have a webhook with name '{name}'")
    webhook.tags = change(webhook.tags)
    webhook.save(update_fields=["tags"])
