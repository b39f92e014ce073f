"""Whose accounts a person may see, and what they may do there."""

from apps.core.pages import Page, page_by
from apps.tenancy.errors import AccessKeyNotFound
from apps.tenancy.models import AccessKey, Account, ApiToken, Membership, User
from apps.tenancy.roles import Role


def accounts_of(user: User) -> list[Account]:
    return list(Account.objects.filter(memberships__user=user).order_by("name"))


def role_in(user: User, account: Account) -> Role | None:
    """Return the person's role in the account, None when they are no member."""
    role = Membership.objects.for_account(account).filter(user=user).values_list("role", flat=True).first()
    return Role(role) if role else None


def find_access_key(account: Account, key_id: str) -> AccessKey:
    """Raises AccessKeyNotFound."""
    found = AccessKey.objects.for_account(account).filter(key_id=key_id).first()
    if found is None:
        raise AccessKeyNotFound(f"The account has no access key '{key_id}'.")
    return found


def list_access_keys(account: Account, *, size: int, token: str | None) -> Page[AccessKey]:
    """Return a page of keys by id, revoked ones too. Raises InvalidNextToken."""
    scope = {"list": "access-keys", "account": account.pk}
    rows = AccessKey.objects.for_account(account).defer("sealed_secret")
    return page_by("key_id", rows, size=size, token=token, scope=scope)


def list_members(account: Account, *, size: int, token: str | None) -> Page[Membership]:
    """Return a page of members by user name. Raises InvalidNextToken."""
    scope = {"list": "members", "account": account.pk}
    rows = Membership.objects.for_account(account).select_related("user")
    return page_by("user__username", rows, size=size, token=token, scope=scope)


def releasers_of(account: Account) -> list[str]:
    """Return the user names of the members who may decide approvals, by name."""
    able = [role for role in Role if role.includes(Role.RELEASER)]
    rows = Membership.objects.for_account(account).filter(role__in=able)
    return list(rows.order_by("user__username").values_list("user__username", flat=True))


def list_memberships(user: User, *, within: Account | None, size: int, token: str | None) -> Page[Membership]:
    """Return a page of the accounts that a person is a member of, by number. Raises InvalidNextToken."""
    scope = {"list": "accounts", "user": user.pk, "within": within.pk if within else None}
    rows = Membership.objects.filter(user=user).select_related("account")
    if within is not None:
        rows = rows.filter(account=within)
    return page_by("account__number", rows, size=size, token=token, scope=scope)


def list_api_tokens(user: User, *, size: int, token: str | None) -> Page[ApiToken]:
    """Return a page of a person's tokens. Raises InvalidNextToken."""
    scope = {"list": "tokens", "user": user.pk}
    rows = ApiToken.objects.filter(user=user).select_related("account")
    return page_by("id", rows, size=size, token=token, scope=scope)
