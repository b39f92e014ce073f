"""Which rules an event is for. Pure. Source: reference section 10, notification-rule event ids."""

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

from apps.notifications.engine.wire_events import ACTION, PIPELINE, STAGE

PREFIX = "codepipeline-pipeline-"
EVERY = "*"
LEVELS = {PIPELINE: "pipeline-execution", STAGE: "stage-execution", ACTION: "action-execution"}
STATES = {
    "pipeline-execution": ("failed", "canceled", "started", "resumed", "succeeded", "superseded"),
    "stage-execution": ("started", "succeeded", "resumed", "canceled", "failed"),
    "action-execution": ("succeeded", "failed", "canceled", "started"),
    "manual-approval": ("failed", "needed", "succeeded"),
}
EVENT_TYPES = tuple(f"{PREFIX}{level}-{state}" for level, states in STATES.items() for state in states)
APPROVALS = {"STARTED": "needed", "FAILED": "failed", "SUCCEEDED": "succeeded"}


def event_types_of(event: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids that an event has. An approval's are those of an action and its own; some events have none."""
    detail = event["detail"]
    ids = {f"{PREFIX}{LEVELS[event['detail-type']]}-{detail['state'].lower()}"}
    if is_approval(event) and detail["state"] in APPROVALS:
        ids.add(f"{PREFIX}manual-approval-{APPROVALS[detail['state']]}")
    return frozenset(ids).intersection(EVENT_TYPES)


def is_approval(event: Mapping[str, Any]) -> bool:
    category = event["detail"].get("type", {}).get("category")
    return bool(category == "Approval")


def is_wanted(event: Mapping[str, Any], event_types: Collection[str], pipelines: Collection[str]) -> bool:
    """Say whether a rule with these event types and pipeline names is for the event.

    Shapes: `event_types` are ids, or "*" for every event; in a name of `pipelines` "*" stands for any characters, and
    without any name the rule is for all pipelines.
    """
    if EVERY not in event_types and event_types_of(event).isdisjoint(event_types):
        return False
    return not pipelines or any(fnmatchcase(event["detail"]["pipeline"], name) for name in pipelines)
