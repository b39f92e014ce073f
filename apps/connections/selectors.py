"""Reads of connections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from apps.connections.arns import read_connection_arn
from apps.connections.errors import ConnectionNotFound
from apps.connections.models import Connection
from apps.core.pages import Page, page_by
from apps.tenancy.models import Account


def find_connection(account: Account, uid: object) -> Connection:
    """Raises ConnectionNotFound."""
    try:
        wanted = uid if isinstance(uid, UUID) else UUID(str(uid))
    except ValueError:
        wanted = None
    connection = Connection.objects.for_account(account).filter(uid=wanted).first() if wanted else None
    if connection is None:
        raise ConnectionNotFound(f"Account '{account.number}' has no connection '{str(uid)[:60]}'.")
    connection.account = account
    return connection


def named_connection(account: Account, arn: str) -> Connection | None:
    """Return the connection that an ARN names, None unless it is the account's own and of this region."""
    named = read_connection_arn(arn)
    if named is None or (named.account_number, named.region) != (account.number, settings.REGION):
        return None
    connection = Connection.objects.for_account(account).filter(uid=named.uid).first()
    if connection is not None:
        connection.account = account
    return connection


@dataclass(frozen=True)
class ConnectionFacts:
    """What a step of an action is told of its connection. Shapes: as StepOrder has `connection` and `git`."""

    connection: dict[str, str] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def connection_facts(account: Account, configuration: Mapping[str, str]) -> ConnectionFacts:
    """Return what the connection is that a configuration names in ConnectionArn; nothing when it is not there."""
    connection = named_connection(account, configuration["ConnectionArn"]) if "ConnectionArn" in configuration else None
    return facts_of(connection) if connection is not None else ConnectionFacts()


def facts_of(connection: Connection) -> ConnectionFacts:
    facts = {"arn": connection.arn, "provider_type": connection.provider_type, "url": connection.url}
    password = connection.password_in_clear()
    if not password:
        return ConnectionFacts(facts)
    credentials = {"url": connection.url, "username": connection.username, "password": password}
    return ConnectionFacts(facts, {"credentials": credentials}, (password,))


def list_connections(account: Account, *, size: int, token: str | None) -> Page[Connection]:
    """Return a page of the account's connections, by name. Raises InvalidNextToken."""
    scope = {"of": "connections", "account": account.pk}
    rows = Connection.objects.for_account(account)
    found = page_by("name", rows, size=size, token=token, scope=scope)
    for row in found.rows:
        row.account = account
    return found


def connection_hook_url(connection: Connection) -> str:
    """Return the address that the host calls. It is a secret of the account."""
    return settings.PUBLIC_URL + reverse("triggers:connection", args=[connection.token])
