"""The side panel: everything about one action of the board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from apps.executions.models import ActionExecution, RuleExecution
from apps.executions.selectors import ActionStanding
from apps.pipelines.secrets import type_text
from apps.portal.logs import LogLines
from apps.portal.pages.approvals import Approval, approval_of
from apps.portal.pages.board import action_reason, action_status
from apps.portal.pages.executions import ExecutionTag, Revision, is_web_link, revision_of, tag_of
from apps.portal.pages.waiting import Jobs, Reason
from apps.portal.pages.words import Status, status_of
from apps.portal.templatetags.portal_text import person

A = TypeVar("A", ActionExecution, RuleExecution)


@dataclass(frozen=True)
class Attempt:
    number: int
    status: Status
    is_shown: bool


@dataclass(frozen=True)
class Artifact:
    name: str
    revision: str
    place: str


@dataclass(frozen=True)
class Panel:
    """An action, in the attempt that is shown. `id` is None when it has not started."""

    stage: str
    name: str
    type: str
    id: UUID | None
    status: Status
    execution: ExecutionTag | None
    started_at: datetime | None
    ended_at: datetime | None
    by: str
    reason: Reason | None
    error: str
    error_code: str
    summary: str
    link: str
    revision: Revision | None
    approval: Approval | None
    attempts: tuple[Attempt, ...]
    commands: tuple[str, ...]
    configuration: tuple[tuple[str, str], ...]
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    variables: tuple[tuple[str, str], ...]
    log: LogLines | None

    @property
    def selector(self) -> str:
        return f"{self.stage}/{self.name}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


def panel_of(
    stage: str,
    standing: ActionStanding,
    attempts: list[ActionExecution],
    shown: ActionExecution | None,
    *,
    jobs: Jobs,
    log: LogLines | None,
    reader: str,
) -> Panel:
    """Draw the panel of an action.

    Shapes: `shown` is one of the attempts, None when the action has not started; `reader` is the ARN of who looks.
    """
    declared = standing.declared
    revision = revision_of([shown.revision]) if shown and shown.revision else None
    link = (shown.external_url if shown else "") or standing.entity_url
    return Panel(
        stage=stage,
        name=standing.name,
        type=type_text(declared["actionTypeId"]),
        id=shown.pk if shown else None,
        status=action_status(shown, jobs),
        execution=tag_of(shown.execution) if shown else None,
        started_at=shown.started_at if shown else None,
        ended_at=shown.ended_at if shown else None,
        by=person(shown.updated_by) if shown else "",
        reason=action_reason(shown, jobs) if shown else None,
        error=(shown.error_message or shown.summary) if shown and shown.state == "Failed" else "",
        error_code=shown.error_code if shown else "",
        summary=shown.summary if shown and shown.state != "Failed" else "",
        link=link if is_web_link(link) else "",
        revision=revision,
        approval=approval_of(shown, jobs, reader),
        attempts=_attempts(attempts, shown),
        commands=tuple(declared.get("commands", ())),
        configuration=pairs_of(shown.resolved_configuration if shown else declared.get("configuration", {})),
        inputs=artifacts_of(shown.input_artifacts if shown else declared.get("inputArtifacts", [])),
        outputs=artifacts_of(shown.output_artifacts if shown else declared.get("outputArtifacts", [])),
        variables=pairs_of(shown.output_variables if shown else {}),
        log=_log(shown, jobs, log),
    )


def _log(action: ActionExecution | None, jobs: Jobs, log: LogLines | None) -> LogLines | None:
    """Return the log if there is one, or if our worker may still write one."""
    job = jobs.get(action.pk) if action else None
    if log is None or log.lines or log.partial is not None:
        return log
    return log if job is not None and job.performer == "worker" else None


def _attempts(attempts: list[ActionExecution], shown: ActionExecution | None) -> tuple[Attempt, ...]:
    if len(attempts) < 2:
        return ()
    return tuple(Attempt(item.attempt, status_of(item.state), item is shown) for item in attempts)


def pairs_of(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((key, str(value)) for key, value in values.items())


def artifacts_of(items: list[dict[str, Any]]) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(
            item["name"], str(item.get("revision", ""))[:12], f"{item['bucket']}/{item['key']}" if "key" in item else ""
        )
        for item in items
    )


def shown_attempt(attempts: Sequence[A], wanted: int | None) -> A | None:
    """Return the attempt that is asked for, or else the newest. None when there is none."""
    newest = attempts[-1] if attempts else None
    return next((item for item in attempts if item.attempt == wanted), newest)
