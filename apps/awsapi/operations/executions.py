"""Start, stop, retry and roll back; the history of executions and of actions."""

from typing import Any
from uuid import UUID

from apps.awsapi.caller import Caller
from apps.awsapi.operations import words
from apps.awsapi.registry import operation
from apps.core import clock
from apps.executions import selectors, services
from apps.executions.models import ActionExecution, PipelineExecution
from apps.executions.selectors import AttemptFilter
from apps.pipelines.models import Pipeline
from apps.pipelines.selectors import find_pipeline
from headrace_sdk import ActionTypeId

PAGE_SIZE = 100


@operation("StartPipelineExecution", changes_in_place=True)
def start_pipeline_execution(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    execution = services.start_execution(
        caller.account,
        request["name"],
        trigger_type="StartPipelineExecution",
        trigger_detail=caller.principal_arn,
        started_by=[caller.principal_arn],
        variables=request.get("variables", ()),
        source_revisions=request.get("sourceRevisions", ()),
        client_request_token=request.get("clientRequestToken", ""),
        now=clock.database_now(),
    )
    return {"pipelineExecutionId": str(execution.pk)}


@operation("StopPipelineExecution")
def stop_pipeline_execution(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    execution = services.stop_execution(
        caller.account,
        request["pipelineName"],
        UUID(request["pipelineExecutionId"]),
        abandon=request.get("abandon", False),
        reason=request.get("reason", ""),
        by=caller.principal_arn,
        now=clock.database_now(),
    )
    return {"pipelineExecutionId": str(execution.pk)}


@operation("RetryStageExecution")
def retry_stage_execution(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    execution = services.retry_stage(
        caller.account,
        request["pipelineName"],
        request["stageName"],
        UUID(request["pipelineExecutionId"]),
        mode=request["retryMode"],
        by=caller.principal_arn,
        now=clock.database_now(),
    )
    return {"pipelineExecutionId": str(execution.pk)}


@operation("RollbackStage")
def rollback_stage(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    execution = services.roll_back_stage(
        caller.account,
        request["pipelineName"],
        request["stageName"],
        UUID(request["targetPipelineExecutionId"]),
        by=caller.principal_arn,
        now=clock.database_now(),
    )
    return {"pipelineExecutionId": str(execution.pk)}


@operation("GetPipelineExecution")
def get_pipeline_execution(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = find_pipeline(caller.account, request["pipelineName"])
    execution = selectors.find_execution(caller.account, pipeline, UUID(request["pipelineExecutionId"]))
    return {
        "pipelineExecution": {
            "pipelineName": pipeline.name,
            "pipelineVersion": execution.version,
            "pipelineExecutionId": str(execution.pk),
            "status": words.wire_state(execution.state),
            "statusSummary": execution.status_summary or None,
            "artifactRevisions": words.artifact_revisions(execution),
            "variables": _variables(execution),
            "trigger": words.trigger(execution),
            "executionMode": execution.mode,
            "executionType": execution.type,
            "rollbackMetadata": words.rollback(execution),
        }
    }


def _variables(execution: PipelineExecution) -> list[dict[str, str]] | None:
    if not execution.variables:
        return None
    return [{"name": name, "resolvedValue": value} for name, value in execution.variables.items()]


@operation("ListPipelineExecutions")
def list_pipeline_executions(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = find_pipeline(caller.account, request["pipelineName"])
    found = selectors.list_executions(
        caller.account,
        pipeline,
        size=request.get("maxResults", PAGE_SIZE),
        token=request.get("nextToken"),
        succeeded_in=request.get("filter", {}).get("succeededInStage", {}).get("stageName"),
    )
    return {"pipelineExecutionSummaries": [_summary(row) for row in found.rows], "nextToken": found.next_token}


def _summary(execution: PipelineExecution) -> dict[str, Any]:
    return {
        "pipelineExecutionId": str(execution.pk),
        "status": words.wire_state(execution.state),
        "statusSummary": execution.status_summary or None,
        "startTime": execution.started_at,
        "lastUpdateTime": execution.updated_at,
        "sourceRevisions": words.source_revisions(execution),
        "trigger": words.trigger(execution),
        "stopTrigger": {"reason": execution.stop_reason} if execution.stop_reason else None,
        "executionMode": execution.mode,
        "executionType": execution.type,
        "rollbackMetadata": words.rollback(execution),
    }


@operation("ListActionExecutions")
def list_action_executions(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = find_pipeline(caller.account, request["pipelineName"])
    found = selectors.list_action_executions(
        caller.account,
        pipeline,
        wanted=attempt_filter(caller, pipeline, request.get("filter", {})),
        size=request.get("maxResults", PAGE_SIZE),
        token=request.get("nextToken"),
    )
    return {"actionExecutionDetails": [_detail(row) for row in found.rows], "nextToken": found.next_token}


def attempt_filter(caller: Caller, pipeline: Pipeline, asked: dict[str, Any]) -> AttemptFilter:
    """Read the two selectors. Given both, the plain one must exist and their intersection is meant (reference 9.4)."""
    plain = asked.get("pipelineExecutionId")
    nested = asked.get("latestInPipelineExecution", {})
    latest_only = nested.get("startTimeRange") == "Latest"
    wanted = plain or nested.get("pipelineExecutionId")
    if wanted is None:
        return AttemptFilter()
    execution_id = _known(caller, pipeline, wanted)
    if plain and nested and nested["pipelineExecutionId"] != plain:
        return AttemptFilter(execution_id, latest_only, nothing=True)
    return AttemptFilter(execution_id, latest_only)


def _known(caller: Caller, pipeline: Pipeline, execution_id: str) -> UUID:
    return selectors.find_execution(caller.account, pipeline, UUID(execution_id)).pk


def _detail(action: ActionExecution) -> dict[str, Any]:
    return {
        "pipelineExecutionId": str(action.execution_id),
        "actionExecutionId": str(action.pk),
        "pipelineVersion": action.version,
        "stageName": action.stage,
        "actionName": action.action,
        "startTime": action.started_at,
        "lastUpdateTime": action.updated_at,
        "updatedBy": action.updated_by or None,
        "status": action.state,
        "input": _input(action),
        "output": _output(action),
    }


def _input(action: ActionExecution) -> dict[str, Any]:
    return {
        "actionTypeId": words.type_id_of(ActionTypeId.parse(action.action_type)),
        "configuration": action.configuration,
        "resolvedConfiguration": action.resolved_configuration,
        "roleArn": action.role_arn,
        "region": action.region,
        "inputArtifacts": [words.artifact(item) for item in action.input_artifacts],
        "namespace": action.namespace or None,
    }


def _output(action: ActionExecution) -> dict[str, Any]:
    external_id = str(action.pk) if words.is_approval(action) else action.external_id
    return {
        "outputArtifacts": [words.artifact(item) for item in action.output_artifacts],
        "executionResult": {
            "externalExecutionId": external_id or None,
            "externalExecutionSummary": action.summary or None,
            "externalExecutionUrl": action.external_url or None,
            "errorDetails": words.error_details(action),
        },
        "outputVariables": action.output_variables,
    }
