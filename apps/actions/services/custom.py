"""Custom action types: declare and delete. Source: reference section 7.1."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.actions.errors import ActionTypeInvalid, TooManyActionTypes
from apps.actions.models import CustomActionType
from apps.actions.selectors import find_custom_row
from apps.actions.services.checks import Marks, check_artifacts, check_category, check_properties, check_url_templates
from apps.core.tags import Change
from apps.tenancy.models import Account

MOST_TYPES = 50


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
    check_category(definition["category"])
    check_artifacts(definition["category"], definition["inputArtifactDetails"], definition["outputArtifactDetails"])
    marks = [
        Marks(item["name"], item["required"], item["secret"], item.get("queryable", False))
        for item in definition.get("configurationProperties", [])
    ]
    check_properties(marks)
    check_url_templates(definition.get("settings", {}), {item.name for item in marks if item.is_shown})
