"""A log entry as the event that EventBridge would carry. Pure. Source: reference section 10."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

NAMESPACE = UUID("7c0f1c5e-6f0b-4a3e-9d41-6a2f3a1b8e55")  # ours, drawn once: the same entry always gets the same id
SOURCE = "aws.codepipeline"
PIPELINE, STAGE, ACTION = (f"CodePipeline {level} Execution State Change" for level in ("Pipeline", "Stage", "Action"))
STOPPING, STOPPED = "STOPPING", "STOPPED"
TERMINAL = frozenset({"SUCCEEDED", "FAILED", "ABANDONED"})

# What the log calls it: the detail-type and the state. A kind that is not here is told to nobody.
TOLD: dict[str, tuple[str, str]] = {
    "ExecutionStarted": (PIPELINE, "STARTED"),
    "ExecutionSucceeded": (PIPELINE, "SUCCEEDED"),
    "ExecutionFailed": (PIPELINE, "FAILED"),
    "ExecutionCancelled": (PIPELINE, "CANCELED"),
    "ExecutionResumed": (PIPELINE, "RESUMED"),
    "ExecutionInProgress": (PIPELINE, "RESUMED"),  # a condition was overridden
    "ExecutionStopping": (PIPELINE, STOPPING),
    "ExecutionAbandoning": (PIPELINE, STOPPING),
    "ExecutionStopped": (PIPELINE, STOPPED),
    "ExecutionSuperseded": (PIPELINE, "SUPERSEDED"),
    "StageStarted": (STAGE, "STARTED"),
    "StageSucceeded": (STAGE, "SUCCEEDED"),
    "StageRejected": (STAGE, "SUCCEEDED"),  # the wire knows no other word for it
    "StageFailed": (STAGE, "FAILED"),
    "StageCancelled": (STAGE, "CANCELED"),
    "StageResumed": (STAGE, "RESUMED"),
    "StageInProgress": (STAGE, "RESUMED"),
    "StageStopping": (STAGE, STOPPING),
    "StageStopped": (STAGE, STOPPED),
    "ActionStarted": (ACTION, "STARTED"),
    "ActionSucceeded": (ACTION, "SUCCEEDED"),
    "ActionFailed": (ACTION, "FAILED"),
    "ActionAbandoned": (ACTION, "ABANDONED"),
}
# A connection's trigger is described by what it says of the commit.
GIT_TRIGGER = (
    "author-display-name", "full-repository-name", "provider-type", "author-email", "commit-message", "author-date",
    "tag-name", "branch-name", "commit-id", "connection-arn", "author-id",
)  # fmt: skip
DESCRIBED_TRIGGERS = frozenset({"STARTED", "SUCCEEDED", "FAILED"})


@dataclass(frozen=True)
class Entry:
    """One entry of an account's event log."""

    account_number: str
    sequence: int
    kind: str
    at: datetime
    pipeline: str
    execution_id: UUID
    stage: str = ""
    action: str = ""
    action_execution_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True)
class ActionFacts:
    """An attempt at an action. Shapes: `action_type` is "category/owner/provider/version"."""

    action_type: str
    region: str
    input_artifacts: Sequence[Mapping[str, Any]] = ()
    output_artifacts: Sequence[Mapping[str, Any]] = ()
    external_id: str = ""
    external_url: str = ""
    summary: str = ""
    error_code: str = ""


@dataclass(frozen=True)
class Facts:
    """What a log entry leaves to the rows that it speaks of.

    `retries` counts those of the execution up to the entry; `started_at` is that of the execution, stage or action.
    """

    version: int
    started_at: datetime | None = None
    retries: int = 0
    was_stopping: bool = False
    trigger_type: str = ""
    trigger_detail: str = ""
    source_event: Mapping[str, str] = field(default_factory=dict)
    stage_retried_at: datetime | None = None
    action: ActionFacts | None = field(default=None)


def event_id(account_number: str, sequence: int) -> str:
    return str(uuid5(NAMESPACE, f"{account_number}/{sequence}"))


def is_told(kind: str) -> bool:
    return kind in TOLD


def wire_event(entry: Entry, facts: Facts, *, region: str, pipeline_arn: str) -> dict[str, Any] | None:
    """Return the event, None when the entry is no change of a state that the outside knows."""
    detail_type, state = TOLD.get(entry.kind, ("", ""))
    if not state or (entry.kind == "ExecutionAbandoning" and facts.was_stopping):
        return None
    detail: dict[str, Any] = {
        "pipeline": entry.pipeline,
        "execution-id": str(entry.execution_id),
        "start-time": _milliseconds(facts.started_at or entry.at),
        "state": state,
        "version": float(facts.version),
        "pipeline-execution-attempt": float(facts.retries + (detail_type != STAGE)),
    }
    if detail_type == PIPELINE:
        detail |= _of_pipeline(entry, facts, state)
    else:
        detail["stage"] = entry.stage
        if facts.stage_retried_at is not None:
            detail["stage-last-retry-attempt-time"] = _milliseconds(facts.stage_retried_at)
    if detail_type == ACTION:
        detail |= _of_action(entry, facts.action, state)
    return {
        "version": "0",
        "id": event_id(entry.account_number, entry.sequence),
        "detail-type": detail_type,
        "source": SOURCE,
        "account": entry.account_number,
        "time": entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [pipeline_arn],
        "detail": detail,
    }


def _of_pipeline(entry: Entry, facts: Facts, state: str) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    if facts.trigger_type and state in DESCRIBED_TRIGGERS:
        detail["execution-trigger"] = _trigger(facts)
    if state in {STOPPING, STOPPED} and entry.reason:
        detail["stop-execution-comments"] = entry.reason
    return detail


def _trigger(facts: Facts) -> dict[str, str]:
    of_git = {name: str(facts.source_event[name]) for name in GIT_TRIGGER if facts.source_event.get(name)}
    if "commit-id" in of_git:
        return of_git
    return {"trigger-type": facts.trigger_type, "trigger-detail": facts.trigger_detail}


def _of_action(entry: Entry, action: ActionFacts | None, state: str) -> dict[str, Any]:
    detail: dict[str, Any] = {"action": entry.action, "action-execution-id": str(entry.action_execution_id)}
    if action is None:
        return detail
    category, owner, provider, version = action.action_type.split("/")
    detail["region"] = action.region
    detail["type"] = {"owner": owner, "category": category, "provider": provider, "version": version}
    if action.input_artifacts:
        detail["input-artifacts"] = _artifacts(action.input_artifacts)
    if action.output_artifacts and state == "SUCCEEDED":
        detail["output-artifacts"] = _artifacts(action.output_artifacts)
    if state in TERMINAL and (result := _result(action)):
        detail["execution-result"] = result
    return detail


def _artifacts(artifacts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": item["name"], "s3location": {"bucket": item["bucket"], "key": item["key"]}} for item in artifacts]


def _result(action: ActionFacts) -> dict[str, str]:
    named = {
        "external-execution-url": action.external_url,
        "external-execution-summary": action.summary,
        "external-execution-id": action.external_id,
        "error-code": action.error_code,
    }
    return {name: value for name, value in named.items() if value}


def _milliseconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
