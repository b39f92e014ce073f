"""Which action types exist: those of the plugins, the same for every account, and an account's own."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings

from apps.actions.host import Registry, load_plugins
from apps.actions.models import CustomActionType
from apps.actions.types import ActionTypeSpec
from apps.tenancy.models import Account
from headrace_sdk import ActionProvider, ActionTypeId, Property, Provider

DAY_SECONDS = 86_400


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the plugins of this process, loaded once."""
    return load_plugins(settings.PLUGIN_MODULES)


class AccountCatalogue:
    """The action types that one account may use. A custom type is read at most once."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._custom: dict[ActionTypeId, ActionTypeSpec | None] = {}

    def __call__(self, type_id: ActionTypeId) -> ActionTypeSpec | None:
        """Return what is known of a type, None when the account cannot use it."""
        if type_id.owner != "Custom":
            return builtin_spec(type_id)
        if type_id not in self._custom:
            self._custom[type_id] = custom_spec(self.account, type_id)
        return self._custom[type_id]


def builtin_spec(type_id: ActionTypeId) -> ActionTypeSpec | None:
    return _builtin().get(type_id)


@lru_cache(maxsize=1)
def _builtin() -> dict[ActionTypeId, ActionTypeSpec]:
    return {spec.id: spec for spec in registry().specs()}


def rule_spec(type_id: ActionTypeId) -> ActionTypeSpec | None:
    """Return what is known of a rule type, the same for every account."""
    return _rules().get(type_id)


@lru_cache(maxsize=1)
def _rules() -> dict[ActionTypeId, ActionTypeSpec]:
    return {spec.id: spec for spec in registry().rule_specs()}


def custom_spec(account: Account, type_id: ActionTypeId) -> ActionTypeSpec | None:
    row = (
        CustomActionType.objects.for_account(account)
        .filter(category=type_id.category, provider=type_id.provider, version=type_id.version, deleted_at=None)
        .first()
    )
    return spec_of(row) if row else None


def spec_of(row: CustomActionType) -> ActionTypeSpec:
    """Read a custom type's declaration. Source: CodePipeline API reference, CreateCustomActionType."""
    definition, settings_ = row.definition, row.definition.get("settings", {})
    return ActionTypeSpec(
        id=ActionTypeId(row.category, "Custom", row.provider, row.version),
        properties=tuple(_property(item) for item in definition.get("configurationProperties", [])),
        input_artifacts=_bounds(definition["inputArtifactDetails"]),
        output_artifacts=_bounds(definition["outputArtifactDetails"]),
        timeout_seconds=DAY_SECONDS,
        entity_url=settings_.get("entityUrlTemplate", ""),
        execution_url=settings_.get("executionUrlTemplate", ""),
        revision_url=settings_.get("revisionUrlTemplate", ""),
        performed_by="outside",
    )


def _bounds(details: dict[str, int]) -> tuple[int, int]:
    return details["minimumCount"], details["maximumCount"]


def _property(item: dict[str, Any]) -> Property:
    return Property(
        name=item["name"],
        required=item["required"],
        secret=item["secret"],
        key=item["key"],
        queryable=item.get("queryable", False),
        help=item.get("description", ""),
    )


def secret_names(specs: Iterable[ActionTypeSpec]) -> dict[str, frozenset[str]]:
    """Return the secret configuration keys of each type, by the type's text."""
    named = {str(spec.id): frozenset(item.name for item in spec.properties if item.secret) for spec in specs}
    return {type_text: names for type_text, names in named.items() if names}


def provider_of(type_id: ActionTypeId) -> Provider | None:
    return registry().provider(type_id)


def is_watched(type_id: ActionTypeId) -> bool:
    """Tell whether Headrace can look at this source by itself: its provider says what the source is at."""
    provider = provider_of(type_id)
    if not isinstance(provider, ActionProvider):
        return False
    return type(provider).latest_revision is not ActionProvider.latest_revision
