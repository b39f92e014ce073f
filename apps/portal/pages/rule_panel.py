"""The side panel of a rule: what it was asked, what it said, and its log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise

from apps.executions.engine import Kind
from apps.executions.models import RuleExecution
from apps.executions.selectors import PipelineStanding, RuleStanding
from apps.portal.logs import LogLines, last_lines
from apps.portal.pages.conditions import NAMES, reason_of, rule_selector
from apps.portal.pages.executions import ExecutionTag, is_web_link, tag_of
from apps.portal.pages.panel import Artifact, Attempt, artifacts_of, pairs_of, shown_attempt
from apps.portal.pages.words import CHECK_STATUSES, Status
from apps.portal.selectors import rule_attempts_at
from apps.portal.templatetags.portal_text import person
from apps.tenancy.models import Account


@dataclass(frozen=True)
class RulePanel:
    """A rule, in the evaluation that is shown. `id` is None when it has not been checked."""

    stage: str
    condition: str | Promise
    name: str
    selector: str
    type: str
    id: UUID | None
    status: Status
    execution: ExecutionTag | None
    started_at: datetime | None
    ended_at: datetime | None
    by: str
    error: str
    error_code: str
    summary: str
    link: str
    attempts: tuple[Attempt, ...]
    configuration: tuple[tuple[str, str], ...]
    inputs: tuple[Artifact, ...]
    commands: tuple[str, ...]
    log: LogLines | None


def rule_panel(account: Account, standing: PipelineStanding, selected: str, attempt: int | None) -> RulePanel | None:
    """Return the panel of the rule that is selected, None when it is none."""
    for stage in standing.stages:
        for condition in stage.conditions:
            for rule in condition.rules:
                if selected == rule_selector(stage.name, condition.kind, rule.name):
                    attempts = rule_attempts_at(rule.latest) if rule.latest else []
                    shown = shown_attempt(attempts, attempt)
                    if shown is not None and stage.latest is not None:
                        shown.execution = stage.latest.execution
                    log = last_lines(account, shown.pk) if shown else None
                    return _panel(stage.name, condition.kind, rule, attempts, shown, log)
    return None


def _panel(
    stage: str,
    kind: Kind,
    rule: RuleStanding,
    attempts: list[RuleExecution],
    shown: RuleExecution | None,
    log: LogLines | None,
) -> RulePanel:
    did_not_pass = shown is not None and shown.state in ("Failed", "Errored")
    link = (shown.external_url if shown else "") or rule.entity_url
    return RulePanel(
        stage=stage,
        condition=NAMES[kind],
        name=rule.name,
        selector=rule_selector(stage, kind, rule.name),
        type=str(rule.declared["ruleTypeId"]["provider"]),
        id=shown.pk if shown else None,
        status=CHECK_STATUSES[shown.state if shown else "NotRun"],
        execution=tag_of(shown.execution) if shown else None,
        started_at=shown.started_at if shown else None,
        ended_at=shown.ended_at if shown else None,
        by=person(shown.updated_by) if shown else "",
        error=reason_of(shown) if shown and did_not_pass else "",
        error_code=shown.error_code if shown else "",
        summary=shown.summary if shown and not did_not_pass else "",
        link=link if is_web_link(link) else "",
        attempts=_attempts(attempts, shown),
        configuration=pairs_of(shown.resolved_configuration if shown else rule.declared.get("configuration", {})),
        inputs=artifacts_of(shown.input_artifacts if shown else rule.declared.get("inputArtifacts", [])),
        commands=tuple(rule.declared.get("commands", ())),
        log=log if log and (log.lines or log.partial is not None or may_still_write(shown)) else None,
    )


def _attempts(attempts: list[RuleExecution], shown: RuleExecution | None) -> tuple[Attempt, ...]:
    if len(attempts) < 2:
        return ()
    return tuple(Attempt(item.attempt, CHECK_STATUSES[item.state], item is shown) for item in attempts)


def may_still_write(rule: RuleExecution | None) -> bool:
    """Tell whether its worker may still write a log."""
    return rule is not None and rule.state == "InProgress"
