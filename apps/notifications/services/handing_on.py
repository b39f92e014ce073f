"""Handing events on: the log is the outbox, and a cursor says how far it was read.

In one transaction the cursor is locked, the next events become deliveries, and the cursor moves. So an event is handed
on exactly once, whoever crashes when, and whatever changes a pipeline pays nothing for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from apps.core.arns import pipeline_arn
from apps.events.models import Event
from apps.events.selectors import events_after
from apps.notifications.engine.matching import is_wanted
from apps.notifications.engine.messages import approval_message, rule_message
from apps.notifications.engine.wire_events import is_told, wire_event
from apps.notifications.facts import Books
from apps.notifications.models import PENDING, Delivery, EventCursor, NotificationRule, Target, Topic
from apps.tenancy.models import Account

BATCH = 200
ACCOUNTS = 50
BATCHES_A_TURN = 5


def hand_on_events(*, now: datetime) -> int:
    """Hand on what is new in the logs of accounts that have a cursor. Returns how many events were read."""
    behind = EventCursor.objects.filter(sequence__lt=F("account__event_chain__sequence"))
    read = 0
    for account_id in list(behind.values_list("account_id", flat=True)[:ACCOUNTS]):
        for _ in range(BATCHES_A_TURN):
            number = _hand_on(account_id, now)
            read += number
            if number < BATCH:
                break
    return read


def _hand_on(account_id: int, now: datetime) -> int:
    with transaction.atomic():
        cursors = EventCursor.objects.select_for_update(of=("self",), skip_locked=True).select_related("account")
        cursor = cursors.filter(account_id=account_id).first()
        if cursor is None:
            return 0  # another worker is at it
        happened = events_after(account_id, cursor.sequence, limit=BATCH)
        if not happened:
            return 0
        add_deliveries(list(_deliveries(cursor.account, happened)), now)
        cursor.sequence = happened[-1].sequence
        cursor.save(update_fields=["sequence"])
    return len(happened)


def _deliveries(account: Account, happened: Sequence[Event]) -> Iterator[Delivery]:
    rules = list(NotificationRule.objects.for_account(account).prefetch_related("targets"))
    told = [event for event in happened if is_told(event.kind)]
    topics = {topic.name: topic for topic in Topic.objects.for_account(account).prefetch_related("targets")}
    if not told or not (rules or topics):
        return
    books = Books(account, told)
    for event in told:
        yield from _by_rules(account, rules, books, event)
        yield from _by_topic(account, topics, books, event)


def _by_rules(account: Account, rules: Sequence[NotificationRule], books: Books, event: Event) -> Iterator[Delivery]:
    wire = _wire(account, books, event)
    later = [rule for rule in rules if event.sequence > rule.after]
    wanted = [rule for rule in later if wire and is_wanted(wire, rule.event_types, rule.pipelines)]
    if wire is None or not wanted:
        return
    around = books.around(event)
    for rule in wanted:
        rule.account = account
        body = rule_message(wire, rule_arn=rule.arn, detail=rule.detail, around=around)
        for target in rule.targets.all():
            yield _delivery(account, event, target, rule.arn, body)


def _by_topic(account: Account, topics: Mapping[str, Topic], books: Books, event: Event) -> Iterator[Delivery]:
    approval = books.approval(event)
    topic = topics.get(approval.topic) if approval else None
    if approval is None or topic is None:
        return
    topic.account = account
    page = settings.PUBLIC_URL + reverse("portal:pipeline", kwargs={"account": account.number, "name": event.pipeline})
    body = approval_message(approval, region=settings.REGION, console_link=page, review_link=page)
    for target in topic.targets.all():
        yield _delivery(account, event, target, topic.arn, body)


def _delivery(account: Account, event: Event, target: Target, origin: str, body: dict[str, Any]) -> Delivery:
    place = {"account": account, "pipeline": event.pipeline, "sequence": event.sequence}
    return Delivery(**place, target=target, origin=origin, body=body)


def _wire(account: Account, books: Books, event: Event) -> dict[str, Any] | None:
    facts = books.facts(event)
    if facts is None:
        return None
    arn = pipeline_arn(account.number, event.pipeline)
    return wire_event(books.entry(event), facts, region=settings.REGION, pipeline_arn=arn)


def add_deliveries(deliveries: Sequence[Delivery], now: datetime) -> None:
    """Append deliveries to what is on its way to their targets."""
    wanted = {delivery.target_id for delivery in deliveries}
    if not wanted:
        return
    # The order of their keys: whoever locks several targets does so in this one.
    kept = {row.pk for row in Target.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")}
    heads = Delivery.objects.filter(target__in=kept, state=PENDING, next_attempt_at__isnull=False)
    lanes = set(heads.values_list("target_id", "pipeline"))
    for delivery in deliveries:
        lane = (delivery.target_id, delivery.pipeline)
        delivery.created_at = now
        delivery.next_attempt_at = None if lane in lanes else now
        lanes.add(lane)
    Delivery.objects.bulk_create(delivery for delivery in deliveries if delivery.target_id in kept)
