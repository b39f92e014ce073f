"""Rules, targets and deliveries for tests."""

from datetime import datetime
from typing import Any

from apps.notifications.engine.schedule import Answer
from apps.notifications.models import Delivery
from apps.notifications.services import MadeRule, claim_delivery, create_rule, hand_on_events, settle_delivery
from apps.tenancy.models import Account
from tests.factories import NOW

URL = "https://hooks.invalid/pipelines"
TAKEN, REFUSED = Answer(taken=True, status=200), Answer(taken=False, status=500, error="It answered 500.")


def make_rule(account: Account, **members: Any) -> MadeRule:
    named = {"name": "All", "event_types": ["*"], "targets": [URL], "now": NOW} | members
    return create_rule(account, **named)


def hand_on(*, now: datetime = NOW) -> list[Delivery]:
    """Hand on what is new, and return all deliveries in the order of their making."""
    hand_on_events(now=now)
    return list(Delivery.objects.order_by("pk"))


def told(deliveries: list[Delivery]) -> list[tuple[str, str]]:
    """Return the place and the state that each delivery tells of."""
    details = [delivery.body["detail"] for delivery in deliveries]
    return [
        ("/".join(detail[level] for level in ("stage", "action") if level in detail), detail["state"])
        for detail in details
    ]


def attempt(delivery: Delivery, answer: Answer, *, now: datetime = NOW) -> int | None:
    """Claim a delivery and end the attempt with this answer."""
    claimed = claim_delivery(delivery.pk, now=now)
    assert claimed is not None
    return settle_delivery(claimed, answer, now=now)
