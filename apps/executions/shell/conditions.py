"""Conditions and rules as rows: a condition that is asked, a rule whose job is made, both as they end.

A rule is a job like an action: its worker runs the rule's provider, and its result comes back as a job's does.
Source: reference section 5.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.actions.catalogue import rule_spec
from apps.actions.types import ActionTypeSpec
from apps.core.statements import insert, update
from apps.executions.engine import (
    Cause,
    ConditionState,
    MoveCondition,
    MoveRule,
    RuleCause,
    RuleSettled,
    RuleState,
    StartCondition,
    StartRule,
)
from apps.executions.engine.plan import MEMBERS
from apps.executions.models import ConditionExecution, PipelineExecution, RuleExecution
from apps.executions.shell.resolving import CannotStart, Resolved, inputs_of, lookup_of, mask, resolve, store_of
from apps.jobs.services import JobOrder, create_job, void_jobs
from headrace_sdk import ActionTypeId

if TYPE_CHECKING:
    from apps.executions.shell.advance import Advance


def start_condition(advance: Advance, effect: StartCondition) -> None:
    execution = advance.rows.executions[effect.execution]
    plan = advance.snapshot.plans[execution.version].stage(effect.stage)
    assert plan is not None
    row = ConditionExecution(
        account=advance.account,
        pipeline=advance.pipeline,
        execution=execution,
        stage_execution=advance.rows.stages[effect.execution, effect.stage],
        stage=effect.stage,
        kind=effect.kind,
        result=plan.conditions[effect.kind].result,
        started_at=advance.now,
        updated_at=advance.now,
    )
    insert(row)
    advance.rows.conditions[effect.execution, effect.kind] = row
    advance.record("ConditionStarted", execution, stage=effect.stage, condition=effect.kind)


def start_rule(advance: Advance, effect: StartRule) -> Cause | None:
    """Begin a rule execution and make its job. One that cannot begin could not be evaluated: it is kept so."""
    execution = advance.rows.executions[effect.execution]
    version = advance.rows.versions[execution.version]
    declared = _declared(version.declaration, effect)
    row = _new_row(advance, execution, effect, declared, version.declaration["roleArn"])
    try:
        spec = _spec(declared)
        resolved = resolve(declared, lookup_of(execution, version.declaration), what="rule")
        row.resolved_configuration = mask(resolved.configuration, spec)
        row.input_artifacts = inputs_of(execution, declared, what="rule")
        insert(row)
        advance.record("RuleStarted", execution, **place_of(row))
        _make_job(advance, execution, row, declared, spec, resolved, version.declaration)
    except CannotStart as error:
        row.state, row.ended_at = RuleState.ERRORED, advance.now
        row.error_code, row.error_message = error.code, error.message
        insert(row)
        advance.record("RuleStarted", execution, **place_of(row))
        advance.record("RuleErrored", execution, **place_of(row), error_code=error.code, message=error.message)
    advance.rows.rules[effect.execution, effect.kind, effect.rule] = row
    if row.state == RuleState.ERRORED:
        return RuleSettled(effect.execution, effect.stage, effect.kind, effect.rule, RuleCause.ERROR)
    return None


def move_rule(advance: Advance, effect: MoveRule) -> None:
    row = advance.rows.rules[effect.execution, effect.kind, effect.rule]
    row.state, row.updated_at, row.ended_at = effect.state, advance.now, advance.now
    update(row, "state", "updated_at", "ended_at")
    void_jobs([row.pk])
    advance.record(f"Rule{effect.state}", advance.rows.executions[effect.execution], **place_of(row))


def move_condition(advance: Advance, effect: MoveCondition) -> None:
    row = advance.rows.conditions[effect.execution, effect.kind]
    row.state, row.updated_at, row.summary = effect.state, advance.now, _summary(advance, effect)
    update(row, "state", "updated_at", "summary")
    execution = advance.rows.executions[effect.execution]
    facts = {"stage": effect.stage, "condition": effect.kind, "message": row.summary}
    advance.record(f"Condition{effect.state}", execution, **facts)


def _summary(advance: Advance, effect: MoveCondition) -> str:
    if effect.state is ConditionState.OVERRIDDEN:
        return advance.override_note
    unsuccessful = [
        rule
        for (execution, kind, rule), row in advance.rows.rules.items()
        if (execution, kind) == (effect.execution, effect.kind) and row.state in {RuleState.FAILED, RuleState.ERRORED}
    ]
    return f"Rules that did not succeed: {', '.join(sorted(unsuccessful))}."[:2048] if unsuccessful else ""


def place_of(row: RuleExecution) -> dict[str, Any]:
    """Return where a rule stands, as its events say it."""
    return {"stage": row.stage, "condition": row.kind, "rule": row.rule, "rule_execution_id": str(row.pk)}


def _declared(declaration: Mapping[str, Any], effect: StartRule) -> Mapping[str, Any]:
    stage = next(item for item in declaration["stages"] if item["name"] == effect.stage)
    rules = stage[MEMBERS[effect.kind]]["conditions"][0]["rules"]
    found: Mapping[str, Any] = next(item for item in rules if item["name"] == effect.rule)
    return found


def _type_id(declared: Mapping[str, Any]) -> ActionTypeId:
    named = {"owner": "AWS", "version": "1", **declared["ruleTypeId"]}
    return ActionTypeId(named["category"], named["owner"], named["provider"], named["version"])


def _spec(declared: Mapping[str, Any]) -> ActionTypeSpec:
    spec = rule_spec(_type_id(declared))
    if spec is None:
        raise CannotStart(f"The rule type {_type_id(declared)} of rule '{declared['name']}' is not available any more.")
    return spec


def _new_row(
    advance: Advance, execution: PipelineExecution, effect: StartRule, declared: Mapping[str, Any], role_arn: str
) -> RuleExecution:
    place = {"execution": execution, "stage": effect.stage, "kind": effect.kind, "rule": effect.rule}
    stage = advance.rows.stages[effect.execution, effect.stage]
    retried = stage.manual_retries or stage.automatic_retries
    return RuleExecution(
        **place,
        account=advance.account,
        pipeline=advance.pipeline,
        condition=advance.rows.conditions[effect.execution, effect.kind],
        rule_type=str(_type_id(declared)),
        version=execution.version,
        attempt=RuleExecution.objects.filter(**place).count() + 1 if retried else 1,
        configuration=declared.get("configuration", {}),
        region=declared.get("region", settings.REGION),
        role_arn=declared.get("roleArn", role_arn),
        started_at=advance.now,
        updated_at=advance.now,
    )


def _make_job(
    advance: Advance,
    execution: PipelineExecution,
    row: RuleExecution,
    declared: Mapping[str, Any],
    spec: ActionTypeSpec,
    resolved: Resolved,
    declaration: Mapping[str, Any],
) -> None:
    order = {
        "context": {
            "pipeline_name": advance.pipeline.name,
            "pipeline_arn": advance.pipeline.arn,
            "stage_name": row.stage,
            "action_name": row.rule,
            "rule": row.rule,
            "condition": row.kind,
            "pipeline_execution_id": str(execution.pk),
            "action_execution_id": str(row.pk),
        },
        "configuration": row.resolved_configuration,
        "commands": resolved.commands,
        "environment": resolved.environment,
        "output_variable_names": [],
        "inputs": row.input_artifacts,
        "outputs": [],
        "encryption_key": store_of(declaration, declared).get("encryptionKey"),
        "region": declared.get("region", ""),
        "revision_overrides": {},
    }
    secrets = {key: value for key, value in resolved.configuration.items() if row.resolved_configuration[key] != value}
    minutes = declared.get("timeoutInMinutes")
    job = JobOrder(
        account=advance.account,
        pipeline_id=advance.pipeline.pk,
        action_execution_id=row.pk,
        action_type=row.rule_type,
        performer=spec.performed_by,
        order=order,
        timeout_seconds=spec.timeout_seconds if minutes is None else minutes * 60,
        secrets=secrets,
    )
    create_job(job, now=advance.now)
