"""GetPipelineState, stage transitions and approvals."""

from typing import Any
from uuid import UUID

from apps.awsapi.caller import Caller
from apps.awsapi.operations import words
from apps.awsapi.operations.conditions import condition_states
from apps.awsapi.registry import operation
from apps.core import clock
from apps.executions import services
from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
from apps.executions.selectors import ActionStanding, StageStanding, pipeline_standing
from apps.pipelines.models import StageTransition
from apps.pipelines.services import set_transition
from apps.triggers.models import SourceWatch
from apps.triggers.selectors import failing_watches


@operation("GetPipelineState", tells_rows_alone=True)
def get_pipeline_state(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    standing = pipeline_standing(caller.account, request["name"])
    pipeline = standing.pipeline
    in_parallel = pipeline.execution_mode == "PARALLEL"
    failing = {} if in_parallel else failing_watches(pipeline, standing.version)
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.version,
        "created": pipeline.created_at,
        "updated": pipeline.updated_at,
        "stageStates": [_bare_stage(stage) if in_parallel else _stage(stage, failing) for stage in standing.stages],
    }


def _bare_stage(stage: StageStanding) -> dict[str, Any]:
    """A PARALLEL pipeline shows its stages and gates only: many executions may be in one stage (reference 9.1)."""
    return {
        "stageName": stage.name,
        "inboundTransitionState": _transition(stage.inbound),
        "actionStates": [{"actionName": action.name} for action in stage.actions],
    }


def _stage(stage: StageStanding, failing: dict[str, SourceWatch]) -> dict[str, Any]:
    at_entry = stage.waiting or ((stage.turned_away,) if stage.turned_away else ())
    waiting = [_waiting(row) for row in at_entry]
    return {
        "stageName": stage.name,
        "inboundExecution": waiting[0] if waiting else None,
        "inboundExecutions": waiting,
        "inboundTransitionState": _transition(stage.inbound),
        "actionStates": [_action(action, failing.get(action.name)) for action in stage.actions],
        "latestExecution": _latest(stage.latest) if stage.latest else None,
        "retryStageMetadata": _retries(stage.latest),
        **condition_states(stage),
    }


def _waiting(execution: PipelineExecution) -> dict[str, str]:
    return {"pipelineExecutionId": str(execution.pk), "status": execution.state, "type": execution.type}


def _transition(gate: StageTransition | None) -> dict[str, Any]:
    if gate is None:
        return {"enabled": True}
    return {
        "enabled": gate.enabled,
        "lastChangedBy": gate.changed_by,
        "lastChangedAt": gate.changed_at,
        "disabledReason": None if gate.enabled else gate.reason,
    }


def _latest(stage: StageExecution) -> dict[str, str]:
    return {
        "pipelineExecutionId": str(stage.execution_id),
        "status": words.wire_state(stage.state),
        "type": stage.execution.type,
    }


def _retries(stage: StageExecution | None) -> dict[str, Any] | None:
    if stage is None or not stage.latest_retry:
        return None
    return {
        "autoStageRetryAttempt": stage.automatic_retries or None,
        "manualStageRetryAttempt": stage.manual_retries or None,
        "latestRetryTrigger": stage.latest_retry,
    }


def _action(standing: ActionStanding, failing: SourceWatch | None) -> dict[str, Any]:
    latest = standing.latest
    return {
        "actionName": standing.name,
        "entityUrl": standing.entity_url or None,
        "revisionUrl": (latest.revision or {}).get("url") or None if latest else None,
        "currentRevision": None if failing else _revision(latest),
        "latestExecution": _unreachable(failing) if failing else _attempt(latest),
    }


def _unreachable(watch: SourceWatch) -> dict[str, Any]:
    """A source that cannot be looked at shows as Failed, without an action execution (reference 6.1)."""
    return {
        "status": "Failed",
        "lastStatusChange": watch.looked_at,
        "errorDetails": {"code": watch.error_code, "message": watch.error_message},
    }


def _revision(action: ActionExecution | None) -> dict[str, Any] | None:
    if action is None or not action.revision or not action.action_type.startswith("Source/"):
        return None
    return {
        "revisionId": action.revision["id"],
        "revisionChangeId": action.revision.get("change_id") or None,
        "created": words.when(action.revision.get("created")),
    }


def _attempt(action: ActionExecution | None) -> dict[str, Any] | None:
    if action is None:
        return None
    approval = words.is_approval(action)
    return {
        "actionExecutionId": str(action.pk),
        "status": action.state,
        "summary": action.summary or None,
        "lastStatusChange": action.updated_at,
        "token": str(action.pk) if approval and action.state == "InProgress" else None,
        "lastUpdatedBy": action.updated_by or None,
        "externalExecutionId": None if approval else action.external_id or None,
        "externalExecutionUrl": action.external_url or None,
        "percentComplete": action.percent_complete,
        "errorDetails": words.error_details(action),
    }


@operation("EnableStageTransition")
def enable_stage_transition(caller: Caller, request: dict[str, Any]) -> None:
    _set(caller, request, enabled=True)


@operation("DisableStageTransition")
def disable_stage_transition(caller: Caller, request: dict[str, Any]) -> None:
    _set(caller, request, enabled=False)


def _set(caller: Caller, request: dict[str, Any], *, enabled: bool) -> None:
    set_transition(
        caller.account,
        request["pipelineName"],
        request["stageName"],
        request["transitionType"],
        enabled=enabled,
        reason=request.get("reason", ""),
        by=caller.principal_arn,
        now=clock.database_now(),
    )


@operation("PutApprovalResult")
def put_approval_result(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    approved_at = services.decide_approval(
        caller.account,
        request["pipelineName"],
        request["stageName"],
        request["actionName"],
        token=UUID(request["token"]),
        approved=request["result"]["status"] == "Approved",
        summary=request["result"]["summary"],
        by=caller.principal_arn,
        now=clock.database_now(),
    )
    return {"approvedAt": approved_at}
