"""GetActionType, UpdateActionType: action types that accounts share, with who runs them."""

from typing import Any

from apps.actions import selectors, services
from apps.actions.models import ThirdPartyActionType
from apps.actions.types import ActionTypeSpec
from apps.awsapi.caller import Caller
from apps.awsapi.operations.words import bounds, type_id_of
from apps.awsapi.registry import operation
from apps.core import clock
from headrace_sdk import ActionTypeId

JOB_SECONDS = 60, 43_200  # CodePipeline API Reference, ActionTypeExecutor.jobTimeout
OURS = "codepipeline.amazonaws.com"


@operation("GetActionType")
def get_action_type(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    found = selectors.find_offered(caller.account, ActionTypeId(**request))
    if isinstance(found, ActionTypeSpec):
        return {"actionType": built_in(found)}
    return {"actionType": offered(found, to_publisher=found.account_id == caller.account.pk)}


@operation("UpdateActionType")
def update_action_type(caller: Caller, request: dict[str, Any]) -> None:
    services.update_action_type(caller.account, request["actionType"], now=clock.database_now())


def offered(row: ThirdPartyActionType, *, to_publisher: bool) -> dict[str, Any]:
    """Return an ActionTypeDeclaration. Who else may use the type is its publisher's affair."""
    numbers = [grant.account_number for grant in row.grants.all()]
    if not to_publisher or not numbers:
        return row.definition
    return {**row.definition, "permissions": {"allowedAccounts": numbers}}


def built_in(spec: ActionTypeSpec) -> dict[str, Any]:
    """Return the ActionTypeDeclaration of a type that comes with Headrace, whose own workers poll for its jobs."""
    least, most = JOB_SECONDS
    return {
        "description": spec.description or None,
        "executor": {
            "type": "JobWorker",
            "configuration": {"jobWorkerExecutorConfiguration": {"pollingServicePrincipals": [OURS]}},
            "jobTimeout": min(max(spec.timeout_seconds, least), most),
        },
        "id": type_id_of(spec.id),
        "inputArtifactDetails": bounds(spec.input_artifacts),
        "outputArtifactDetails": bounds(spec.output_artifacts),
        "permissions": {"allowedAccounts": ["*"]},
        "properties": [
            {
                "name": item.name,
                "optional": not item.required,
                "key": item.key,
                "noEcho": item.secret,
                "queryable": item.queryable,
                "description": item.help[:250] or None,
            }
            for item in spec.properties
        ],
        "urls": {
            "configurationUrl": spec.configuration_url or None,
            "entityUrlTemplate": spec.entity_url or None,
            "executionUrlTemplate": spec.execution_url or None,
            "revisionUrlTemplate": spec.revision_url or None,
        },
    }
