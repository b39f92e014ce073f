"""Pipelines whose actions are jobs that the test itself polls for: full control over when what ends."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.running import Account, until

Details = dict[str, Any]


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:8]}"


def refused(code: str):
    """Expect boto3 to raise an error of this code."""
    return pytest.raises(ClientError, match=code)


def bounds(least: int, most: int) -> dict[str, int]:
    return {"minimumCount": least, "maximumCount": most}


def action(name: str, type_id: dict[str, str], **members: Any) -> Details:
    return {"name": name, "actionTypeId": type_id, **members}


def noop(category: str) -> dict[str, str]:
    return {"category": category, "owner": "ThirdParty", "provider": "Noop", "version": "1"}


APPROVAL = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}


def definition(account: Account, name: str, stages: Sequence[Details], **members: Any) -> Details:
    return {
        "name": name,
        "roleArn": f"arn:aws:iam::{account['account_id']}:role/tests",
        "artifactStore": {"type": "S3", "location": account["artifact_bucket"]},
        "stages": list(stages),
        **members,
    }


def stage(name: str, *actions: Details) -> Details:
    return {"name": name, "actions": list(actions)}


VARIABLE_CHECK = {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"}
NOOP_RULE = {"category": "Rule", "owner": "AWS", "provider": "Noop", "version": "1"}
GATE = {"name": "Gate", "defaultValue": "open"}  # the pipeline variable that `gate_is_open` checks


def rule(name: str, type_id: dict[str, str], **configuration: str) -> Details:
    return {"name": name, "ruleTypeId": type_id, "configuration": configuration}


def gate_is_open() -> Details:
    """Return a rule that succeeds for executions that were started with the variable Gate as it is by default."""
    return rule("GateIsOpen", VARIABLE_CHECK, Variable="#{variables.Gate}", Value="open", Operator="EQ")


def unhurried() -> Details:
    """Return a rule that is still being evaluated when a test is over."""
    return rule("Unhurried", NOOP_RULE, Behaviour="sleep:600")


def condition(result: str, *rules: Details) -> Details:
    return {"conditions": [{"result": result, "rules": list(rules)}]}


def simple(account: Account, name: str | None = None, **members: Any) -> Details:
    """Return the definition of a no-op source and a no-op build."""
    stages = [
        stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
        stage("Build", action("Make", noop("Build"))),
    ]
    return definition(account, name or unique("plain"), stages, **members)


def declare(api: Any, **members: Any) -> dict[str, str]:
    """Declare a custom action type of one input and one output at most, and return its id."""
    type_id = {"category": "Build", "provider": unique("Type"), "version": "1"}
    api.create_custom_action_type(
        **type_id, inputArtifactDetails=bounds(0, 1), outputArtifactDetails=bounds(0, 1), **members
    )
    return {**type_id, "owner": "Custom"}


def take(api: Any, type_id: dict[str, str]) -> Details:
    """Wait for the next job of a type, and acknowledge it."""
    (job,) = until(lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"], what="an offer")
    api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    return job


def statuses_of(api: Any, pipeline: str) -> Counter[str]:
    """Return how many executions of a pipeline have each status."""
    pages = api.get_paginator("list_pipeline_executions").paginate(pipelineName=pipeline)
    return Counter(each["status"] for page in pages for each in page["pipelineExecutionSummaries"])


def actions_of(api: Any, pipeline: str) -> list[Details]:
    """Return the details of every action of every execution."""
    pages = api.get_paginator("list_action_executions").paginate(pipelineName=pipeline)
    return [each for page in pages for each in page["actionExecutionDetails"]]


class Workshop:
    """A pipeline of its own custom action type: every action is a job that waits here until the test ends it.

    Stages: Source with the no-op source `Start`, then those given as {stage name: [(action, run order), …]}. `guards`
    are members of the stage Build, as beforeEntry.
    """

    def __init__(
        self,
        api: Any,
        account: Account,
        stages: dict[str, list[tuple[str, int]]],
        *,
        guards: Details | None = None,
        **members: Any,
    ) -> None:
        self.api, self.account = api, account
        self.type = {"category": "Build", "owner": "Custom", "provider": unique("Hand"), "version": "1"}
        named = {key: self.type[key] for key in ("category", "provider", "version")}
        api.create_custom_action_type(**named, inputArtifactDetails=bounds(0, 5), outputArtifactDetails=bounds(0, 5))
        self.name = unique("workshop")
        self.stages = [
            stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
            *(
                stage(name, *(action(each, self.type, runOrder=order) for each, order in actions))
                for name, actions in stages.items()
            ),
        ]
        for each in self.stages:
            each |= (guards or {}) if each["name"] == "Build" else {}
        self.members = members
        self.api.create_pipeline(pipeline=self.definition())
        self.first = self.executions()[0]["pipelineExecutionId"]
        self.held: dict[tuple[str, str], Details] = {}

    def definition(self, **members: Any) -> Details:
        return definition(self.account, self.name, self.stages, **{**self.members, **members})

    def start(self, **members: Any) -> str:
        return self.api.start_pipeline_execution(name=self.name, **members)["pipelineExecutionId"]

    def executions(self) -> list[Details]:
        return self.api.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]

    def status(self, execution: str) -> str:
        found = self.api.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution)
        return found["pipelineExecution"]["status"]

    def state(self, stage_name: str) -> Details:
        states = self.api.get_pipeline_state(name=self.name)["stageStates"]
        return next(each for each in states if each["stageName"] == stage_name)

    def condition_state(self, member: str, stage_name: str = "Build") -> Details:
        """Return how a condition stands. Shapes: `member` is "beforeEntryConditionState" or the like."""
        return self.state(stage_name)[member].get("latestExecution", {})

    def rule_states(self, member: str, stage_name: str = "Build") -> dict[str, str]:
        """Return the status of each rule of a condition that was asked."""
        (standing,) = self.state(stage_name)[member]["conditionStates"]
        return {each["ruleName"]: each["latestExecution"]["status"] for each in standing["ruleStates"]}

    def action_state(self, stage_name: str, action_name: str) -> Details:
        found = next(each for each in self.state(stage_name)["actionStates"] if each["actionName"] == action_name)
        return found.get("latestExecution", {})

    def poll(self) -> list[Details]:
        """Take what is offered, acknowledged."""
        jobs = self.api.poll_for_jobs(actionTypeId=self.type, maxBatchSize=50)["jobs"]
        for job in jobs:
            assert self.api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
            context = job["data"]["pipelineContext"]
            self.held[context["pipelineExecutionId"], context["action"]["name"]] = job
        return jobs

    def job(self, execution: str, action_name: str) -> Details:
        """Wait for the job of an action, and take it."""

        def offered() -> Details | None:
            self.poll()
            return self.held.get((execution, action_name))

        return until(offered, what=f"a job for {action_name} of {execution}")

    def succeed(self, execution: str, *action_names: str, **result: Any) -> None:
        for name in action_names:
            job = self.job(execution, name)
            self.api.put_job_success_result(jobId=job["id"], **result)
            del self.held[execution, name]

    def fail(self, execution: str, action_name: str, message: str = "It broke.", kind: str = "JobFailed") -> None:
        job = self.job(execution, action_name)
        self.api.put_job_failure_result(jobId=job["id"], failureDetails={"type": kind, "message": message})
        del self.held[execution, action_name]

    def has_no_job(self, action_name: str) -> bool:
        self.poll()
        return not any(name == action_name for _, name in self.held)

    def wait_status(self, execution: str, status: str) -> None:
        until(lambda: self.status(execution) == status, what=f"{execution} being {status}")

    def wait_inside(self, stage_name: str, execution: str) -> None:
        until(
            lambda: self.state(stage_name).get("latestExecution", {}).get("pipelineExecutionId") == execution,
            what=f"{execution} entering {stage_name}",
        )

    def wait_waiting(self, stage_name: str, execution: str) -> None:
        until(
            lambda: self.state(stage_name).get("inboundExecution", {}).get("pipelineExecutionId") == execution,
            what=f"{execution} waiting at {stage_name}",
        )
