"""Which action types exist: AWS's and those of the plugins, for every account, its own, and those offered to it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.actions.builtin import read_builtin
from apps.actions.declared import custom_spec_of, third_party_spec_of
from apps.actions.host import Registry, load_plugins
from apps.actions.models import CustomActionType, ThirdPartyActionType, ThirdPartyGrant
from apps.actions.types import ActionTypeSpec
from apps.core.in_place import unchanged
from apps.core.statements import Statement
from apps.tenancy.models import Account
from headrace_sdk import ActionProvider, ActionTypeId, Provider

CUSTOM = Statement(
    lambda account, **identity: _of_account(account).filter(**identity),
    account=CustomActionType.account,
    category=CustomActionType.category,
    provider=CustomActionType.provider,
    version=CustomActionType.version,
)


def _of_account(account: Any) -> QuerySet[CustomActionType]:
    return CustomActionType.objects.for_account(account).filter(deleted_at=None).order_by()


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the plugins of this process, loaded once."""
    return load_plugins(settings.PLUGIN_MODULES)


class AccountCatalogue:
    """The action types that one account may use. A declared type is read at most once."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._declared: dict[ActionTypeId, ActionTypeSpec | None] = {}

    def __call__(self, type_id: ActionTypeId) -> ActionTypeSpec | None:
        """Return what is known of a type, None when the account cannot use it."""
        spec = builtin_spec(type_id)
        if spec is not None or type_id.owner not in DECLARED:
            return spec
        if type_id not in self._declared:
            self._declared[type_id] = DECLARED[type_id.owner](self.account, type_id)
        return self._declared[type_id]


def builtin_spec(type_id: ActionTypeId) -> ActionTypeSpec | None:
    return builtin_specs().get(type_id)


@lru_cache(maxsize=1)
def builtin_specs() -> dict[ActionTypeId, ActionTypeSpec]:
    """Return the types that every account has: AWS's own, and those of plugins, which say how theirs are done."""
    known = {spec.id: spec for spec in read_builtin()}
    for spec in registry().specs():
        known[spec.id] = replace(spec, output_variables=known[spec.id].output_variables) if spec.id in known else spec
    return known


def rule_spec(type_id: ActionTypeId) -> ActionTypeSpec | None:
    """Return what is known of a rule type, the same for every account."""
    return _rules().get(type_id)


@lru_cache(maxsize=1)
def _rules() -> dict[ActionTypeId, ActionTypeSpec]:
    return {spec.id: spec for spec in registry().rule_specs()}


def rule_providers() -> frozenset[str]:
    """Return the names of the rules that conditions may have."""
    return frozenset(type_id.provider for type_id in _rules())


def custom_spec(account: Account, type_id: ActionTypeId) -> ActionTypeSpec | None:
    def read() -> ActionTypeSpec | None:
        row = CUSTOM.first(
            account=account.pk, category=type_id.category, provider=type_id.provider, version=type_id.version
        )
        return custom_spec_of(row) if row else None

    return unchanged(("custom action type", account.pk, type_id), read)


def third_party_spec(account: Account, type_id: ActionTypeId) -> ActionTypeSpec | None:
    row = third_party_types(account).filter(**_identity(type_id)).first()
    return third_party_spec_of(row) if row else None


def third_party_types(account: Account) -> QuerySet[ThirdPartyActionType]:
    """Return the offered types that an account may use: whoever publishes them, they say so in their grants."""
    named = ThirdPartyGrant.objects.filter(account_number__in=[account.number, ThirdPartyGrant.EVERYBODY])
    return ThirdPartyActionType.objects.filter(pk__in=named.values("action_type"))


def _identity(type_id: ActionTypeId) -> dict[str, str]:
    return {"category": type_id.category, "provider": type_id.provider, "version": type_id.version}


DECLARED = {"Custom": custom_spec, "ThirdParty": third_party_spec}


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
