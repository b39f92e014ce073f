"""What the result of a job does to its rule, and to the condition. Source: reference section 5.13."""

from datetime import datetime
from uuid import UUID

from apps.actions.catalogue import rule_spec
from apps.executions.engine import Kind, RuleCause, RuleSettled, RuleState
from apps.executions.links import execution_url
from apps.executions.models import RuleExecution
from apps.executions.shell import Advance
from apps.executions.shell.conditions import place_of
from apps.jobs.outcome import Outcome
from headrace_sdk import ActionTypeId

FAILED = "JobFailed"  # a failure of any other kind means that the rule could not be evaluated
STATES = {
    RuleCause.SUCCESS: RuleState.SUCCEEDED,
    RuleCause.FAILURE: RuleState.FAILED,
    RuleCause.ERROR: RuleState.ERRORED,
}


def rule_ended(rule_execution_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    """Settle a rule by the end of its job, and do what follows. A word about a settled rule changes nothing."""
    found = _running(rule_execution_id)
    if found is None:
        return
    advance = Advance(found.pipeline, now=now, about=found.execution_id)
    row = advance.rows.rules.get((found.execution_id, Kind(found.kind), found.rule), found)
    cause = _cause(outcome)
    row.state, row.ended_at = STATES[cause], now
    row.error_code, row.error_message = outcome.error_code, outcome.error_message
    _take_over(row, outcome, now)
    row.save()
    facts = {} if outcome.succeeded else {"error_code": row.error_code, "message": row.error_message or row.summary}
    advance.record(f"Rule{row.state}", advance.rows.executions[row.execution_id], **place_of(row), **facts)
    advance.take(RuleSettled(row.execution_id, row.stage, Kind(row.kind), row.rule, cause))
    advance.save()


def rule_continued(rule_execution_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    """Keep the progress that a continuation reports. The rule stays in progress."""
    row = _running(rule_execution_id)
    if row is not None:
        _take_over(row, outcome, now)
        row.save()


def _running(rule_execution_id: UUID) -> RuleExecution | None:
    rows = RuleExecution.objects.select_related("pipeline__account")
    return rows.filter(pk=rule_execution_id, state=RuleState.IN_PROGRESS).order_by().first()


def _cause(outcome: Outcome) -> RuleCause:
    if outcome.succeeded:
        return RuleCause.SUCCESS
    return RuleCause.FAILURE if outcome.error_code in ("", FAILED) else RuleCause.ERROR


def _take_over(row: RuleExecution, outcome: Outcome, now: datetime) -> None:
    row.updated_at = now
    row.updated_by = outcome.by or row.updated_by
    row.summary = (outcome.summary or row.summary)[:2048]
    row.external_id = (outcome.external_id or row.external_id)[:1500]
    spec = rule_spec(ActionTypeId.parse(row.rule_type))
    row.external_url = outcome.external_url or execution_url(spec, row) or row.external_url
