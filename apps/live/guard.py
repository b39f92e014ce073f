"""Who may open a socket: a signed-in member of the account, from a page of ours."""

from importlib import import_module
from urllib.parse import urlsplit

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings

from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account, Membership


def is_own_origin(scope: dict) -> bool:
    """Tell whether the page that opens the socket came from this very host and port, or from the public address."""
    headers = [(name, value.decode("latin-1")) for name, value in scope["headers"] if name in (b"origin", b"host")]
    origins = [value for name, value in headers if name == b"origin"]
    hosts = [value for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin = urlsplit(origins[0])
    return origin.scheme in ("http", "https") and (origin.netloc == hosts[0] or origins[0] == settings.PUBLIC_URL)


async def account_for(scope: dict) -> Account | None:
    """Return the account of the socket's path, None when there is nothing for this person to hear there."""
    user, path = scope.get("user"), scope["url_route"]["kwargs"]
    if user is None or not user.is_authenticated or "\x00" in "".join(path.values()):  # PostgreSQL takes no NUL
        return None
    return await _account(user.pk, path["account"], path.get("name", ""))


@database_sync_to_async
def _account(user_id: int, account_number: str, pipeline: str) -> Account | None:
    rows = Membership.objects.filter(user_id=user_id, user__is_active=True, account__number=account_number)
    membership = rows.select_related("account").first()
    if membership is None:
        return None
    named = Pipeline.objects.for_account(membership.account).filter(name=pipeline, deleted_at=None)
    return membership.account if not pipeline or named.exists() else None


async def is_still_allowed(scope: dict) -> bool:
    """Ask again, from the database: the person may have signed out, or left the account, since."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    user = await get_user({"session": store})
    return await account_for({**scope, "user": user}) is not None
