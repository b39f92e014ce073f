"""Sending again what was given up."""

from datetime import datetime

from django.db import transaction

from apps.notifications.errors import DeliveryNotDead, DeliveryNotFound
from apps.notifications.models import DEAD, PENDING, Delivery, Target
from apps.tenancy.models import Account


def resend_delivery(account: Account, delivery_id: int, *, now: datetime) -> Delivery:
    """Put a dead delivery in line again, before those that came after it and wait. Its attempts count anew.

    Raises: DeliveryNotFound, DeliveryNotDead.
    """
    with transaction.atomic():
        found = Delivery.objects.for_account(account).filter(pk=delivery_id)
        target_id = found.values_list("target_id", flat=True).first()
        if target_id is None:
            raise DeliveryNotFound(f"The account has no delivery '{delivery_id}'. List the dead ones to see their ids.")
        Target.objects.select_for_update(of=("self",)).get(pk=target_id)
        delivery = found.get()
        if delivery.state != DEAD:
            raise DeliveryNotDead(f"Delivery '{delivery_id}' is {delivery.state}. Only a dead one can be sent again.")
        line = Delivery.objects.filter(target=target_id, pipeline=delivery.pipeline, state=PENDING)
        delivery.state, delivery.attempts, delivery.ended_at, delivery.enqueued_at = PENDING, 0, None, None
        delivery.next_attempt_at = None if line.exists() else now
        delivery.save()
    return delivery
