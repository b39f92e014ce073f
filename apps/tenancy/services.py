"""Accounts, people and keys: the verbs that write."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from apps.core.ids import new_secret_access_key
from apps.tenancy.credentials import forget_credentials
from apps.tenancy.errors import AccountNumberTaken, GrantInvalid, InvalidAccountNumber, UsernameTaken
from apps.tenancy.grants import read_grant
from apps.tenancy.models import AccessKey, Account, Membership, User
from apps.tenancy.roles import Role

PRINCIPAL = re.compile(r"[\w+=,.@-]{1,64}")  # what IAM allows in the name of a user, and letters of any language


@dataclass(frozen=True)
class NewAccount:
    """What was made, with the secrets that can be shown this once."""

    account: Account
    user: User
    password: str = field(repr=False)
    access_key_id: str
    secret_access_key: str = field(repr=False)

    def as_json(self) -> dict[str, str]:
        """Return the object of the `create_account --json` contract."""
        return {
            "account_id": self.account.number,
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "artifact_bucket": self.account.artifact_bucket,
            "username": self.user.username,
            "password": self.password,
        }


@transaction.atomic
def create_account(*, name: str, username: str | None = None, number: str | None = None) -> NewAccount:
    """Make an account with its first admin and an access key.

    Shapes: `number` is the twelve digits by which the account goes in ARNs, for those who keep the number of an AWS
    account; without it, one is drawn.
    Raises: UsernameTaken, InvalidAccountNumber, AccountNumberTaken.
    """
    account = Account.objects.create(name=name, **({} if number is None else {"number": _free_number(number)}))
    user, password = create_user(account=account, username=username or _free_username(name), role=Role.ADMIN)
    key, secret = create_access_key(account=account, principal=user.username, role=Role.ADMIN)
    return NewAccount(account, user, password, key.key_id, secret)


@transaction.atomic
def create_user(*, account: Account, username: str, role: Role) -> tuple[User, str]:
    """Make a person of an account and return them with their first password. Raises UsernameTaken."""
    if User.objects.filter(username=username).exists():
        raise UsernameTaken(f"Somebody signs in as '{username}' already. Choose another name.")
    password = secrets.token_urlsafe(15)
    user = User.objects.create_user(username=username, password=password)
    Membership.objects.create(account=account, user=user, role=role)
    return user, password


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
    job worker polls for) is given. Raises GrantInvalid, PolicyInvalid.
    """
    read_grant(role=role, policy=policy, action_types=action_types)
    if not PRINCIPAL.fullmatch(principal):
        raise GrantInvalid("A key's principal is 1 to 64 letters, digits and any of + = , . @ _ -")
    key = AccessKey(
        account=account, principal=principal, role=role or "", policy=policy, action_types=sorted(action_types)
    )
    secret = new_secret_access_key()
    key.set_secret(secret)
    key.save()
    return key, secret


def revoke_access_key(*, account: Account, key_id: str) -> None:
    """Make a key useless, at once here and within five seconds in other processes."""
    AccessKey.objects.for_account(account).filter(key_id=key_id).update(is_active=False)
    forget_credentials()


def _free_number(number: str) -> str:
    if not re.fullmatch("[0-9]{12}", number):
        raise InvalidAccountNumber(f"'{number}' is no account number. Give exactly twelve digits.")
    if Account.objects.filter(number=number).exists():
        raise AccountNumberTaken(f"There is an account {number} already. Choose another number.")
    return number


def _free_username(name: str) -> str:
    base = slugify(name)[:40] or "admin"
    if not User.objects.filter(username=base).exists():
        return base
    return f"{base}-{secrets.token_hex(3)}"
