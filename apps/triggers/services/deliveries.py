"""Deliveries that hooks have taken: each starts at most one execution. Source: T-41 and INV-27."""

import hashlib
from datetime import datetime, timedelta

from apps.tenancy.models import Account
from apps.triggers.models import HookDelivery

KEPT = timedelta(days=1)
LONGEST_ID = 100


def is_first(account: Account, hook: str, delivery_id: str, *, now: datetime) -> bool:
    """Note a delivery, and say whether the hook has not taken it before. One without an id is always the first.

    Must stand in the transaction that does what follows: whatever is rolled back may be delivered again.
    """
    if not delivery_id:
        return True
    if len(delivery_id) > LONGEST_ID:
        delivery_id = hashlib.sha256(delivery_id.encode()).hexdigest()
    delivery, is_new = HookDelivery.objects.get_or_create(
        hook=hook, delivery_id=delivery_id, defaults={"account": account, "received_at": now}
    )
    if not is_new and delivery.received_at <= now - KEPT:
        return bool(
            HookDelivery.objects.filter(pk=delivery.pk, received_at=delivery.received_at).update(received_at=now)
        )
    return is_new


def forget_old_deliveries(*, now: datetime) -> int:
    """Forget what was delivered more than a day ago. Returns how many."""
    deleted, _ = HookDelivery.objects.filter(received_at__lt=now - KEPT).delete()
    return deleted
