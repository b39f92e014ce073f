"""Access keys: making them, saying anew what they may do, revoking them."""

import re
from collections.abc import Collection
from typing import Any

from django.db import transaction

from apps.core.ids import new_secret_access_key
from apps.tenancy.credentials import forget_credentials
from apps.tenancy.errors import GrantInvalid, TooManyAccessKeys
from apps.tenancy.grants import read_grant
from apps.tenancy.models import AccessKey, Account
from apps.tenancy.roles import Role
from apps.tenancy.selectors import find_access_key

MOST_ACCESS_KEYS = 1000
PRINCIPAL = re.compile(r"[\w+=,.@-]{1,64}")  # what IAM allows in the name of a user, and letters of any language


@transaction.atomic
def create_access_key(
    *,
    account: Account,
    principal: str,
    role: Role | str | None = None,
    policy: Any = None,
    action_types: Collection[str] = (),
) -> tuple[AccessKey, str]:
    """Make an access key and return it with its secret, which cannot be read again.

    Shapes: exactly one of `role`, `policy` (the JSON value of an IAM policy document) and `action_types` (ids of what a
    job worker polls for) is given. Raises GrantInvalid, PolicyInvalid,
    TooManyAccessKeys.
    """
    read_grant(role=role, policy=policy, action_types=action_types)
    if not PRINCIPAL.fullmatch(principal):
        raise GrantInvalid("A key's principal is 1 to 64 letters, digits and any of + = , . @ _ -")
    if AccessKey.objects.for_account(account).filter(is_active=True).count() >= MOST_ACCESS_KEYS:
        raise TooManyAccessKeys(f"An account has {MOST_ACCESS_KEYS} active access keys at most. Revoke one first.")
    key = AccessKey(
        account=account, principal=principal, role=role or "", policy=policy, action_types=sorted(action_types)
    )
    secret = new_secret_access_key()
    key.set_secret(secret)
    key.save()
    return key, secret


def change_access_key(
    *, account: Account, key_id: str, role: str | None = None, policy: Any = None, action_types: Collection[str] = ()
) -> AccessKey:
    """Say anew what a key may do: at once here, and within five seconds in other processes.

    Raises GrantInvalid, PolicyInvalid, AccessKeyNotFound.
    """
    read_grant(role=role, policy=policy, action_types=action_types)
    key = find_access_key(account, key_id)
    key.role, key.policy, key.action_types = role or "", policy, sorted(action_types)
    key.save(update_fields=["role", "policy", "action_types"])
    forget_credentials()
    return key


def revoke_access_key(*, account: Account, key_id: str) -> None:
    """Make a key useless, at once here and within five seconds in other processes."""
    AccessKey.objects.for_account(account).filter(key_id=key_id).update(is_active=False)
    forget_credentials()
