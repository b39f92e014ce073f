"""Notification rules: make and delete."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.core.ids import new_key
from apps.events.selectors import last_sequence
from apps.notifications.engine.matching import EVENT_TYPES, EVERY
from apps.notifications.errors import RuleInvalid, RuleNotFound, TargetInvalid, TooManyRules
from apps.notifications.models import EMAIL, WEBHOOK, EventCursor, NotificationRule, Target
from apps.notifications.sending import egress
from apps.tenancy.models import Account
from headrace_sdk.egress import EgressRefused, HostUnknown

MOST_RULES, MOST_TARGETS = 100, 10
NAME = re.compile(r"[A-Za-z0-9_ -]{1,64}", re.ASCII)
PIPELINES = re.compile(r"[A-Za-z0-9.@_*-]{1,100}", re.ASCII)
DETAILS = ("BASIC", "FULL")
SECRET_PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)


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
    Raises: RuleInvalid, TargetInvalid, TooManyRules.
    """
    _check(name, event_types, pipelines, detail, targets)
    check_secret(secret)
    for address in targets:
        check_address(address)
    with transaction.atomic():
        # Rules of an account are made one after another, or two at once could pass the limit.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        rules = NotificationRule.objects.for_account(account)
        if rules.filter(name=name).exists():
            raise RuleInvalid(f"The account has a notification rule '{name}' already. Delete it or take another name.")
        if rules.count() >= MOST_RULES:
            raise TooManyRules(f"The account has {MOST_RULES} notification rules, the most it may. Delete one first.")
        start_cursor(account)
        rule = NotificationRule.objects.create(
            account=account,
            name=name,
            event_types=list(dict.fromkeys(event_types)),
            pipelines=list(dict.fromkeys(pipelines)),
            detail=detail,
            created_at=now,
        )
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


def keep_targets(
    account: Account, addresses: Sequence[str], secret: str, now: datetime
) -> tuple[list[Target], dict[str, str]]:
    """Return a target for each address, and the secrets of the webhooks among them that are new."""
    kept, secrets = [], {}
    for address in dict.fromkeys(addresses):
        target = Target.objects.for_account(account).filter(address=address).first()
        if target is None:
            target = Target(account=account, address=address, kind=_kind(address), created_at=now)
            if target.kind == WEBHOOK:
                secrets[address] = secret or SECRET_PREFIX + base64.b64encode(new_key()).decode()
                target.set_secret(secrets[address])
            target.save(force_insert=True)
        kept.append(target)
    return kept, secrets


def _kind(address: str) -> str:
    return WEBHOOK if "://" in address else EMAIL


def _check(
    name: str, event_types: Sequence[str], pipelines: Sequence[str], detail: str, targets: Sequence[str]
) -> None:
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
    if not 1 <= len(targets) <= MOST_TARGETS:
        raise RuleInvalid(f"The rule '{name}' has {len(targets)} targets. Give it 1 to {MOST_TARGETS}.")


def check_address(address: str) -> None:
    """Refuse what messages may not go to. A host whose name is unknown is let pass: it may come. Raises TargetInvalid.

    It asks a name server, so call it outside of transactions. Each attempt judges the addresses again.
    """
    if len(address) > 2000:
        raise TargetInvalid("The address of a target has more than 2000 characters. Use a shorter one.")
    if _kind(address) == EMAIL:
        _check_email(address)
        return
    try:
        target = egress().target(address)
        egress().addresses(target.host, target.port)
    except HostUnknown:
        return
    except EgressRefused as refused:
        raise TargetInvalid(f"Nothing can be sent to {address[:200]}. {refused}") from None


def _check_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise TargetInvalid(
            f"'{address[:200]}' is neither a URL nor an e-mail address. Use https://… or name@example.com."
        ) from None
    if not settings.EMAIL_HOST:
        raise TargetInvalid(
            f"Nothing can be sent to {address[:200]}: no mail server is set. "
            "Ask an operator to set HEADRACE_EMAIL_HOST."
        )


def check_secret(secret: str) -> None:
    """Raises TargetInvalid."""
    if not secret:
        return
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        raise TargetInvalid(
            "The secret of a webhook is 'whsec_' and 24 to 64 bytes in base64. Leave it out to get one."
        )
