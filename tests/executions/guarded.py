"""Pipelines whose stage Build has conditions. Its rules are jobs that wait until the test ends them."""

from typing import Any

from apps.executions.models import PipelineExecution, RuleExecution
from apps.jobs.models import Job
from apps.jobs.outcome import Outcome
from apps.jobs.services import finish_job
from apps.jobs.states import JobState
from apps.pipelines.models import Pipeline
from tests.factories import NOW, make_account, make_declaration, make_pipeline

WINDOW = {
    "name": "Window",
    "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
    "configuration": {"Cron": "0 0 9 ? * MON-FRI *"},
}
CHECK = {
    "name": "Check",
    "ruleTypeId": {"category": "Rule", "provider": "VariableCheck"},
    "configuration": {"Variable": "#{codepipeline.PipelineExecutionId}", "Value": "none", "Operator": "NE"},
}


def condition(result: str, *rules: dict) -> dict[str, Any]:
    return {"conditions": [{"result": result, "rules": list(rules)}]}


def make_guarded(*, account=None, stages=None, mode: str = "SUPERSEDED", **guards: Any) -> Pipeline:
    """Shapes: `guards` are members of the stage Build, as "beforeEntry"."""
    account = account or make_account()
    declared = make_declaration(account, stages or {"Build": {"Make": 1}, "Ship": {"Send": 1}}, mode=mode)
    declared["stages"][1] |= guards
    return make_pipeline(account=account, declaration=declared)


def rule_at(execution: PipelineExecution, rule: str) -> RuleExecution:
    return RuleExecution.objects.filter(execution=execution, rule=rule).order_by("-attempt")[0]


def rule_job(execution: PipelineExecution, rule: str) -> Job:
    return Job.objects.filter(action_execution_id=rule_at(execution, rule).pk).order_by("-created_at")[0]


def settle_rule(execution: PipelineExecution, rule: str, *, succeeded: bool = True, **facts: Any) -> None:
    job = rule_job(execution, rule)
    Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(state=JobState.IN_PROGRESS)
    if not succeeded:
        facts = {"error_code": "JobFailed", "error_message": "It is closed."} | facts
    finish_job(execution.account, job.pk, Outcome(succeeded=succeeded, **facts), now=NOW)
    execution.refresh_from_db()
