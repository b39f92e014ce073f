"""Whose accounts a person may see, and what they may do there."""

from apps.tenancy.models import Account, Membership, User
from apps.tenancy.roles import Role


def accounts_of(user: User) -> list[Account]:
    return list(Account.objects.filter(memberships__user=user).order_by("name"))


def role_in(user: User, account: Account) -> Role | None:
    """Return the person's role in the account, None when they are no member."""
    role = Membership.objects.for_account(account).filter(user=user).values_list("role", flat=True).first()
    return Role(role) if role else None
