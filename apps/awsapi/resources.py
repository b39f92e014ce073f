"""What each operation is about, as policies name it: one table. Source: reference section 1.4."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from apps.core.arns import action_arn, action_type_arn, pipeline_arn, stage_arn, webhook_arn

Request = dict[str, Any]
Resources = tuple[str, ...]


def _everything(number: str, request: Request) -> Resources:
    return ("*",)


def _pipeline(number: str, request: Request) -> Resources:
    return (pipeline_arn(number, request.get("pipelineName") or request["name"]),)


def _declared_pipeline(number: str, request: Request) -> Resources:
    return (pipeline_arn(number, request["pipeline"]["name"]),)


def _pipeline_if_named(number: str, request: Request) -> Resources:
    return _pipeline(number, request) if "pipelineName" in request else ("*",)


def _stage(number: str, request: Request) -> Resources:
    """AWS lists these calls under the pipeline in one place and under the stage in another, so either name counts."""
    pipeline, stage = request["pipelineName"], request["stageName"]
    return pipeline_arn(number, pipeline), stage_arn(number, pipeline, stage)


def _action(number: str, request: Request) -> Resources:
    return (action_arn(number, request["pipelineName"], request["stageName"], request["actionName"]),)


def _custom_type(number: str, request: Request) -> Resources:
    return (action_type_arn(number, request["category"], request["provider"], request["version"]),)


def _type(number: str, request: Request) -> Resources:
    given = request.get("actionType", {}).get("id") or request
    return (action_type_arn(number, given["category"], given["provider"], given["version"], owner=given["owner"]),)


def _polled_type(number: str, request: Request) -> Resources:
    return _type(number, request["actionTypeId"])


def _webhook(number: str, request: Request) -> Resources:
    return (webhook_arn(number, request["name"]),)


def _webhook_if_named(number: str, request: Request) -> Resources:
    return (webhook_arn(number, request["webhookName"]),) if "webhookName" in request else ("*",)


def _declared_webhook(number: str, request: Request) -> Resources:
    return (webhook_arn(number, request["webhook"]["name"]),)


def _webhooks(number: str, request: Request) -> Resources:
    return "*", webhook_arn(number, "*")


def _tagged(number: str, request: Request) -> Resources:
    return (request["resourceArn"],)


RESOURCES: Final[Mapping[str, Callable[[str, Request], Resources]]] = {
    "AcknowledgeJob": _everything,
    "AcknowledgeThirdPartyJob": _everything,
    "CreateCustomActionType": _custom_type,
    "CreatePipeline": _declared_pipeline,
    "DeleteCustomActionType": _custom_type,
    "DeletePipeline": _pipeline,
    "DeleteWebhook": _webhook,
    "DeregisterWebhookWithThirdParty": _webhook_if_named,
    "DisableStageTransition": _stage,
    "EnableStageTransition": _stage,
    "GetActionType": _type,
    "GetJobDetails": _everything,
    "GetPipeline": _pipeline,
    "GetPipelineExecution": _pipeline,
    "GetPipelineState": _pipeline,
    "GetThirdPartyJobDetails": _everything,
    "ListActionExecutions": _pipeline,
    "ListActionTypes": _everything,
    "ListDeployActionExecutionTargets": _pipeline_if_named,
    "ListPipelineExecutions": _pipeline,
    "ListPipelines": _everything,
    "ListRuleExecutions": _pipeline,
    "ListRuleTypes": _everything,
    "ListTagsForResource": _tagged,
    "ListWebhooks": _webhooks,
    "OverrideStageCondition": _stage,
    "PollForJobs": _polled_type,
    "PollForThirdPartyJobs": _everything,
    "PutActionRevision": _action,
    "PutApprovalResult": _action,
    "PutJobFailureResult": _everything,
    "PutJobSuccessResult": _everything,
    "PutThirdPartyJobFailureResult": _everything,
    "PutThirdPartyJobSuccessResult": _everything,
    "PutWebhook": _declared_webhook,
    "RegisterWebhookWithThirdParty": _webhook_if_named,
    "RetryStageExecution": _stage,
    "RollbackStage": _stage,
    "StartPipelineExecution": _pipeline,
    "StopPipelineExecution": _pipeline,
    "TagResource": _tagged,
    "UntagResource": _tagged,
    "UpdateActionType": _type,
    "UpdatePipeline": _declared_pipeline,
}


def resources_of(operation: str, account_number: str, request: Request) -> Resources:
    """Return the names of the one thing that a call is about, the one to show first."""
    return RESOURCES[operation](account_number, request)


def passed_role(operation: str, request: Request) -> str | None:
    """Return the role that a call hands to the service, for which a policy must allow iam:PassRole."""
    if operation not in ("CreatePipeline", "UpdatePipeline"):
        return None
    role_arn: str | None = request["pipeline"].get("roleArn")
    return role_arn
