"""Reads of the catalogue."""

from apps.actions.catalogue import builtin_spec, builtin_specs, custom_spec, registry, third_party_types
from apps.actions.declared import custom_spec_of, third_party_spec_of
from apps.actions.errors import ActionTypeNotFound, AwsConnectionNotFound
from apps.actions.models import AwsConnection, CustomActionType, ThirdPartyActionType
from apps.actions.types import ActionTypeSpec
from apps.core.pages import Page, page, read_token
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId

PAGE_SIZE = 100


def list_action_types(
    account: Account, *, owner: str | None, token: str | None, size: int = PAGE_SIZE
) -> Page[ActionTypeSpec]:
    """Return a page of the types an account may use, by their text. `owner` narrows it. Raises InvalidNextToken."""
    scope = {"of": "action types", "account": account.pk, "owner": owner}
    custom = CustomActionType.objects.for_account(account).filter(deleted_at=None)
    offered = third_party_types(account)
    specs = [*builtin_specs().values(), *map(custom_spec_of, custom), *map(third_party_spec_of, offered)]
    chosen = sorted((spec for spec in specs if owner in (None, spec.id.owner)), key=lambda spec: str(spec.id))
    if key := read_token(token, scope=scope):
        chosen = [spec for spec in chosen if str(spec.id) > key[0]]
    return page(chosen[: size + 1], size, scope=scope, key=lambda spec: [str(spec.id)])


def list_rule_types() -> tuple[ActionTypeSpec, ...]:
    """Return the rule types, the same for every account, by their text."""
    return registry().rule_specs()


def find_custom(account: Account, type_id: ActionTypeId) -> ActionTypeSpec:
    """Raises ActionTypeNotFound."""
    spec = custom_spec(account, type_id)
    if spec is None:
        raise ActionTypeNotFound(f"The account '{account.number}' does not have the action type {type_id}.")
    return spec


def find_custom_row(
    account: Account, category: str, provider: str, version: str, *, lock: bool = False
) -> CustomActionType:
    """Return a custom action type's row, locked if asked for. Raises ActionTypeNotFound."""
    rows = CustomActionType.objects.for_account(account).filter(deleted_at=None)
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(category=category, provider=provider, version=version).first()
    if row is None:
        type_id = ActionTypeId(category, "Custom", provider, version)
        raise ActionTypeNotFound(f"The account '{account.number}' does not have the action type {type_id}.")
    return row


def find_polled(account: Account, type_id: ActionTypeId) -> ThirdPartyActionType:
    """Return a third-party action type whose jobs the account's job workers may take. Raises ActionTypeNotFound."""
    named = {"category": type_id.category, "provider": type_id.provider, "version": type_id.version}
    row = ThirdPartyActionType.objects.filter(**named).first()
    if row is None or not row.is_polled_by(account):
        raise ActionTypeNotFound(f"The account '{account.number}' does not poll for jobs of the type {type_id}.")
    return row


def find_offered(account: Account, type_id: ActionTypeId) -> ActionTypeSpec | ThirdPartyActionType:
    """Return an action type that accounts share: a built-in one, or one that `account` publishes or may use.

    Raises ActionTypeNotFound.
    """
    spec = builtin_spec(type_id)
    if spec is not None:
        return spec
    published = ThirdPartyActionType.objects.for_account(account)
    rows = (published | third_party_types(account)).select_related("account").prefetch_related("grants")
    row = rows.filter(category=type_id.category, provider=type_id.provider, version=type_id.version).first()
    if row is None or type_id.owner != "ThirdParty":
        raise ActionTypeNotFound(f"The account '{account.number}' does not have the action type {type_id}.")
    return row


def find_aws_connection(account: Account) -> AwsConnection:
    """Raises AwsConnectionNotFound."""
    row = AwsConnection.objects.for_account(account).first()
    if row is None:
        raise AwsConnectionNotFound(f"The account {account.number} has no AWS connection.")
    return row


def connection_in_clear(account: Account, region: str = "") -> dict[str, str]:
    """Return an account's AWS connection with its secret, for a provider that uses AWS; nothing where there is none.

    `region` is the one that the rule or action names, if it does.
    """
    row = AwsConnection.objects.for_account(account).first()
    if row is None:
        return {}
    return {
        "region": region or row.region,
        "access_key_id": row.access_key_id,
        "secret_access_key": row.get_secret(),
        "endpoint_url": row.endpoint_url,
    }
