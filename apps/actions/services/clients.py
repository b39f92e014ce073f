"""Accounts as the clients of third-party action types. Source: reference section 7.4."""

from datetime import datetime

from django.db import transaction

from apps.actions.catalogue import third_party_types
from apps.actions.errors import ActionTypeNotFound
from apps.actions.models import ThirdPartyActionType, ThirdPartyClient
from apps.core.ids import new_token
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId


@transaction.atomic
def register_client(
    account: Account, type_id: ActionTypeId, *, now: datetime, token: str | None = None
) -> ThirdPartyClient:
    """Return the account as a client of an action type that it may use, registered now if it was not before.

    `token` replaces the client's token; without it a new client gets a random one, and others keep theirs.
    Raises: ActionTypeNotFound.
    """
    action_type = _usable(account, type_id)
    clients = ThirdPartyClient.objects.for_account(account).select_for_update(of=("self",))
    client = clients.filter(action_type=action_type).first()
    if client is None:
        new = ThirdPartyClient(account=account, action_type=action_type, created_at=now)
        new.set_token(token or new_token())
        ThirdPartyClient.objects.bulk_create([new], ignore_conflicts=True)  # another start may have been first
        return ThirdPartyClient.objects.for_account(account).get(action_type=action_type)
    if token is not None:
        client.set_token(token)
        client.save(update_fields=["sealed_token"])
    return client


def _usable(account: Account, type_id: ActionTypeId) -> ThirdPartyActionType:
    named = {"category": type_id.category, "provider": type_id.provider, "version": type_id.version}
    row = third_party_types(account).filter(**named).first() if type_id.owner == "ThirdParty" else None
    if row is None:
        raise ActionTypeNotFound(f"The account '{account.number}' may not use the action type {type_id}.")
    return row
