"""Sending what is due: who may, what an answer leads to, who is next.

The deliveries to one target about one pipeline stand in a line. Only the first of a line has a moment for its next
attempt; the next gets one when that one arrived or was given up, under the lock of the target.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django_q.tasks import async_task

from apps import events
from apps.notifications.engine.schedule import MOST_ATTEMPTS, Answer, next_attempt
from apps.notifications.models import DEAD, DELIVERED, PENDING, Delivery, Target

logger = logging.getLogger(__name__)
SEND = "apps.notifications.tasks.send_deliveries"
BATCH = 100
LEASE = timedelta(seconds=25)  # longer than an attempt may take
ENQUEUE_AGAIN = timedelta(seconds=15)
KEEP_DELIVERED, KEEP_DEAD = timedelta(days=7), timedelta(days=30)
CRASHED = "The process that sent it ended during each attempt."


def enqueue_due_deliveries(*, now: datetime) -> int:
    """Ask the queue to send what is due. Two workers at once ask once; what got lost is asked for again."""
    due = Delivery.objects.filter(
        Q(enqueued_at=None) | Q(enqueued_at__lte=now - ENQUEUE_AGAIN), state=PENDING, next_attempt_at__lte=now
    ).order_by("next_attempt_at")
    number = 0
    for delivery_id, seen in list(due.values_list("pk", "enqueued_at")[:BATCH]):
        with transaction.atomic():
            if Delivery.objects.filter(pk=delivery_id, state=PENDING, enqueued_at=seen).update(enqueued_at=now):
                async_task(SEND, delivery_id)
                number += 1
    return number


def claim_delivery(delivery_id: int, *, now: datetime) -> Delivery | None:
    """Count an attempt and return the delivery to be sent; None when it is not due or another sends it."""
    found = Delivery.objects.select_related("account", "target__account")
    delivery = found.filter(pk=delivery_id, state=PENDING, next_attempt_at__lte=now).first()
    if delivery is None:
        return None
    if delivery.attempts >= MOST_ATTEMPTS:
        settle_delivery(delivery, Answer(taken=False, error=CRASHED), now=now)
        return None
    same = Delivery.objects.filter(pk=delivery_id, state=PENDING, next_attempt_at=delivery.next_attempt_at)
    if not same.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1):
        return None
    delivery.attempts += 1
    return delivery


def settle_delivery(sent: Delivery, answer: Answer, *, now: datetime) -> int | None:
    """Keep how an attempt ended. Returns the id of the delivery whose turn it is now, if there is one.

    A refusal counts only while nobody has tried again since; that it arrived counts whenever it is heard.
    """
    with events.transaction():
        Target.objects.select_for_update(of=("self",)).filter(pk=sent.target_id).first()
        delivery = Delivery.objects.select_for_update(of=("self",)).filter(pk=sent.pk, state=PENDING).first()
        if delivery is None or not (answer.taken or delivery.attempts == sent.attempts):
            return None
        again = None if answer.taken else next_attempt(delivery.attempts, answer, now=now)
        delivery.last_error, delivery.enqueued_at, delivery.next_attempt_at = answer.error[:2000], None, again
        if again is None:
            delivery.state, delivery.ended_at = (DELIVERED if answer.taken else DEAD), now
        delivery.save()
        if delivery.state == DEAD:
            _tell(sent, answer, now)
        return _promote(delivery, now) if again is None else None


def _tell(delivery: Delivery, answer: Answer, now: datetime) -> None:
    logger.error(
        "Gave up notification %s to %s after %s attempts: %s",
        delivery.message_id,
        delivery.target.address,
        delivery.attempts,
        answer.error,
    )
    events.record(
        "NotificationDead",
        account=delivery.account,
        at=now,
        pipeline=delivery.pipeline,
        target=delivery.target.address,
        message_id=str(delivery.message_id),
        message=answer.error,
    )


def _promote(ended: Delivery, now: datetime) -> int | None:
    """Give the first of those that wait in the same line its turn."""
    line = Delivery.objects.filter(target=ended.target_id, pipeline=ended.pipeline, state=PENDING)
    first = line.order_by("pk").values_list("pk", flat=True).first()
    if first is not None:
        Delivery.objects.filter(pk=first).update(next_attempt_at=now, enqueued_at=None)
    return first


def forget_old_deliveries(*, now: datetime) -> int:
    """Delete what arrived a week ago and what was given up a month ago."""
    delivered = Delivery.objects.filter(state=DELIVERED, ended_at__lt=now - KEEP_DELIVERED)
    dead = Delivery.objects.filter(state=DEAD, ended_at__lt=now - KEEP_DEAD)
    return delivered.delete()[0] + dead.delete()[0]
