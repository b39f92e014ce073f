"""Custom action types: declare and delete. Source: reference section 7.1."""

import re
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.actions.errors import ActionTypeInvalid, TooManyActionTypes
from apps.actions.models import CustomActionType
from apps.actions.selectors import find_custom_row
from apps.core.tags import Change
from apps.tenancy.models import Account

MOST_TYPES = 50
CONFIG_PLACEHOLDER = re.compile(r"\{Config:([^}]*)\}")
URL_TEMPLATES = ("entityUrlTemplate", "executionUrlTemplate", "revisionUrlTemplate", "thirdPartyConfigurationUrl")


@transaction.atomic
def create_custom_action_type(
    account: Account, definition: dict[str, Any], tags: dict[str, str], *, now: datetime
) -> CustomActionType:
    """Declare an action type for the account's own job workers.

    A deleted version comes back when the declaration is the same to the letter.
    Shapes: `definition` is the input of CreateCustomActionType without `tags`.
    Raises: ActionTypeInvalid, TooManyActionTypes.
    """
    check_definition(definition)
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    types = CustomActionType.objects.for_account(account)
    identity = {name: definition[name] for name in ("category", "provider", "version")}
    existing = types.filter(**identity).first()
    if existing is not None:
        _check_restorable(existing, definition)
    if types.filter(deleted_at=None).count() >= MOST_TYPES:
        raise TooManyActionTypes(
            f"The account has {MOST_TYPES} custom action types, the most it may. Delete one first."
        )
    if existing is not None:
        return _restored(existing, tags)
    return CustomActionType.objects.create(
        account=account, **identity, definition=definition, tags=tags, created_at=now
    )


def _check_restorable(existing: CustomActionType, definition: dict[str, Any]) -> None:
    """Raises ActionTypeInvalid."""
    if existing.deleted_at is None:
        raise ActionTypeInvalid(f"The action type {existing} exists already. Choose another version.")
    if existing.definition != definition:
        raise ActionTypeInvalid(
            f"The action type {existing} was deleted, and its version may come back only with the very same "
            "declaration. Choose a version that was never used."
        )


def _restored(existing: CustomActionType, tags: dict[str, str]) -> CustomActionType:
    existing.deleted_at, existing.tags = None, tags
    existing.save(update_fields=["deleted_at", "tags"])
    return existing


def delete_custom_action_type(account: Account, category: str, provider: str, version: str, *, now: datetime) -> None:
    """Mark a custom action type deleted. One that does not exist is deleted already."""
    CustomActionType.objects.for_account(account).filter(
        category=category, provider=provider, version=version, deleted_at=None
    ).update(deleted_at=now)


@transaction.atomic
def change_action_type_tags(account: Account, category: str, provider: str, version: str, change: Change) -> None:
    """Give a custom action type the tags that `change` makes of those it has.

    Raises: ActionTypeNotFound, and what `change` raises.
    """
    row = find_custom_row(account, category, provider, version, lock=True)
    row.tags = change(row.tags)
    row.save(update_fields=["tags"])


def check_definition(definition: dict[str, Any]) -> None:
    """Raises ActionTypeInvalid."""
    for member in ("inputArtifactDetails", "outputArtifactDetails"):
        least, most = definition[member]["minimumCount"], definition[member]["maximumCount"]
        if least > most:
            raise ActionTypeInvalid(
                f"Maximum Number of Artifacts ({most}) has to be greater than or equal to minimum ({least})."
            )
    if definition["category"] == "Approval":
        raise ActionTypeInvalid("A custom action type cannot be of the category Approval. Choose another category.")
    if definition["category"] == "Source" and definition["inputArtifactDetails"]["maximumCount"]:
        raise ActionTypeInvalid("A Source action type takes no input artifacts. Set inputArtifactDetails to 0 and 0.")
    _check_properties(definition.get("configurationProperties", []))
    _check_urls(definition)


def _check_properties(properties: list[dict[str, Any]]) -> None:
    names = [item["name"] for item in properties]
    for name in names:
        if names.count(name) > 1:
            raise ActionTypeInvalid(f"The configuration property '{name}' is declared more than once.")
    queryable = [item for item in properties if item.get("queryable")]
    if len(queryable) > 1:
        raise ActionTypeInvalid(
            "Multiple queryable configuration properties found with names "
            f"'{', '.join(item['name'] for item in queryable)}'. Up to one queryable property may be specified."
        )
    for item in queryable:
        if item["secret"] or not item["required"]:
            raise ActionTypeInvalid(
                f"Invalid queryable property '{item['name']}'. Queryable configuration properties must be required "
                "and non-secret."
            )


def _check_urls(definition: dict[str, Any]) -> None:
    plain = {
        item["name"]
        for item in definition.get("configurationProperties", [])
        if item["required"] and not item["secret"]
    }
    for member in URL_TEMPLATES:
        for name in CONFIG_PLACEHOLDER.findall(definition.get("settings", {}).get(member, "")):
            if name not in plain:
                raise ActionTypeInvalid(
                    f"{member} names {{Config:{name}}}, which must be a required and non-secret configuration property."
                )
