"""What a call of a webhook leads to. Source: reference section 6.3."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from apps import events
from apps.core.errors import HeadraceError
from apps.executions.services.start import start_in_transaction
from apps.pipelines.selectors import current_version, find_pipeline, locked_pipeline
from apps.triggers.callers import is_within
from apps.triggers.engine.jsonpath import TooManySteps
from apps.triggers.engine.signatures import is_signed
from apps.triggers.engine.webhook_filters import KeyMissing, passes
from apps.triggers.errors import HookNotFound, HookRefused, HookUnreadable
from apps.triggers.models import Webhook
from apps.triggers.services.deliveries import is_first
from apps.triggers.services.webhooks import target_action

FORM_FIELD = "payload="
SIGNATURES = ("x-hub-signature-256", "x-hub-signature")


@dataclass(frozen=True)
class Call:
    """One POST to a hook. Shapes: names of `headers` in lower case; `address` is the caller's."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    @property
    def delivery_id(self) -> str:
        return self.headers.get("x-github-delivery", "")


def find_called(token: str) -> Webhook:
    """Return the webhook that has this address. Raises HookNotFound."""
    webhook = Webhook.objects.select_related("account").filter(token=token).first()
    if webhook is None:
        raise HookNotFound("No webhook has this address. It may have been deleted; look the address up again.")
    return webhook


def webhook_called(webhook: Webhook, call: Call, *, now: datetime) -> bool:
    """Start the webhook's pipeline if the call shows who it is and passes every filter. Returns whether it did.

    Raises: HookRefused, HookUnreadable. What else goes wrong is the account's to repair: it is kept with the webhook.
    """
    if not is_admitted(webhook, call):
        _keep_error(webhook, "AuthenticationFailed", f"A call that is not admitted came from {call.address}.")
        raise HookRefused("The call does not show that it may start this pipeline. Check the secret or the address.")
    document = document_of(call)
    if call.headers.get("x-github-event") == "ping":
        return False
    try:
        return _start_if_passed(webhook, call, document, now)
    except TooManySteps as costly:
        _keep_error(webhook, "FilterTooCostly", str(costly))
    except KeyMissing as missing:
        _keep_error(webhook, "InvalidFilter", str(missing))
    except HeadraceError as error:
        _keep_error(webhook, type(error).__name__, error.message)
    return False


def is_admitted(webhook: Webhook, call: Call) -> bool:
    match webhook.authentication:
        case "GITHUB_HMAC":
            given = [call.headers[name] for name in SIGNATURES if name in call.headers]
            secret = webhook.secret_in_clear()
            return bool(given) and all(is_signed(call.body, secret, signature) for signature in given)
        case "IP":
            return is_within(call.address, [webhook.allowed_ip_range])
    return webhook.authentication == "UNAUTHENTICATED"


def document_of(call: Call) -> Any:
    """Return the JSON that was posted, as it is or in GitHub's form field. Raises HookUnreadable."""
    try:
        text = call.body.decode()
        if text.startswith(FORM_FIELD):
            text = parse_qs(text, max_num_fields=10)["payload"][0]
        return json.loads(text)
    except (KeyError, ValueError, RecursionError):
        raise HookUnreadable("The body is no JSON. Send the event as application/json.") from None


def _start_if_passed(webhook: Webhook, call: Call, document: Any, now: datetime) -> bool:
    """Filters are tried before anything is locked, and again only in so far as the pipeline is looked up anew."""
    version = current_version(find_pipeline(webhook.account, webhook.target_pipeline))
    action = target_action(version, {"name": webhook.name, **_target(webhook)})
    if not passes(webhook.filters, document, action.get("configuration", {})):
        return False
    with events.transaction():
        pipeline = locked_pipeline(webhook.account, webhook.target_pipeline)
        if not is_first(webhook.account, f"webhook/{webhook.pk}", call.delivery_id, now=now):
            return False
        start_in_transaction(pipeline, trigger_type="Webhook", trigger_detail=webhook.arn, now=now)
        webhook.last_triggered_at, webhook.error_code, webhook.error_message = now, "", ""
        webhook.save(update_fields=["last_triggered_at", "error_code", "error_message"])
    return True


def _target(webhook: Webhook) -> dict[str, str]:
    return {"targetPipeline": webhook.target_pipeline, "targetAction": webhook.target_action}


def _keep_error(webhook: Webhook, code: str, message: str) -> None:
    if (webhook.error_code, webhook.error_message) != (code, message):
        webhook.error_code, webhook.error_message = code, message
        webhook.save(update_fields=["error_code", "error_message"])
