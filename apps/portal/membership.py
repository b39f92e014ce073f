"""Who asks, in which account, as what: the guard of every page of an account."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from apps.core.arns import user_arn
from apps.tenancy.models import Account, Membership, User
from apps.tenancy.roles import Role

P = ParamSpec("P")


@dataclass(frozen=True)
class Visit:
    """One request of a member. `accounts` are all those that the person may switch to, by name."""

    user: User
    account: Account
    role: Role
    accounts: tuple[Account, ...]

    @cached_property
    def principal(self) -> str:
        """The ARN that events and history show for what this person does."""
        return user_arn(self.account.number, self.user.username)

    @property
    def may_develop(self) -> bool:
        """Start, stop and retry."""
        return self.role.includes(Role.DEVELOPER)

    @property
    def may_administer(self) -> bool:
        """Say what approvals ask for."""
        return self.role.includes(Role.ADMIN)

    @property
    def may_release(self) -> bool:
        """Decide approvals, open and close transitions."""
        return self.role.includes(Role.RELEASER)


class PortalRequest(HttpRequest):
    """A request whose person is a member of the account in its path."""

    visit: Visit
    htmx: HtmxDetails


MemberView = Callable[Concatenate[PortalRequest, P], HttpResponse]


def for_members(role: Role = Role.VIEWER) -> Callable[[MemberView[P]], Callable[..., HttpResponse]]:
    """Let members with at least `role` in. A stranger learns nothing: their answer is that of a missing page."""

    def decorate(view: MemberView[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: PortalRequest, account: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            request.visit = visit_of(signed_in(request), account)
            if not request.visit.role.includes(role):
                raise PermissionDenied(
                    f"This takes the role of {role} in the account, and yours is {request.visit.role}."
                )
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def ask_to_sign_in(request: PortalRequest) -> HttpResponse:
    """Lead to the sign-in page and back. A fragment that htmx asks for must not become that page."""
    if request.htmx:
        return HttpResponseClientRedirect(redirect_to_login(request.htmx.current_url_abs_path or "/").url)
    return redirect_to_login(request.get_full_path())


def signed_in(request: HttpRequest) -> User:
    """Return who asks. Raises PermissionDenied."""
    if not isinstance(request.user, User):
        raise PermissionDenied("This takes a person who is signed in.")
    return request.user


def visit_of(user: User, account_number: str) -> Visit:
    """Raises Http404."""
    memberships = list(Membership.objects.filter(user=user).select_related("account").order_by("account__name"))
    for membership in memberships:
        if membership.account.number == account_number:
            accounts = tuple(item.account for item in memberships)
            return Visit(user, membership.account, Role(membership.role), accounts)
    raise Http404
