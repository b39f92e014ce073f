"""Who may see and do what: the base of every view."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed, NotFound, PermissionDenied, Throttled
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.connections import settled
from apps.tenancy.models import Account, ApiToken, Membership, User
from apps.tenancy.roles import Role
from apps.tenancy.throttle import Kind, seconds_to_wait

SAFE = ("GET", "HEAD", "OPTIONS")
CHANGES = ("post", "put", "patch", "delete")


def token_of(request: Request) -> ApiToken | None:
    """Return the token that the request came with, None for a session of the portal."""
    return request.auth if isinstance(request.auth, ApiToken) else None


def user_of(request: Request) -> User:
    assert isinstance(request.user, User)  # the permission class let nobody else in
    return request.user


def visible_memberships(request: Request) -> Any:
    """Return the memberships that the caller's session or token opens."""
    token = token_of(request)
    rows = Membership.objects.filter(user=user_of(request)).select_related("account")
    return rows if token is None or token.account_id is None else rows.filter(account=token.account_id)


def role_by(membership: Membership, token: ApiToken | None) -> Role:
    role = Role(membership.role)
    return role if token is None else role.at_most(Role(token.role))


def check_rate(account: Account, method: str) -> None:
    """Raises Throttled."""
    wait = seconds_to_wait(account, Kind.READ if method in SAFE else Kind.CHANGE)
    if wait:
        raise Throttled(wait, "The account calls more often than it may.")


def undone_is_done_again(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Let a handler that changes something begin anew when the database undid it. The request keeps its body."""

    @wraps(handler)
    def handled(*arguments: Any, **named: Any) -> Any:
        return settled(lambda: handler(*arguments, **named))

    return handled


class AccountView(APIView):
    """A view of one account's things. To a stranger the account is not there.

    `needs` says what role each method takes; methods that it does not name take an admin.
    """

    needs: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    account: Account
    role: Role

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        for name in CHANGES:
            if name in vars(cls):
                setattr(cls, name, undone_is_done_again(vars(cls)[name]))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises NotFound, Throttled, MethodNotAllowed, PermissionDenied."""
        super().initial(request, *args, **kwargs)
        number, method = kwargs["account"], str(request.method)
        membership = visible_memberships(request).filter(account__number=number).first()
        if membership is None:
            raise NotFound(f"There is no account {number} among yours.")
        self.account, self.role = membership.account, role_by(membership, token_of(request))
        check_rate(self.account, method)
        if method not in self.allowed_methods:
            raise MethodNotAllowed(method)
        needed = self.needs.get("GET" if method == "HEAD" else method, Role.ADMIN)
        if not self.role.includes(needed):
            raise PermissionDenied(f"This takes the role of {needed} in the account, and yours is {self.role}.")
