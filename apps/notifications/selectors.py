"""Reads: the rules of an account, and what became of its messages."""

from apps.core.pages import Page, page, read_token
from apps.notifications.models import Delivery, NotificationRule
from apps.tenancy.models import Account


def rules_of(account: Account) -> list[NotificationRule]:
    return list(NotificationRule.objects.for_account(account).prefetch_related("targets").order_by("name"))


def list_deliveries(account: Account, *, state: str | None = None, size: int, token: str | None) -> Page[Delivery]:
    """Return a page of deliveries, newest first. Raises InvalidNextToken."""
    scope = {"of": "deliveries", "account": account.pk, "state": state}
    rows = Delivery.objects.for_account(account).select_related("target").order_by("-pk")
    if state is not None:
        rows = rows.filter(state=state)
    if key := read_token(token, scope=scope):
        rows = rows.filter(pk__lt=key[0])
    return page(list(rows[: size + 1]), size, scope=scope, key=lambda row: [row.pk])
