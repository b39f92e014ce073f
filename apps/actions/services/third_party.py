"""Action types that a publisher offers to other accounts: declare and update. Source: reference section 7.1."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.actions.catalogue import builtin_spec
from apps.actions.errors import ActionTypeInvalid, ActionTypeNotFound, ExecutorUnavailable
from apps.actions.models import ThirdPartyActionType, ThirdPartyGrant
from apps.actions.services.checks import Marks, check_artifacts, check_category, check_properties, check_url_templates
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId

OWNER = "ThirdParty"
IDENTITY = ("category", "provider", "version")


@transaction.atomic
def declare_third_party_action_type(
    publisher: Account, declaration: Mapping[str, Any], *, now: datetime
) -> ThirdPartyActionType:
    """Add an action type that `publisher` offers to the accounts it allows, its own among them only if it says so.

    Shapes: `declaration` is ActionTypeDeclaration of the wire API. Without permissions nobody may use the type yet.
    Raises: ActionTypeInvalid, ExecutorUnavailable.
    """
    check_declaration(declaration)
    named = declaration["id"]
    type_id = ActionTypeId(**named)
    taken = f"The action type {type_id} exists already. Choose another version."
    if builtin_spec(type_id) is not None:
        raise ActionTypeInvalid(taken)
    try:
        with transaction.atomic():
            row = ThirdPartyActionType.objects.create(
                account=publisher,
                **{key: named[key] for key in IDENTITY},
                definition=without_permissions(declaration),
                created_at=now,
                updated_at=now,
            )
    except IntegrityError:
        raise ActionTypeInvalid(taken) from None
    _grant(row, declaration)
    return row


@transaction.atomic
def update_action_type(publisher: Account, declaration: Mapping[str, Any], *, now: datetime) -> ThirdPartyActionType:
    """Replace the declaration of an action type that the account publishes; its id names which.

    Raises: ActionTypeNotFound, ActionTypeInvalid, ExecutorUnavailable.
    """
    named = declaration["id"]
    identity = {key: named[key] for key in IDENTITY}
    rows = ThirdPartyActionType.objects.for_account(publisher).select_for_update(of=("self",))
    row = rows.filter(**identity).first() if named["owner"] == OWNER else None
    if row is None:
        raise ActionTypeNotFound(
            f"The account '{publisher.number}' does not publish the action type {ActionTypeId(**named)}."
        )
    check_declaration(declaration)
    _check_nothing_became_required(row.definition, declaration)
    row.definition, row.updated_at = without_permissions(declaration), now
    row.save(update_fields=["definition", "updated_at"])
    _grant(row, declaration)
    return row


def check_declaration(declaration: Mapping[str, Any]) -> None:
    """Raises ActionTypeInvalid, ExecutorUnavailable."""
    named = declaration["id"]
    if named["owner"] != OWNER:
        raise ActionTypeInvalid(f"The owner of an offered action type is {OWNER}, not {named['owner']}.")
    check_category(named["category"])
    check_artifacts(named["category"], declaration["inputArtifactDetails"], declaration["outputArtifactDetails"])
    marks = [
        Marks(item["name"], not item["optional"], item["noEcho"], item.get("queryable", False))
        for item in declaration.get("properties", [])
    ]
    check_properties(marks)
    check_url_templates(declaration.get("urls", {}), {item.name for item in marks if item.is_shown})
    _check_executor(declaration["executor"])


def _check_executor(executor: Mapping[str, Any]) -> None:
    kind, configuration = executor["type"], executor["configuration"]
    wanted = {"JobWorker": "jobWorkerExecutorConfiguration", "Lambda": "lambdaExecutorConfiguration"}
    if set(configuration) != {wanted[kind]}:
        raise ActionTypeInvalid(f"An executor of the type {kind} has a configuration with {wanted[kind]} alone.")
    if kind == "Lambda":
        raise ExecutorUnavailable(
            "There are no Lambda functions here that an action type could be run by. Use an executor of the type "
            "JobWorker: a process of yours that polls for third-party jobs."
        )


def _check_nothing_became_required(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What pipelines left out because it was optional, or did not exist, they would lack."""
    required_before = {item["name"] for item in before.get("properties", []) if not item["optional"]}
    for item in after.get("properties", []):
        if not item["optional"] and item["name"] not in required_before:
            raise ActionTypeInvalid(
                f"The property '{item['name']}' was not required, and pipelines may do without it. "
                "Leave it optional, or offer a new version."
            )


def without_permissions(declaration: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in declaration.items() if key != "permissions"}


def _grant(row: ThirdPartyActionType, declaration: Mapping[str, Any]) -> None:
    allowed = dict.fromkeys(declaration.get("permissions", {}).get("allowedAccounts", []))
    ThirdPartyGrant.objects.filter(action_type=row).exclude(account_number__in=allowed).delete()
    grants = [ThirdPartyGrant(action_type=row, account_number=number) for number in allowed]
    ThirdPartyGrant.objects.bulk_create(grants, ignore_conflicts=True)
