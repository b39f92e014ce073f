"""Notification rules: make, change and delete."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.events.selectors import last_sequence
from apps.notifications.engine.matching import EVENT_TYPES, EVERY
from apps.notifications.errors import RuleInvalid, RuleNotFound, TooManyRules
from apps.notifications.models import EventCursor, NotificationRule
from apps.notifications.selectors import find_rule
from apps.notifications.services.targets import check_targets, keep_targets
from apps.tenancy.models import Account

MOST_RULES = 100
NAME = re.compile(r"[A-Za-z0-9_ -]{1,64}", re.ASCII)
PIPELINES = re.compile(r"[A-Za-z0-9.@_*-]{1,100}", re.ASCII)
DETAILS = ("BASIC", "FULL")


@dataclass(frozen=True)
class MadeRule:
    """A rule and the secrets of those of its webhooks that are new, by URL. They are shown once."""

    rule: NotificationRule
    secrets: Mapping[str, str]


def create_rule(
    account: Account,
    *,
    name: str,
    event_types: Sequence[str],
    targets: Sequence[str],
    now: datetime,
    pipelines: Sequence[str] = (),
    detail: str = "FULL",
    secret: str = "",
) -> MadeRule:
    """Have events that happen from now on told to targets.

    Shapes: `targets` are URLs and e-mail addresses; `event_types` and `pipelines` as NotificationRule has them;
    `secret` is what messages to new webhooks are signed with, "whsec_" and base64, drawn when it is empty.
    Raises: RuleInvalid, TargetInvalid, SecretInvalid, TooManyRules.
    """
    _check(name, event_types, pipelines, detail)
    check_targets(f"The rule '{name}'", targets, secret)
    with transaction.atomic():
        # Rules of an account are made one after another, or two at once could pass the limit.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        rules = NotificationRule.objects.for_account(account)
        _check_name_is_free(rules.filter(name=name))
        if rules.count() >= MOST_RULES:
            raise TooManyRules(f"The account has {MOST_RULES} notification rules, the most it may. Delete one first.")
        start_cursor(account)
        rule = NotificationRule.objects.create(
            account=account,
            name=name,
            event_types=list(dict.fromkeys(event_types)),
            pipelines=list(dict.fromkeys(pipelines)),
            detail=detail,
            after=last_sequence(account),
            created_at=now,
        )
        made, secrets = keep_targets(account, targets, secret, now)
        rule.targets.set(made)
    return MadeRule(rule, secrets)


def change_rule(
    account: Account,
    rule_id: UUID,
    *,
    name: str,
    event_types: Sequence[str],
    targets: Sequence[str],
    now: datetime,
    pipelines: Sequence[str] = (),
    detail: str = "FULL",
    secret: str = "",
) -> MadeRule:
    """Say anew what a rule tells whom, from now on. What is on its way arrives.

    Shapes: as for `create_rule`. Raises: RuleNotFound, RuleInvalid, TargetInvalid, SecretInvalid.
    """
    find_rule(account, rule_id)
    _check(name, event_types, pipelines, detail)
    check_targets(f"The rule '{name}'", targets, secret)
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        rule = find_rule(account, rule_id)
        _check_name_is_free(NotificationRule.objects.for_account(account).filter(name=name).exclude(pk=rule.pk))
        rule.name, rule.detail, rule.after = name, detail, last_sequence(account)
        rule.event_types, rule.pipelines = list(dict.fromkeys(event_types)), list(dict.fromkeys(pipelines))
        rule.save()
        made, secrets = keep_targets(account, targets, secret, now)
        rule.targets.set(made)
    return MadeRule(rule, secrets)


def delete_rule(account: Account, name: str) -> None:
    """What is on its way arrives. Targets stay, for they may be used again. Raises RuleNotFound."""
    deleted, _ = NotificationRule.objects.for_account(account).filter(name=name).delete()
    if not deleted:
        raise RuleNotFound(f"The account has no notification rule '{name}'.")


def start_cursor(account: Account) -> None:
    """Hand the account's events on from now."""
    EventCursor.objects.get_or_create(account=account, defaults={"sequence": last_sequence(account)})


def _check_name_is_free(others: QuerySet[NotificationRule]) -> None:
    """Raises RuleInvalid."""
    if other := others.first():
        raise RuleInvalid(
            f"The account has a notification rule '{other.name}' already. Delete it or take another name."
        )


def _check(name: str, event_types: Sequence[str], pipelines: Sequence[str], detail: str) -> None:
    """Raises RuleInvalid."""
    if not NAME.fullmatch(name):
        raise RuleInvalid(f"'{name[:80]}' is no name of a rule. Use up to 64 letters, digits, spaces, '-' and '_'.")
    if not event_types:
        raise RuleInvalid(f"The rule '{name}' names no event type. Name some, or '*' for every event.")
    for each in event_types:
        if each != EVERY and each not in EVENT_TYPES:
            raise RuleInvalid(f"'{each[:80]}' is no event type. Use '*' or some of: {', '.join(EVENT_TYPES)}.")
    for each in pipelines:
        if not PIPELINES.fullmatch(each):
            raise RuleInvalid(f"'{each[:80]}' names no pipeline. Use a pipeline's name, with '*' for any characters.")
    if detail not in DETAILS:
        raise RuleInvalid(f"The detail '{detail[:80]}' is unknown. Use BASIC or FULL.")
