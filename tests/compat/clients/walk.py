"""One client on its way through the steps of `steps/`: what it made so far, and how the tests wait for Headrace."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.compat.clients.callers import Answer, Caller, Refused
from tests.compat.recording import Recorder
from tests.journeys.workshop import (
    APPROVAL,
    GATE,
    Details,
    action,
    condition,
    definition,
    gate_is_open,
    noop,
    stage,
    unique,
)
from tests.running import Account, Headrace, until


@dataclass
class Walk:
    """One client on its way. `api` is a client of the tests' own, to wait with: what it calls does not count.

    Shapes: the pipeline has the stages Source (ends by itself), Ask (an approval) and Work (a job of `type`, behind a
    condition that variable Gate closes).
    """

    headrace: Headrace
    account: Account
    client: Caller
    recorder: Recorder
    name: str = field(default_factory=lambda: unique("walk"))
    type: dict[str, str] = field(
        default_factory=lambda: {"category": "Build", "owner": "Custom", "provider": unique("Walker"), "version": "1"}
    )
    executions: list[str] = field(default_factory=list)  # oldest first
    offered: dict[str, str] = field(default_factory=dict)  # the type whose publisher the account is

    def __post_init__(self) -> None:
        self.api = self.headrace.client(self.account)
        self.arn = f"arn:aws:codepipeline:us-east-1:{self.account['account_id']}:{self.name}"

    def definition(self, **members: Any) -> Details:
        code = [{"name": "Code"}]
        work = stage("Work", action("Make", self.type, inputArtifacts=code, configuration={"Project": "harbor"}))
        stages = [
            stage("Source", action("Start", noop("Source"), outputArtifacts=code)),
            stage("Ask", action("Release", APPROVAL)),
            {**work, "beforeEntry": condition("FAIL", gate_is_open())},
        ]
        wanted = definition(self.account, self.name, stages, pipelineType="V2", variables=[GATE])
        return wanted | members

    def refuses(self, code: str, operation: str, **parameters: Any) -> str:
        """Expect the client to raise its own class for this error, and return the message."""
        with pytest.raises(Refused) as caught:
            self.client.call(operation, **parameters)
        assert (caught.value.code, caught.value.caught) == (code, code)
        return caught.value.message

    def status(self, execution: str) -> str:
        found = self.api.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution)
        return found["pipelineExecution"]["status"]

    def wait_status(self, execution: str, status: str) -> None:
        until(lambda: self.status(execution) == status, what=f"{execution} being {status}")

    def stage_state(self, stage_name: str) -> Answer:
        states = self.api.get_pipeline_state(name=self.name)["stageStates"]
        return next(each for each in states if each["stageName"] == stage_name)

    def latest(self, stage_name: str) -> Answer:
        """Return how the only action of a stage stands."""
        (found,) = self.stage_state(stage_name)["actionStates"]
        return found.get("latestExecution", {})

    def asks(self, execution: str) -> bool:
        inside = self.stage_state("Ask").get("latestExecution", {}).get("pipelineExecutionId")
        return inside == execution and "token" in self.latest("Ask")

    def approve(self, execution: str) -> Answer:
        """Wait until an execution asks for approval, then read the token and give it, as the client."""
        until(lambda: self.asks(execution), what=f"{execution} asking")
        states = self.client.call("GetPipelineState", name=self.name)["stageStates"]
        asked = states[1]["actionStates"][0]["latestExecution"]
        return self.client.call(
            "PutApprovalResult",
            pipelineName=self.name,
            stageName="Ask",
            actionName="Release",
            result={"status": "Approved", "summary": "Fine"},
            token=asked["token"],
        )

    def take(self) -> Answer:
        """Wait until the action is there to be worked on, then poll once and acknowledge, as the client."""
        until(lambda: self.latest("Work").get("status") == "InProgress", what="work")
        asked = {"actionTypeId": self.type, "maxBatchSize": 1, "queryParam": {"Project": "harbor"}}
        (job,) = self.client.call("PollForJobs", **asked)["jobs"]
        taken = self.client.call("AcknowledgeJob", jobId=job["id"], nonce=job["nonce"])
        assert taken["status"] == "InProgress"
        return job

    def finish(self, execution: str) -> None:
        """Do the work of an execution, as the client."""
        self.client.call("PutJobSuccessResult", jobId=self.take()["id"])
        self.wait_status(execution, "Succeeded")


def is_now(moment: Any) -> bool:
    """Say whether a client gave a moment, as its language has it, that is not far from now."""
    return isinstance(moment, datetime) and abs(datetime.now(UTC) - moment) < timedelta(minutes=10)
