"""What a role must at least be to call an operation: one table."""

from collections.abc import Mapping
from typing import Any, Final

from apps.awsapi.caller import Caller
from apps.awsapi.errors import AwsError
from apps.core.arns import pipeline_arn, webhook_arn
from apps.tenancy.roles import Role

_TABLE: Final[dict[Role, tuple[str, ...]]] = {
    Role.VIEWER: (
        "GetActionType",
        "GetPipeline",
        "GetPipelineExecution",
        "GetPipelineState",
        "ListActionExecutions",
        "ListActionTypes",
        "ListDeployActionExecutionTargets",
        "ListPipelineExecutions",
        "ListPipelines",
        "ListRuleExecutions",
        "ListRuleTypes",
        "ListTagsForResource",
        "ListWebhooks",
    ),
    Role.DEVELOPER: (
        "AcknowledgeJob",
        "AcknowledgeThirdPartyJob",
        "CreateCustomActionType",
        "CreatePipeline",
        "DeleteCustomActionType",
        "DeletePipeline",
        "DeleteWebhook",
        "DeregisterWebhookWithThirdParty",
        "GetJobDetails",  # carries secrets in clear and artifact credentials: no mere read
        "GetThirdPartyJobDetails",
        "PollForJobs",
        "PollForThirdPartyJobs",
        "PutActionRevision",
        "PutJobFailureResult",
        "PutJobSuccessResult",
        "PutThirdPartyJobFailureResult",
        "PutThirdPartyJobSuccessResult",
        "PutWebhook",
        "RegisterWebhookWithThirdParty",
        "RetryStageExecution",
        "RollbackStage",
        "StartPipelineExecution",
        "StopPipelineExecution",
        "TagResource",
        "UntagResource",
        "UpdateActionType",
        "UpdatePipeline",
    ),
    Role.RELEASER: (
        "DisableStageTransition",
        "EnableStageTransition",
        "OverrideStageCondition",
        "PutApprovalResult",
    ),
}
MINIMAL_ROLES: Final[Mapping[str, Role]] = {name: role for role, names in _TABLE.items() for name in names}


def check_permission(caller: Caller, operation: str, request: dict[str, Any]) -> None:
    """Raises AwsError AccessDeniedException when the caller's role may not call the operation."""
    if not caller.role.includes(MINIMAL_ROLES.get(operation, Role.ADMIN)):
        resource = _resource(caller, operation, request)
        raise AwsError("AccessDeniedException", refusal(caller.principal_arn, operation, resource))


def refusal(principal_arn: str, operation: str, resource: str) -> str:
    return f"User: {principal_arn} is not authorized to perform: codepipeline:{operation} on resource: {resource}"


def _resource(caller: Caller, operation: str, request: dict[str, Any]) -> str:
    if "Webhook" in operation:
        name = request.get("name") or request.get("webhookName") or request.get("webhook", {}).get("name")
        return webhook_arn(caller.account_number, name) if name else "*"
    name = request.get("pipelineName") or request.get("name") or request.get("pipeline", {}).get("name")
    return pipeline_arn(caller.account_number, name) if name else request.get("resourceArn", "*")
