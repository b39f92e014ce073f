"""Our words in the wire API's: states, triggers, revisions."""

from datetime import datetime
from typing import Any

from apps.executions.models import ActionExecution, PipelineExecution, RuleExecution
from headrace_sdk import ActionTypeId

# States of ours, which the service model does not know. Errored is one of its own for conditions, not for rules.
WIRE_STATES = {"Abandoning": "Stopping", "Cancelling": "InProgress", "Rejected": "Succeeded", "Errored": "Failed"}


def wire_state(state: str) -> str:
    return WIRE_STATES.get(state, state)


def trigger(execution: PipelineExecution) -> dict[str, str]:
    return {"triggerType": execution.trigger_type, "triggerDetail": execution.trigger_detail}


def rollback(execution: PipelineExecution) -> dict[str, str] | None:
    if execution.rollback_target is None:
        return None
    return {"rollbackTargetPipelineExecutionId": str(execution.rollback_target)}


def artifact(item: dict[str, Any]) -> dict[str, Any]:
    return {"name": item["name"], "s3location": {"bucket": item["bucket"], "key": item["key"]}}


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def artifact_revisions(execution: PipelineExecution) -> list[dict[str, Any]]:
    return [
        {
            "name": item["artifact"],
            "revisionId": item["id"],
            "revisionChangeIdentifier": item.get("change_id") or None,
            "revisionSummary": item.get("summary") or None,
            "created": when(item.get("created")),
            "revisionUrl": item.get("url") or None,
        }
        for item in execution.revisions
    ]


def source_revisions(execution: PipelineExecution) -> list[dict[str, Any]]:
    return [
        {
            "actionName": item["action"],
            "revisionId": item["id"],
            "revisionSummary": item.get("summary") or None,
            "revisionUrl": item.get("url") or None,
        }
        for item in execution.revisions
    ]


def error_details(action: ActionExecution | RuleExecution) -> dict[str, str] | None:
    if not action.error_code:
        return None
    return {"code": action.error_code, "message": action.error_message}


def is_approval(action: ActionExecution) -> bool:
    return action.action_type.startswith("Approval/")


def type_id_of(type_id: ActionTypeId) -> dict[str, str]:
    return {
        "category": type_id.category,
        "owner": type_id.owner,
        "provider": type_id.provider,
        "version": type_id.version,
    }


def bounds(pair: tuple[int, int]) -> dict[str, int]:
    """Return the least and the greatest number of artifacts."""
    return {"minimumCount": pair[0], "maximumCount": pair[1]}
