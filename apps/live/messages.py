"""What a socket says: small, encoded once, the same bytes for every tab. Pure."""

import json
from typing import Any, NamedTuple

from apps.events.models import Event

RESUMED = {"Started": "InProgress", "Resumed": "InProgress", "Progressed": "InProgress"}
SAID_STATES = frozenset(
    {"Succeeded", "Failed", "Stopping", "Abandoning", "Stopped", "Abandoned", "Superseded", "Cancelling", "Cancelled"}
)
SUBJECTS = ("Execution", "Stage", "Action")


class Message(NamedTuple):
    """`sequence` is the event's number, 0 for what is no event: a log that grew."""

    sequence: int
    text: str


def event_message(event: Event) -> Message:
    """Return what happened, with enough in it to change a badge in place."""
    body: dict[str, Any] = {
        "sequence": event.sequence,
        "kind": event.kind,
        "pipeline": event.pipeline,
        "execution": str(event.execution_id) if event.execution_id else None,
        "stage": event.stage,
        "action": event.action,
        "action_execution": str(event.action_execution_id) if event.action_execution_id else None,
        "state": state_after(event.kind),
        "at": event.at.isoformat(timespec="milliseconds"),
    }
    if performer := event.data.get("performer"):
        body["performer"] = performer
    return Message(event.sequence, _encode(body))


def state_after(kind: str) -> str | None:
    """Return the state that a kind of event leaves its subject in, None when it does not say."""
    for subject in SUBJECTS:
        if kind.startswith(subject):
            word = kind.removeprefix(subject)
            return RESUMED.get(word, word if word in SAID_STATES else None)
    return None


def log_message(action_execution_id: str, size: int) -> Message:
    """Units: `size` is in bytes."""
    return Message(0, _encode({"log": action_execution_id, "size": size}))


RELOAD = Message(0, '{"reload":true}')


def caught_up(sequence: int) -> Message:
    return Message(0, _encode({"caught_up": sequence}))


def _encode(body: dict[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))
