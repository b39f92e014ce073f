"""Reads: the rules, topics and targets of an account, and what became of its messages."""

from uuid import UUID

from apps.core.pages import Page, page, page_by, read_token
from apps.notifications.errors import DeliveryNotFound, RuleNotFound, TopicNotFound
from apps.notifications.models import Delivery, NotificationRule, Target, Topic
from apps.tenancy.models import Account


def rules_of(account: Account) -> list[NotificationRule]:
    return list(NotificationRule.objects.for_account(account).prefetch_related("targets").order_by("name"))


def list_rules(account: Account, *, size: int, token: str | None) -> Page[NotificationRule]:
    """Return a page of rules with their targets, by name. Raises InvalidNextToken."""
    scope = {"of": "notification rules", "account": account.pk}
    rows = NotificationRule.objects.for_account(account).select_related("account").prefetch_related("targets")
    return page_by("name", rows, size=size, token=token, scope=scope)


def find_rule(account: Account, rule_id: UUID) -> NotificationRule:
    """Raises RuleNotFound."""
    rule = NotificationRule.objects.for_account(account).select_related("account").filter(pk=rule_id).first()
    if rule is None:
        raise RuleNotFound(f"The account has no notification rule '{rule_id}'.")
    return rule


def list_topics(account: Account, *, size: int, token: str | None) -> Page[Topic]:
    """Return a page of topics with their targets, by name. Raises InvalidNextToken."""
    scope = {"of": "topics", "account": account.pk}
    rows = Topic.objects.for_account(account).select_related("account").prefetch_related("targets")
    return page_by("name", rows, size=size, token=token, scope=scope)


def find_topic(account: Account, name: str) -> Topic:
    """Raises TopicNotFound."""
    topic = Topic.objects.for_account(account).select_related("account").filter(name=name).first()
    if topic is None:
        raise TopicNotFound(f"The account has no topic '{name}'.")
    return topic


def list_targets(account: Account, *, size: int, token: str | None) -> Page[Target]:
    """Return a page of targets by id. Raises InvalidNextToken."""
    scope = {"of": "targets", "account": account.pk}
    rows = Target.objects.for_account(account).defer("sealed_secret")
    return page_by("pk", rows, size=size, token=token, scope=scope)


def list_deliveries(account: Account, *, state: str | None = None, size: int, token: str | None) -> Page[Delivery]:
    """Return a page of deliveries, newest first. Raises InvalidNextToken."""
    scope = {"of": "deliveries", "account": account.pk, "state": state}
    rows = Delivery.objects.for_account(account).defer("body").select_related("target").order_by("-pk")
    if state is not None:
        rows = rows.filter(state=state)
    if key := read_token(token, scope=scope):
        rows = rows.filter(pk__lt=key[0])
    return page(list(rows[: size + 1]), size, scope=scope, key=lambda row: [row.pk])


def find_delivery(account: Account, message_id: UUID) -> Delivery:
    """Raises DeliveryNotFound."""
    rows = Delivery.objects.for_account(account).select_related("target").filter(message_id=message_id)
    delivery = rows.first()
    if delivery is None:
        raise DeliveryNotFound(f"The account has no delivery '{message_id}'. List the dead ones to see their ids.")
    return delivery
