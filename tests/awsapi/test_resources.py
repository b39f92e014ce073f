"""What a call is about, as policies name it. Source: reference section 1.4."""

import pytest

from apps.awsapi.resources import RESOURCES, passed_role, resources_of
from apps.awsapi.shapes import OPERATIONS

NUMBER = "111122223333"
ARN = f"arn:aws:codepipeline:us-east-1:{NUMBER}"
TYPE = {"category": "Build", "owner": "Custom", "provider": "Bench", "version": "1"}
IN_STAGE = {"pipelineName": "web", "stageName": "Deploy"}
IN_ACTION = {**IN_STAGE, "actionName": "Ship"}
PIPELINE, STAGE, ACTION = (f"{ARN}:web",), (f"{ARN}:web", f"{ARN}:web/Deploy"), (f"{ARN}:web/Deploy/Ship",)
CUSTOM, WEBHOOK, ALL = (f"{ARN}:actiontype:Custom/Build/Bench/1",), (f"{ARN}:webhook:push",), ("*",)
JOB = {"jobId": "j"}
TABLE = {
    "AcknowledgeJob": (JOB, ALL),
    "AcknowledgeThirdPartyJob": (JOB, ALL),
    "CreateCustomActionType": ({"category": "Build", "provider": "Bench", "version": "1"}, CUSTOM),
    "CreatePipeline": ({"pipeline": {"name": "web"}}, PIPELINE),
    "DeleteCustomActionType": ({"category": "Build", "provider": "Bench", "version": "1"}, CUSTOM),
    "DeletePipeline": ({"name": "web"}, PIPELINE),
    "DeleteWebhook": ({"name": "push"}, WEBHOOK),
    "DeregisterWebhookWithThirdParty": ({"webhookName": "push"}, WEBHOOK),
    "DisableStageTransition": (IN_STAGE, STAGE),
    "EnableStageTransition": (IN_STAGE, STAGE),
    "GetActionType": ({**TYPE, "owner": "ThirdParty"}, (f"{ARN}:actiontype:ThirdParty/Build/Bench/1",)),
    "GetJobDetails": (JOB, ALL),
    "GetPipeline": ({"name": "web"}, PIPELINE),
    "GetPipelineExecution": ({"pipelineName": "web"}, PIPELINE),
    "GetPipelineState": ({"name": "web"}, PIPELINE),
    "GetThirdPartyJobDetails": (JOB, ALL),
    "ListActionExecutions": ({"pipelineName": "web"}, PIPELINE),
    "ListActionTypes": ({}, ALL),
    "ListDeployActionExecutionTargets": ({"actionExecutionId": "a"}, ALL),
    "ListPipelineExecutions": ({"pipelineName": "web"}, PIPELINE),
    "ListPipelines": ({}, ALL),
    "ListRuleExecutions": ({"pipelineName": "web"}, PIPELINE),
    "ListRuleTypes": ({}, ALL),
    "ListTagsForResource": ({"resourceArn": f"{ARN}:web"}, PIPELINE),
    "ListWebhooks": ({}, ("*", f"{ARN}:webhook:*")),
    "OverrideStageCondition": (IN_STAGE, STAGE),
    "PollForJobs": ({"actionTypeId": TYPE}, CUSTOM),
    "PollForThirdPartyJobs": ({"actionTypeId": TYPE}, ALL),
    "PutActionRevision": (IN_ACTION, ACTION),
    "PutApprovalResult": (IN_ACTION, ACTION),
    "PutJobFailureResult": (JOB, ALL),
    "PutJobSuccessResult": (JOB, ALL),
    "PutThirdPartyJobFailureResult": (JOB, ALL),
    "PutThirdPartyJobSuccessResult": (JOB, ALL),
    "PutWebhook": ({"webhook": {"name": "push"}}, WEBHOOK),
    "RegisterWebhookWithThirdParty": ({"webhookName": "push"}, WEBHOOK),
    "RetryStageExecution": (IN_STAGE, STAGE),
    "RollbackStage": (IN_STAGE, STAGE),
    "StartPipelineExecution": ({"name": "web"}, PIPELINE),
    "StopPipelineExecution": ({"pipelineName": "web"}, PIPELINE),
    "TagResource": ({"resourceArn": WEBHOOK[0]}, WEBHOOK),
    "UntagResource": ({"resourceArn": WEBHOOK[0]}, WEBHOOK),
    "UpdateActionType": ({"actionType": {"id": TYPE}}, CUSTOM),
    "UpdatePipeline": ({"pipeline": {"name": "web"}}, PIPELINE),
}


def test_every_operation_has_a_row():
    assert TABLE.keys() == RESOURCES.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("operation", TABLE)
def test_a_call_is_about_what_it_names(operation):
    request, expected = TABLE[operation]
    assert resources_of(operation, NUMBER, request) == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("ListDeployActionExecutionTargets", PIPELINE),
        ("RegisterWebhookWithThirdParty", ALL),
        ("DeregisterWebhookWithThirdParty", ALL),
    ],
)
def test_an_optional_name_counts_when_it_is_given(operation, expected):
    request = {"pipelineName": "web"} if expected is PIPELINE else {}
    assert resources_of(operation, NUMBER, request) == expected


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_role_is_passed_where_a_definition_is_saved(operation):
    request = {"pipeline": {"name": "web", "roleArn": "arn:aws:iam::111122223333:role/r"}}
    saves = operation in ("CreatePipeline", "UpdatePipeline")
    assert passed_role(operation, request) == (request["pipeline"]["roleArn"] if saves else None)
