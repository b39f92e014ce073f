"""PutWebhook, ListWebhooks, DeleteWebhook, and registering a webhook with its third party."""

from typing import Any

from apps.awsapi.caller import Caller
from apps.awsapi.registry import operation
from apps.core import clock
from apps.core.tags import as_pairs
from apps.pipelines.secrets import MASK
from apps.triggers import selectors, services
from apps.triggers.models import Webhook

PAGE_SIZE = 100


@operation("PutWebhook")
def put_webhook(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    tags = request.get("tags", ())
    webhook = services.put_webhook(caller.account, request["webhook"], tags=tags, now=clock.database_now())
    return {"webhook": _item(webhook)}


@operation("ListWebhooks")
def list_webhooks(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    found = selectors.list_webhooks(
        caller.account, size=request.get("MaxResults", PAGE_SIZE), token=request.get("NextToken")
    )
    for webhook in found.rows:
        webhook.account = caller.account
    return {"webhooks": [_item(webhook) for webhook in found.rows], "NextToken": found.next_token}


@operation("DeleteWebhook")
def delete_webhook(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    services.delete_webhook(caller.account, request["name"])
    return {}


@operation("RegisterWebhookWithThirdParty")
def register_webhook_with_third_party(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    services.register_with_third_party(caller.account, request.get("webhookName", ""))
    return {}


@operation("DeregisterWebhookWithThirdParty")
def deregister_webhook_with_third_party(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    services.deregister_with_third_party(caller.account, request.get("webhookName", ""))
    return {}


def _item(webhook: Webhook) -> dict[str, Any]:
    return {
        "definition": {
            "name": webhook.name,
            "targetPipeline": webhook.target_pipeline,
            "targetAction": webhook.target_action,
            "filters": webhook.filters,
            "authentication": webhook.authentication,
            "authenticationConfiguration": _authentication(webhook),
        },
        "url": selectors.webhook_url(webhook),
        "arn": webhook.arn,
        "tags": as_pairs(webhook.tags),
        "lastTriggered": webhook.last_triggered_at,
        "errorCode": webhook.error_code or None,
        "errorMessage": webhook.error_message or None,
    }


def _authentication(webhook: Webhook) -> dict[str, str]:
    match webhook.authentication:
        case "GITHUB_HMAC":
            return {"SecretToken": MASK}
        case "IP":
            return {"AllowedIPRange": webhook.allowed_ip_range}
    return {}
