"""What is sent: the message of a rule, and the one that asks for an approval. Pure.

Source: reference sections 8 and 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.notifications.engine.matching import is_approval
from apps.notifications.engine.wire_events import ACTION, PIPELINE, STAGE

FULL, BASIC = "FULL", "BASIC"
NAME_LENGTH = 24


@dataclass(frozen=True)
class Surroundings:
    """What a message with full detail tells beside the event.

    Shapes: `failed_actions` are names with what is known of each; `sources` are names with provider and variables.
    """

    failed_actions: Sequence[tuple[str, str]] = ()
    failed_stage: str = ""
    sources: Sequence[tuple[str, str, Mapping[str, str]]] = ()
    information: str = ""
    configuration: Mapping[str, str] = field(default_factory=dict)


def rule_message(event: Mapping[str, Any], *, rule_arn: str, detail: str, around: Surroundings) -> dict[str, Any]:
    """Return the event with what a notification rule adds to it."""
    return {
        **event,
        "detailType": event["detail-type"],
        "notificationRuleArn": rule_arn,
        "additionalAttributes": _attributes(event, around) if detail == FULL else {},
    }


def _attributes(event: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    state = event["detail"]["state"]
    match event["detail-type"], state:
        case (kind, "FAILED") if kind in (PIPELINE, STAGE):
            named = [{"action": name, "additionalInformation": text} for name, text in around.failed_actions]
            return {"failedActionCount": len(named), "failedActions": named, "failedStage": around.failed_stage}
        case (kind, "STARTED") if kind == STAGE:
            return {"sourceActions": [_source(*source) for source in around.sources]} if around.sources else {}
        case (kind, "STARTED") if kind == ACTION and is_approval(event):
            wanted = {"externalEntityLink": "ExternalEntityLink", "customData": "CustomData"}
            found = {name: around.configuration.get(key, "") for name, key in wanted.items()}
            return {name: value for name, value in found.items() if value}
        case (kind, "FAILED") if kind == ACTION and around.information:
            return {"additionalInformation": around.information}
    return {}


def _source(name: str, provider: str, variables: Mapping[str, str]) -> dict[str, Any]:
    return {"sourceActionName": name, "sourceActionProvider": provider, "sourceActionVariables": dict(variables)}


@dataclass(frozen=True)
class Approval:
    """An approval that waits for a person. Empty texts are absent. `topic` is the name of the one it has told."""

    pipeline: str
    stage: str
    action: str
    token: str
    expires_at: datetime
    topic: str = ""
    external_entity_link: str = ""
    custom_data: str = ""


def approval_message(approval: Approval, *, region: str, console_link: str, review_link: str) -> dict[str, Any]:
    """Return what CodePipeline publishes to a topic. What is absent is null; the expiry has minutes."""
    return {
        "region": region,
        "consoleLink": console_link,
        "approval": {
            "pipelineName": approval.pipeline,
            "stageName": approval.stage,
            "actionName": approval.action,
            "token": approval.token,
            "expires": approval.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            "externalEntityLink": approval.external_entity_link or None,
            "approvalReviewLink": review_link,
            "customData": approval.custom_data or None,
        },
    }


def reminder_message(pipeline: str, waits: Sequence[Mapping[str, Any]], *, link: str) -> dict[str, Any]:
    """Return the mail about what has waited for long. Shapes: `waits` are {"number", "sentence", "since"}."""
    return {"reminder": {"pipelineName": pipeline, "waits": list(waits), "link": link}}


def subject_of(message: Mapping[str, Any]) -> str:
    """Return the subject line of a message sent as an e-mail: one line, with names cut short."""
    if approval := message.get("approval"):
        return f"Approval needed: {_cut(approval['actionName'])} in pipeline {_cut(approval['pipelineName'])}"
    if reminder := message.get("reminder"):
        return f"Waiting for you: pipeline {_cut(reminder['pipelineName'])}"
    detail = message["detail"]
    names = [detail[level] for level in ("pipeline", "stage", "action") if level in detail]
    return f"{detail['state']}: {' / '.join(_cut(name) for name in names)}"


def _cut(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[:NAME_LENGTH]}…"
