"""The conditions of a stage: what they ask, what came of it, and whether a person may let the execution pass.

Source: reference section 5.13.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.executions.engine import Kind
from apps.executions.engine.plan import MEMBERS
from apps.executions.models import RuleExecution, StageExecution
from apps.executions.selectors import ConditionStanding, RuleStanding, StageStanding
from apps.portal.pages.words import CHECK_STATUSES, Status
from apps.portal.templatetags.portal_text import in_people

NAMES: Mapping[str, str | Promise] = {
    Kind.BEFORE_ENTRY: gettext_lazy("Before entry"),
    Kind.ON_SUCCESS: gettext_lazy("After success"),
    Kind.ON_FAILURE: gettext_lazy("After failure"),
}
CONSEQUENCES: Mapping[tuple[str, str], str | Promise] = {
    (Kind.BEFORE_ENTRY, "FAIL"): gettext_lazy("If a rule fails, the stage fails."),
    (Kind.BEFORE_ENTRY, "SKIP"): gettext_lazy("If a rule fails, the stage is skipped."),
    (Kind.ON_SUCCESS, "FAIL"): gettext_lazy("If a rule fails, the stage fails."),
    (Kind.ON_SUCCESS, "ROLLBACK"): gettext_lazy("If a rule fails, the stage is rolled back."),
    (Kind.ON_FAILURE, "ROLLBACK"): gettext_lazy("If all rules pass, the stage is rolled back."),
}
ON_FAILURE: Mapping[str, str | Promise] = {
    "ROLLBACK": gettext_lazy("After failure the stage is rolled back."),
    "FAILED_ACTIONS": gettext_lazy("After failure its failed actions are retried once."),
    "ALL_ACTIONS": gettext_lazy("After failure all of its actions are retried once."),
}
OVERRIDABLE_KINDS = (Kind.BEFORE_ENTRY, Kind.ON_SUCCESS)


@dataclass(frozen=True)
class RuleLine:
    """A rule of a condition. `selector` names it in the address of the page, beside its stage and condition."""

    name: str
    selector: str
    status: Status
    reason: str
    attempt: int
    is_selected: bool


@dataclass(frozen=True)
class ConditionCard:
    """A condition with its latest evaluation. `execution` is the one that may be let pass, None when none may."""

    kind: str
    name: str | Promise
    consequence: str | Promise
    status: Status
    summary: str
    rules: tuple[RuleLine, ...]
    execution: UUID | None

    @property
    def has_rules_left(self) -> bool:
        return self.status.state == "InProgress"

    @property
    def unmet(self) -> str:
        """The rules that did not pass, as a person confirms them."""
        return ", ".join(rule.name for rule in self.rules if rule.status.state in ("Failed", "Errored"))


def conditions_of(stage: StageStanding, selected: str) -> tuple[ConditionCard, ...]:
    return tuple(condition_card(stage.name, stage.latest, condition, selected) for condition in stage.conditions)


def before_actions(cards: tuple[ConditionCard, ...]) -> tuple[ConditionCard, ...]:
    return tuple(card for card in cards if card.kind == Kind.BEFORE_ENTRY)


def after_actions(cards: tuple[ConditionCard, ...]) -> tuple[ConditionCard, ...]:
    return tuple(card for card in cards if card.kind != Kind.BEFORE_ENTRY)


def on_failure_of(declared: Mapping[str, Any]) -> str | Promise:
    """Return what follows a failure without a rule being asked, empty when nothing does."""
    member = declared.get("onFailure", {})
    if "result" not in member or member.get("conditions"):
        return ""
    mode = member.get("retryConfiguration", {}).get("retryMode", "FAILED_ACTIONS")
    return ON_FAILURE.get(mode if member["result"] == "RETRY" else member["result"], "")


def condition_card(
    stage: str, latest: StageExecution | None, condition: ConditionStanding, selected: str = ""
) -> ConditionCard:
    """Draw a condition. Shapes: `latest` is the stage execution that it was asked in, None where none was."""
    evaluation = condition.latest
    return ConditionCard(
        kind=condition.kind,
        name=NAMES[condition.kind],
        consequence=CONSEQUENCES.get((condition.kind, condition.result), ""),
        status=CHECK_STATUSES[evaluation.state if evaluation else "NotRun"],
        summary=in_people(evaluation.summary) if evaluation else "",
        rules=tuple(_line(stage, condition, rule, selected) for rule in condition.rules),
        execution=latest.execution_id if latest and _may_be_overridden(latest, condition) else None,
    )


def _line(stage: str, condition: ConditionStanding, rule: RuleStanding, selected: str) -> RuleLine:
    latest = rule.latest
    selector = rule_selector(stage, condition.kind, rule.name)
    return RuleLine(
        name=rule.name,
        selector=selector,
        status=CHECK_STATUSES[latest.state if latest else "NotRun"],
        reason=reason_of(latest) if latest else "",
        attempt=latest.attempt if latest else 1,
        is_selected=selector == selected,
    )


def rule_selector(stage: str, kind: str, rule: str) -> str:
    return f"{stage}/{MEMBERS[Kind(kind)]}/{rule}"


def reason_of(rule: RuleExecution) -> str:
    """Return why a rule stands as it does, in the words of who checked it."""
    return rule.error_message or rule.summary


def _may_be_overridden(stage: StageExecution, condition: ConditionStanding) -> bool:
    """Tell whether OverrideStageCondition would be served: while the rules run, or after they failed the execution."""
    execution, evaluation = stage.execution, condition.latest
    if evaluation is None or condition.kind not in OVERRIDABLE_KINDS or execution.stage != stage.stage:
        return False
    if execution.state == "InProgress":
        return evaluation.state == "InProgress"
    return execution.state == "Failed" and evaluation.state in ("Failed", "Errored")


def why_condition_failed(stage: StageStanding) -> str:
    """Return which condition failed a stage, and by which rules; empty when none did."""
    for card in conditions_of(stage, ""):
        if card.status.state in ("Failed", "Errored") and card.kind in OVERRIDABLE_KINDS:
            words = {"condition": str(card.name).lower(), "rules": card.unmet}
            return _("the condition “%(condition)s” did not pass (%(rules)s)") % words
    return ""
