"""The verbs of connections: make one, change what it signs in with, renew its webhook secret, delete it."""

import re
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.connections.errors import ConnectionInvalid, ConnectionNameTaken, TooManyConnections
from apps.connections.hosts import USUAL_URLS, Host, url_problem
from apps.connections.models import Connection
from apps.connections.selectors import find_connection
from apps.core.ids import new_token
from apps.tenancy.models import Account

MOST_CONNECTIONS = 100
NAME = re.compile(r"[A-Za-z0-9_.@-]{1,32}", re.ASCII)
CREDENTIAL = re.compile(r"[\x20-\x7e]*")
LONGEST_CREDENTIAL = 1000
SHORTEST_SECRET, LONGEST_SECRET = 16, 200


def create_connection(
    account: Account,
    *,
    name: str,
    provider_type: str,
    url: str = "",
    username: str = "",
    password: str = "",
    webhook_secret: str = "",
    now: datetime,
) -> tuple[Connection, str]:
    """Make a connection. Returns it with its webhook secret, which is drawn unless it is given.

    Shapes: `provider_type` is one of hosts.Host; `url` may be left out where a host has a usual one.
    Raises: ConnectionInvalid, ConnectionNameTaken, TooManyConnections.
    """
    if not NAME.fullmatch(name):
        raise ConnectionInvalid(f"The name {name[:50]!r} does not do: 1 to 32 letters, digits and . _ @ - are allowed.")
    url = _checked_url(account, provider_type, url)
    _check_credentials(username, password)
    secret = webhook_secret or new_token(32)
    _check_secret(secret)
    connection = Connection(
        account=account, name=name, provider_type=provider_type, url=url, username=username, created_at=now
    )
    connection.set_password(password)
    connection.set_webhook_secret(secret)
    with transaction.atomic():
        # Connections of an account are made one after another, or two at once could pass the limit.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        if Connection.objects.for_account(account).count() >= MOST_CONNECTIONS:
            raise TooManyConnections(f"The account has {MOST_CONNECTIONS} connections, the most it may. Delete one.")
        _insert(connection)
    return connection, secret


def change_credentials(account: Account, uid: object, *, username: str, password: str) -> Connection:
    """Replace what a connection signs in with; both empty for a host that asks for nothing.

    Raises: ConnectionNotFound, ConnectionInvalid.
    """
    _check_credentials(username, password)
    connection = find_connection(account, uid)
    connection.username = username
    connection.set_password(password)
    connection.save(update_fields=["username", "sealed_password"])
    return connection


def renew_webhook_secret(account: Account, uid: object) -> tuple[Connection, str]:
    """Draw a new webhook secret, and return it; the host must be told at once. Raises ConnectionNotFound."""
    connection, secret = find_connection(account, uid), new_token(32)
    connection.set_webhook_secret(secret)
    connection.save(update_fields=["sealed_webhook_secret"])
    return connection, secret


def delete_connection(account: Account, uid: object) -> None:
    """Delete a connection. Pipelines that name it fail at their source from now on. Raises ConnectionNotFound."""
    find_connection(account, uid).delete()


def _insert(connection: Connection) -> None:
    try:
        with transaction.atomic():
            connection.save(force_insert=True)
    except IntegrityError:
        raise ConnectionNameTaken(f"The account has a connection named '{connection.name}' already.") from None


def _checked_url(account: Account, provider_type: str, url: str) -> str:
    """Return the host's address as it is kept. Raises ConnectionInvalid."""
    if provider_type not in list(Host):
        raise ConnectionInvalid(f"'{provider_type[:50]}' is no kind of git host. Choose one of {', '.join(Host)}.")
    url = (url or USUAL_URLS.get(Host(provider_type), "")).rstrip("/")
    if not url:
        raise ConnectionInvalid(f"{provider_type} has no usual address. Say where your host is, as https://…")
    if problem := url_problem(url):
        raise ConnectionInvalid(f"The address {url[:200]!r} does not do: {problem}.")
    if url.startswith("file:"):
        _check_folder(account, url)
    return url


def _check_folder(account: Account, url: str) -> None:
    """Raises ConnectionInvalid unless a folder of this server is the account's own for repositories."""
    own = (settings.REPOSITORIES_DIR / account.number).resolve()
    parts = urlsplit(url)
    if parts.netloc or not Path(parts.path).resolve().is_relative_to(own):
        raise ConnectionInvalid("Folders of this server can be connected only inside the account's own repositories.")


def _check_credentials(username: str, password: str) -> None:
    """Raises ConnectionInvalid."""
    for what, text in (("user name", username), ("password", password)):
        # A line break would be a second answer to git.
        if len(text) > LONGEST_CREDENTIAL or not CREDENTIAL.fullmatch(text):
            raise ConnectionInvalid(
                f"The {what} has more than {LONGEST_CREDENTIAL} characters, or others than ASCII's printable ones."
            )
    if bool(username) != bool(password):
        raise ConnectionInvalid("Give a user name and a password together. For a token, see the host's user name.")


def _check_secret(secret: str) -> None:
    """Raises ConnectionInvalid."""
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET or not CREDENTIAL.fullmatch(secret):
        raise ConnectionInvalid(
            f"A webhook secret has {SHORTEST_SECRET} to {LONGEST_SECRET} printable characters of ASCII. "
            "Leave it out to have one drawn."
        )
