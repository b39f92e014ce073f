"""What the result of a job does to its action and to the execution."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.statements import update
from apps.executions.engine import ActionSettled, ActionState
from apps.executions.links import execution_url, revision_url
from apps.executions.models import ActionExecution, PipelineExecution
from apps.executions.shell import Advance, ask_about
from apps.executions.statements import RUNNING
from apps.jobs.outcome import Outcome
from headrace_sdk import ActionTypeId


def action_ended(
    action_execution_id: UUID, outcome: Outcome, *, now: datetime, execution_id: UUID | None = None
) -> None:
    """Settle an action by the end of its job, and do what follows. A word about a settled action changes nothing.

    `execution_id` is what the job says of its execution, so that all can be asked at once.
    """
    asked = ask_about(execution_id) if execution_id else None
    action = _running(action_execution_id)
    if action is None:
        return
    if asked is not None:
        asked.execution = action.execution
    advance = Advance(action.pipeline, now=now, about=action.execution_id, asked=asked)
    execution = advance.change(action.execution_id)
    _take_over(advance, action, outcome, now)
    if outcome.succeeded and not action.revision:
        action.revision = _announced(execution, action)
    action.state = ActionState.SUCCEEDED if outcome.succeeded else ActionState.FAILED
    action.ended_at, action.percent_complete = now, outcome.percent_complete if outcome.succeeded else None
    action.error_code, action.error_message = outcome.error_code, outcome.error_message
    action.output_variables = dict(outcome.output_variables)
    update(action, *ActionExecution.changing_fields())
    if outcome.succeeded:
        _hand_on(execution, action, now)
    facts: dict[str, Any] = (
        {} if outcome.succeeded else {"error_code": outcome.error_code, "message": _message(outcome)}
    )
    advance.record(
        f"Action{action.state}",
        execution,
        stage=action.stage,
        action=action.action,
        action_execution_id=action.pk,
        **facts,
    )
    advance.take(ActionSettled(action.execution_id, action.stage, action.action, outcome.succeeded))
    advance.save()


def action_continued(action_execution_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    """Keep the progress that a continuation reports. The action stays in progress."""
    action = _running(action_execution_id)
    if action is None:
        return
    advance = Advance(action.pipeline, now=now, about=action.execution_id)
    _take_over(advance, action, outcome, now)
    action.percent_complete = outcome.percent_complete
    update(action, *ActionExecution.changing_fields())
    advance.record(
        "ActionProgressed",
        advance.change(action.execution_id),
        stage=action.stage,
        action=action.action,
        action_execution_id=action.pk,
    )
    advance.save()


def _running(action_execution_id: UUID) -> ActionExecution | None:
    row: ActionExecution | None = RUNNING.first(action=action_execution_id)
    return row


def _message(outcome: Outcome) -> str:
    return outcome.error_message or outcome.summary


def _take_over(advance: Advance, action: ActionExecution, outcome: Outcome, now: datetime) -> None:
    action.updated_at = now
    action.updated_by = outcome.by or action.updated_by
    action.summary = (outcome.summary or action.summary)[:2048]
    action.external_id = (outcome.external_id or action.external_id)[:1500]
    has_links = bool(action.external_id or outcome.revision)  # else there is nothing to fill into those of the type
    spec = advance.catalogue(ActionTypeId.parse(action.action_type)) if has_links else None
    action.external_url = outcome.external_url or execution_url(spec, action) or action.external_url
    if outcome.revision:
        action.revision = {
            **outcome.revision,
            "url": outcome.revision.get("url") or revision_url(spec, action, outcome),
        }


def _announced(execution: PipelineExecution, action: ActionExecution) -> dict[str, Any] | None:
    """Return the revision that the execution was started for, where the action's job did not name any."""
    if not action.action_type.startswith("Source/"):
        return None
    revisions: list[dict[str, Any]] = execution.revisions
    return next((item for item in revisions if item["action"] == action.action), None)


def _hand_on(execution: PipelineExecution, action: ActionExecution, now: datetime) -> None:
    """Give what the action made to the execution: artifacts, variables, and what a source was at."""
    revision = action.revision or {}
    made = {
        item["name"]: {
            "bucket": item["bucket"],
            "key": item["key"],
            "made_by": str(action.pk),
            **({"revision": revision["id"]} if revision.get("id") else {}),
        }
        for item in action.output_artifacts
    }
    execution.artifacts = execution.artifacts | made
    if action.namespace:
        execution.outputs = execution.outputs | {action.namespace: action.output_variables}
    if action.action_type.startswith("Source/") and revision:
        others = [item for item in execution.revisions if item["action"] != action.action]
        artifact = next(iter(made), "")
        created = revision.get("created") or now.isoformat()
        execution.revisions = [*others, {**revision, "created": created, "action": action.action, "artifact": artifact}]
