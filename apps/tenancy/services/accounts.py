"""Accounts and their people."""

import re
import secrets
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.text import slugify

from apps.tenancy.errors import AccountNumberTaken, InvalidAccountNumber, UsernameTaken
from apps.tenancy.models import Account, Membership, User
from apps.tenancy.roles import Role
from apps.tenancy.services.access_keys import create_access_key


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
