"""ListActionTypes, CreateCustomActionType, DeleteCustomActionType."""

from typing import Any

from django.conf import settings

from apps.actions import selectors, services
from apps.actions.declared import custom_spec_of
from apps.actions.types import ActionTypeSpec
from apps.awsapi.caller import Caller
from apps.awsapi.operations.words import bounds, type_id_of
from apps.awsapi.registry import operation
from apps.core import clock
from apps.core.arns import action_type_arn
from apps.core.tags import as_pairs, tags_of


@operation("ListActionTypes")
def list_action_types(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    if request.get("regionFilter", settings.REGION) != settings.REGION:
        return {"actionTypes": []}
    found = selectors.list_action_types(
        caller.account, owner=request.get("actionOwnerFilter"), token=request.get("nextToken")
    )
    return {"actionTypes": [action_type(spec) for spec in found.rows], "nextToken": found.next_token}


@operation("CreateCustomActionType")
def create_custom_action_type(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    arn = action_type_arn(caller.account_number, request["category"], request["provider"], request["version"])
    tags = tags_of(request.get("tags", []), arn=arn)
    definition = {key: value for key, value in request.items() if key != "tags"}
    row = services.create_custom_action_type(caller.account, definition, tags, now=clock.database_now())
    return {"actionType": action_type(custom_spec_of(row)), "tags": as_pairs(tags)}


@operation("DeleteCustomActionType")
def delete_custom_action_type(caller: Caller, request: dict[str, Any]) -> None:
    services.delete_custom_action_type(
        caller.account, request["category"], request["provider"], request["version"], now=clock.database_now()
    )


def action_type(spec: ActionTypeSpec) -> dict[str, Any]:
    """Return an ActionType of the wire API."""
    return {
        "id": type_id_of(spec.id),
        "settings": {
            "thirdPartyConfigurationUrl": spec.configuration_url or None,
            "entityUrlTemplate": spec.entity_url or None,
            "executionUrlTemplate": spec.execution_url or None,
            "revisionUrlTemplate": spec.revision_url or None,
        },
        "actionConfigurationProperties": [
            {
                "name": item.name,
                "required": item.required,
                "key": item.key,
                "secret": item.secret,
                "queryable": item.queryable,
                "description": item.help[:160] or None,
            }
            for item in spec.properties
        ],
        "inputArtifactDetails": bounds(spec.input_artifacts),
        "outputArtifactDetails": bounds(spec.output_artifacts),
    }
