"""Sends one message to one target. Signatures: Standard Webhooks."""

import json
import logging
import smtplib
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from standardwebhooks import Webhook

from apps.core.crypto import SecretDamaged
from apps.notifications.engine.messages import subject_of
from apps.notifications.engine.schedule import Answer
from apps.notifications.models import EMAIL, Delivery
from headrace_sdk import PeerUnavailable
from headrace_sdk.egress import Egress
from headrace_sdk.http import GuardedHttp

logger = logging.getLogger(__name__)


def egress() -> Egress:
    return Egress(allowed=tuple(settings.EGRESS_ALLOW))


def send(delivery: Delivery, *, now: datetime) -> Answer:
    """Try once. Whatever goes wrong outside is an answer, not an exception."""
    return _mail(delivery) if delivery.target.kind == EMAIL else _post(delivery, now)


def _post(delivery: Delivery, now: datetime) -> Answer:
    content = json.dumps(delivery.body, separators=(",", ":"))
    message_id = str(delivery.message_id)
    try:
        signature = Webhook(delivery.target.secret_in_clear()).sign(message_id, now, content)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        status = GuardedHttp(egress()).post(delivery.target.address, content=content, headers=headers).status_code
    except (PeerUnavailable, SecretDamaged) as trouble:
        return Answer(taken=False, error=str(trouble))
    if 200 <= status < 300:
        return Answer(taken=True, status=status)
    return Answer(taken=False, status=status, error=f"The receiver answered with status {status}.")


def _mail(delivery: Delivery) -> Answer:
    if not settings.EMAIL_HOST:
        return Answer(taken=False, error="No mail server is set: HEADRACE_EMAIL_HOST is empty.")
    message = EmailMessage(
        subject_of(delivery.body),
        _text(delivery),
        to=[delivery.target.address],
        headers={"Message-ID": f"<{delivery.message_id}@headrace>"},
    )
    try:
        message.send()
    except (smtplib.SMTPException, OSError) as trouble:
        return Answer(taken=False, error=f"The mail server did not take it: {trouble}")
    return Answer(taken=True)


def _text(delivery: Delivery) -> str:
    body = delivery.body
    if "approval" in body:
        return render_to_string("emails/approval.txt", {"message": body, "origin": delivery.origin})
    if "reminder" in body:
        return render_to_string("emails/reminder.txt", {"message": body})
    detail = {name.replace("-", "_"): value for name, value in body["detail"].items()}  # names a template can say
    summary = body["detail"].get("execution-result", {}).get("external-execution-summary", "")
    facts = {"message": body, "detail": detail, "summary": summary, "origin": delivery.origin}
    return render_to_string("emails/event.txt", facts)
