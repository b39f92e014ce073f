"""What pages and states show of the action types that a definition names: the links that they declare.

A pipeline may name a custom type that was deleted since; its links stay. A custom type's declaration never changes, not
even when the type is deleted and comes back, so what was read of it is kept in this process.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from apps.actions.catalogue import DECLARED, builtin_spec, third_party_types
from apps.actions.declared import custom_spec_of, third_party_spec_of
from apps.actions.models import CustomActionType
from apps.actions.types import ActionTypeSpec
from apps.core.kept import Kept
from apps.core.statements import Statement
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId

_kept: Kept[ActionTypeSpec] = Kept(1024)

Specs = dict[ActionTypeId, ActionTypeSpec]


def shown_specs(account: Account, type_ids: Iterable[ActionTypeId]) -> Specs:
    """Return what is known of these types, by at most one query for each owner that declares any."""
    wanted = set(type_ids)
    found = {type_id: spec for type_id in wanted if (spec := builtin_spec(type_id)) is not None}
    declared = [type_id for type_id in wanted if type_id not in found and type_id.owner in DECLARED]
    if declared:
        found |= _custom_specs(account, {each for each in declared if each.owner == "Custom"})
        found |= _third_party_specs(account, {each for each in declared if each.owner == "ThirdParty"})
    return found


def _custom_specs(account: Account, type_ids: set[ActionTypeId]) -> Specs:
    found = {type_id: spec for type_id in type_ids if (spec := _kept.find((account.pk, type_id))) is not None}
    missing = type_ids - found.keys()
    if missing:
        providers = sorted({type_id.provider for type_id in missing})
        named: dict[str, Any] = {f"provider_{place}": name for place, name in enumerate(providers)}
        for spec in map(custom_spec_of, _of_providers(len(providers)).rows(account=account.pk, **named)):
            if spec.id in missing:
                found[spec.id] = spec
                _kept.keep((account.pk, spec.id), spec)
    return found


@lru_cache(maxsize=64)
def _of_providers(number: int) -> Statement:
    names = {f"provider_{place}": CustomActionType.provider for place in range(number)}
    return Statement(
        lambda account, **providers: (
            CustomActionType.objects.for_account(account).filter(provider__in=list(providers.values())).order_by()
        ),
        account=CustomActionType.account,
        **names,
    )


def _third_party_specs(account: Account, type_ids: set[ActionTypeId]) -> Specs:
    if not type_ids:
        return {}
    rows = third_party_types(account).filter(provider__in={type_id.provider for type_id in type_ids})
    return {spec.id: spec for spec in map(third_party_spec_of, rows) if spec.id in type_ids}
