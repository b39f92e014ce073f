"""Topics, which approvals name to have somebody told. Source: reference section 8."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.executions.models import ActionExecution
from apps.executions.shell.resolving import CannotStart
from apps.notifications.errors import TooManyTopics, TopicInvalid, TopicNotFound
from apps.notifications.models import Topic
from apps.notifications.selectors import find_topic
from apps.notifications.services.rules import start_cursor
from apps.notifications.services.targets import check_targets, keep_targets
from apps.tenancy.models import Account

MOST_TOPICS = 100
NAME = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):(.+)", re.ASCII)


@dataclass(frozen=True)
class MadeTopic:
    """A topic and the secrets of those of its webhooks that are new, by URL. They are shown once."""

    topic: Topic
    secrets: Mapping[str, str]


def create_topic(account: Account, *, name: str, targets: Sequence[str], now: datetime, secret: str = "") -> MadeTopic:
    """Let approvals of the account name a topic. Shapes: `targets` and `secret` as for `create_rule`.

    Raises: TopicInvalid, TargetInvalid, SecretInvalid, TooManyTopics.
    """
    if not NAME.fullmatch(name):
        raise TopicInvalid(f"'{name[:80]}' is no name of a topic. Use up to 256 letters, digits, '-' and '_'.")
    check_targets(f"The topic '{name}'", targets, secret)
    with transaction.atomic():
        # Topics of an account are made one after another, or two at once could pass the limit.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        topics = Topic.objects.for_account(account)
        if topics.filter(name=name).exists():
            raise TopicInvalid(f"The account has a topic '{name}' already. Delete it or take another name.")
        if topics.count() >= MOST_TOPICS:
            raise TooManyTopics(f"The account has {MOST_TOPICS} topics, the most it may. Delete one first.")
        start_cursor(account)
        topic = Topic.objects.create(account=account, name=name, created_at=now)
        made, secrets = keep_targets(account, targets, secret, now)
        topic.targets.set(made)
    return MadeTopic(topic, secrets)


def change_topic(account: Account, name: str, *, targets: Sequence[str], now: datetime, secret: str = "") -> MadeTopic:
    """Have other targets told from now on. Raises: TopicNotFound, TargetInvalid, SecretInvalid."""
    find_topic(account, name)
    check_targets(f"The topic '{name}'", targets, secret)
    with transaction.atomic():
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        topic = find_topic(account, name)
        made, secrets = keep_targets(account, targets, secret, now)
        topic.targets.set(made)
    return MadeTopic(topic, secrets)


def delete_topic(account: Account, name: str) -> None:
    """Approvals that name it fail when they start. Raises TopicNotFound."""
    deleted, _ = Topic.objects.for_account(account).filter(name=name).delete()
    if not deleted:
        raise TopicNotFound(f"The account has no topic '{name}'.")


def check_topic(approval: ActionExecution) -> None:
    """Refuse to start an approval whose topic cannot be told. Raises CannotStart."""
    arn = approval.resolved_configuration.get("NotificationArn", "")
    if not arn:
        return
    found = ARN.fullmatch(arn)
    region, number, name = found.groups() if found else ("", "", "")
    if found and number != approval.account.number:
        raise CannotStart(
            f"The approval '{approval.action}' may not use the topic {arn}: it belongs to another account.",
            "PermissionError",
        )
    if name.endswith(".fifo"):
        raise CannotStart(f"The approval '{approval.action}' names the FIFO topic {arn}. Name a standard topic.")
    there = region == settings.REGION and Topic.objects.for_account(approval.account).filter(name=name).exists()
    if not there:
        raise CannotStart(
            f"The approval '{approval.action}' names the topic {arn}, which does not exist. "
            "Make it with create_notification_topic, or name another."
        )
