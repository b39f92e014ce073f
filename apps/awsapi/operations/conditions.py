"""OverrideStageCondition, ListRuleExecutions, and how conditions stand in GetPipelineState."""

from typing import Any
from uuid import UUID

from apps.awsapi.caller import Caller
from apps.awsapi.operations import words
from apps.awsapi.operations.executions import PAGE_SIZE, attempt_filter
from apps.awsapi.registry import operation
from apps.core import clock
from apps.executions import selectors, services
from apps.executions.engine import Kind
from apps.executions.models import RuleExecution
from apps.executions.selectors import ConditionStanding, RuleStanding, StageStanding
from apps.pipelines.selectors import find_pipeline
from headrace_sdk import ActionTypeId

MEMBERS = {
    Kind.BEFORE_ENTRY: "beforeEntryConditionState",
    Kind.ON_SUCCESS: "onSuccessConditionState",
    Kind.ON_FAILURE: "onFailureConditionState",
}


@operation("OverrideStageCondition")
def override_stage_condition(caller: Caller, request: dict[str, Any]) -> None:
    services.override_condition(
        caller.account,
        request["pipelineName"],
        request["stageName"],
        UUID(request["pipelineExecutionId"]),
        kind=request["conditionType"],
        by=caller.principal_arn,
        now=clock.database_now(),
    )


@operation("ListRuleExecutions")
def list_rule_executions(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = find_pipeline(caller.account, request["pipelineName"])
    found = selectors.list_rule_executions(
        caller.account,
        pipeline,
        wanted=attempt_filter(caller, pipeline, request.get("filter", {})),
        size=request.get("maxResults", PAGE_SIZE),
        token=request.get("nextToken"),
    )
    return {"ruleExecutionDetails": [_detail(row) for row in found.rows], "nextToken": found.next_token}


def _detail(rule: RuleExecution) -> dict[str, Any]:
    return {
        "pipelineExecutionId": str(rule.execution_id),
        "ruleExecutionId": str(rule.pk),
        "pipelineVersion": rule.version,
        "stageName": rule.stage,
        "ruleName": rule.rule,
        "startTime": rule.started_at,
        "lastUpdateTime": rule.updated_at,
        "updatedBy": rule.updated_by or None,
        "status": words.wire_state(rule.state),
        "input": {
            "ruleTypeId": words.type_id_of(ActionTypeId.parse(rule.rule_type)),
            "configuration": rule.configuration,
            "resolvedConfiguration": rule.resolved_configuration,
            "roleArn": rule.role_arn,
            "region": rule.region,
            "inputArtifacts": [words.artifact(item) for item in rule.input_artifacts],
        },
        "output": {
            "executionResult": {
                "externalExecutionId": rule.external_id or None,
                "externalExecutionSummary": rule.summary or None,
                "externalExecutionUrl": rule.external_url or None,
                "errorDetails": words.error_details(rule),
            }
        },
    }


def condition_states(stage: StageStanding) -> dict[str, Any]:
    """Return the members of a stage's state that tell of its conditions, which there is one of each kind at most."""
    return {MEMBERS[each.kind]: _condition(each) for each in stage.conditions}


def _condition(standing: ConditionStanding) -> dict[str, Any]:
    latest = standing.latest
    result = {"status": latest.state, "summary": latest.summary or None} if latest else None
    changed = {"lastStatusChange": latest.updated_at} if latest else {}
    return {
        "latestExecution": result,
        "conditionStates": [
            {
                "latestExecution": {**result, **changed} if result else None,
                "ruleStates": [_rule(rule) for rule in standing.rules],
            }
        ],
    }


def _rule(standing: RuleStanding) -> dict[str, Any]:
    latest = standing.latest
    return {
        "ruleName": standing.name,
        "entityUrl": standing.entity_url or None,
        "latestExecution": None
        if latest is None
        else {
            "ruleExecutionId": str(latest.pk),
            "status": words.wire_state(latest.state),
            "summary": latest.summary or None,
            "lastStatusChange": latest.updated_at,
            "lastUpdatedBy": latest.updated_by or None,
            "externalExecutionId": latest.external_id or None,
            "externalExecutionUrl": latest.external_url or None,
            "errorDetails": words.error_details(latest),
        },
    }
