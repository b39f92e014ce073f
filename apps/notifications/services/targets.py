"""Targets: where messages may go, and the secrets that sign what goes to webhooks."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.core.ids import new_key
from apps.notifications.errors import SecretInvalid, TargetInvalid, TargetNotFound
from apps.notifications.models import EMAIL, WEBHOOK, Target
from apps.notifications.sending import egress
from apps.tenancy.models import Account
from headrace_sdk.egress import EgressRefused, HostUnknown

MOST_TARGETS = 10  # of a rule or a topic
SECRET_PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)


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
                secrets[address] = secret or _drawn_secret()
                target.set_secret(secrets[address])
            target.save(force_insert=True)
        kept.append(target)
    return kept, secrets


def _kind(address: str) -> str:
    return WEBHOOK if "://" in address else EMAIL


def renew_secret(account: Account, target_id: UUID) -> tuple[Target, str]:
    """Sign what goes to a webhook with a new secret from its next attempt on, and return it: it is shown this once.

    Raises: TargetNotFound, TargetInvalid.
    """
    target = Target.objects.for_account(account).filter(pk=target_id).first()
    if target is None:
        raise TargetNotFound(f"The account has no notification target '{target_id}'.")
    if target.kind != WEBHOOK:
        raise TargetInvalid(f"Messages to {target.address} are not signed: it is no webhook.")
    secret = _drawn_secret()
    target.set_secret(secret)
    target.save(update_fields=["sealed_secret"])
    return target, secret


def _drawn_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(new_key()).decode()


def check_targets(whose: str, addresses: Sequence[str], secret: str) -> None:
    """Refuse targets that are too few or too many, or that nothing can be sent to or signed for.

    It asks a name server, so call it outside of transactions. A host whose name is unknown is let pass: it may come.
    Each attempt judges the addresses again. Shapes: `whose` begins the refusal, "The rule 'Failed releases'".
    Raises: TargetInvalid, SecretInvalid.
    """
    if not 1 <= len(addresses) <= MOST_TARGETS:
        raise TargetInvalid(f"{whose} has {len(addresses)} targets. Give it 1 to {MOST_TARGETS}.")
    _check_secret(secret)
    for address in addresses:
        _check_address(address)


def _check_address(address: str) -> None:
    """Raises TargetInvalid."""
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


def _check_secret(secret: str) -> None:
    """Raises SecretInvalid."""
    if not secret:
        return
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        raise SecretInvalid(
            "The secret of a webhook is 'whsec_' and 24 to 64 bytes in base64. Leave it out to get one."
        )
