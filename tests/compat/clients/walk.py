"""What every client does, step by step: the same calls with the same expectations, whoever makes them."""

from collections.abc import Callable
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
    bounds,
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
    executions: list[str] = field(default_factory=list)  # those that the client started, oldest first

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

    def latest(self, stage_name: str) -> Answer:
        """Return how the only action of a stage stands."""
        states = self.api.get_pipeline_state(name=self.name)["stageStates"]
        (found,) = next(each for each in states if each["stageName"] == stage_name)["actionStates"]
        return found.get("latestExecution", {})

    def status(self, execution: str) -> str:
        found = self.api.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution)
        return found["pipelineExecution"]["status"]

    def wait_status(self, execution: str, status: str) -> None:
        until(lambda: self.status(execution) == status, what=f"{execution} being {status}")

    def approve(self) -> Answer:
        """Wait until the approval has a token, and give it, both as the client."""
        until(lambda: self.latest("Ask").get("token"), what="a token")
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


def is_now(moment: Any) -> bool:
    """Say whether a client gave a moment, as its language has it, that is not far from now."""
    return isinstance(moment, datetime) and abs(datetime.now(UTC) - moment) < timedelta(minutes=10)


def declare(walk: Walk) -> None:
    project = {"name": "Project", "required": True, "key": True, "secret": False, "queryable": True}
    made = walk.client.call(
        "CreateCustomActionType",
        **{key: walk.type[key] for key in ("category", "provider", "version")},
        settings={"entityUrlTemplate": "https://walker.example/{Config:Project}"},
        configurationProperties=[project],
        inputArtifactDetails=bounds(0, 1),
        outputArtifactDetails=bounds(0, 1),
        tags=[{"key": "Team", "value": "Häfen"}],
    )
    assert made["actionType"]["id"] == walk.type
    assert made["actionType"]["inputArtifactDetails"] == bounds(0, 1)
    assert made["tags"] == [{"key": "Team", "value": "Häfen"}]


def create(walk: Walk) -> None:
    wanted = walk.definition()
    made = walk.client.call("CreatePipeline", pipeline=wanted, tags=[{"key": "Walk", "value": "yes"}])
    assert made["tags"] == [{"key": "Walk", "value": "yes"}]
    assert (made["pipeline"]["name"], made["pipeline"]["version"]) == (walk.name, 1)
    assert [each["name"] for each in made["pipeline"]["stages"]] == ["Source", "Ask", "Work"]
    (first,) = walk.api.list_pipeline_executions(pipelineName=walk.name)["pipelineExecutionSummaries"]
    walk.executions.append(first["pipelineExecutionId"])


def read(walk: Walk) -> None:
    found = walk.client.call("GetPipeline", name=walk.name)
    assert found["pipeline"] == walk.api.get_pipeline(name=walk.name)["pipeline"]
    assert found["metadata"]["pipelineArn"] == walk.arn
    assert is_now(found["metadata"]["created"])
    state = walk.client.call("GetPipelineState", name=walk.name)
    assert (state["pipelineName"], state["pipelineVersion"]) == (walk.name, 1)
    assert [each["inboundTransitionState"]["enabled"] for each in state["stageStates"]] == [True, True, True]


def catch(walk: Walk) -> None:
    number = walk.account["account_id"]
    told = walk.refuses("PipelineNotFoundException", "GetPipeline", name="nobody")
    assert told == f"Account '{number}' does not have a pipeline with name 'nobody'"
    walk.refuses("PipelineNameInUseException", "CreatePipeline", pipeline=walk.definition())
    one_stage = walk.definition(name=unique("short"), stages=walk.definition()["stages"][:1])
    told = walk.refuses("InvalidStructureException", "CreatePipeline", pipeline=one_stage)
    assert "has only 1 stage(s)" in told
    walk.refuses("JobNotFoundException", "GetJobDetails", jobId="00000000-0000-4000-8000-000000000000")
    walk.refuses("InvalidNextTokenException", "ListPipelines", nextToken="no token of ours")


def approve(walk: Walk) -> None:
    assert is_now(walk.approve()["approvedAt"])
    assert (walk.latest("Ask")["status"], walk.latest("Ask")["summary"]) == ("Succeeded", "Fine")


def work(walk: Walk) -> None:
    job = walk.take()
    data = walk.client.call("GetJobDetails", jobId=job["id"])["jobDetails"]["data"]
    assert data["actionConfiguration"]["configuration"] == {"Project": "harbor"}
    assert [each["name"] for each in data["inputArtifacts"]] == ["Code"]
    assert data["outputArtifacts"] == []
    walk.refuses("InvalidNonceException", "AcknowledgeJob", jobId=job["id"], nonce=job["nonce"])
    details = {"externalExecutionId": "42", "summary": "Finished", "percentComplete": 100}
    walk.client.call("PutJobSuccessResult", jobId=job["id"], executionDetails=details)
    shown = walk.client.call("GetPipelineState", name=walk.name)["stageStates"][2]["actionStates"][0]
    assert shown["entityUrl"] == "https://walker.example/harbor"
    assert is_now(shown["latestExecution"]["lastStatusChange"])
    assert {key: shown["latestExecution"][key] for key in details} == details
    (first,) = walk.executions
    found = walk.client.call("GetPipelineExecution", pipelineName=walk.name, pipelineExecutionId=first)
    assert found["pipelineExecution"]["status"] == "Succeeded"


def start(walk: Walk) -> None:
    token = unique("token")
    asked = {"name": walk.name, "clientRequestToken": token}
    begun = walk.client.call("StartPipelineExecution", **asked)["pipelineExecutionId"]
    assert begun not in walk.executions
    assert walk.client.call("StartPipelineExecution", **asked)["pipelineExecutionId"] == begun
    other = walk.client.call("StartPipelineExecution", name=walk.name)["pipelineExecutionId"]
    assert other != begun
    walk.executions += [begun, other]
    walk.wait_status(begun, "InProgress")


def paginate(walk: Walk) -> None:
    """The client's own paginator goes over several pages, and ends by itself."""
    for _ in range(2):
        walk.executions.append(walk.api.start_pipeline_execution(name=walk.name)["pipelineExecutionId"])
    before = walk.recorder.times("ListPipelineExecutions")
    found = walk.client.items(
        "ListPipelineExecutions", "pipelineExecutionSummaries", pipelineName=walk.name, maxResults=2
    )
    assert [each["pipelineExecutionId"] for each in found] == walk.executions[::-1]
    assert all(is_now(each["startTime"]) for each in found)
    assert walk.recorder.times("ListPipelineExecutions") - before == 3
    listed = walk.client.items("ListPipelines", "pipelines", maxResults=1)
    assert [each["name"] for each in listed] == [walk.name]


def delete(walk: Walk) -> None:
    walk.client.call("DeletePipeline", name=walk.name)
    walk.client.call("DeletePipeline", name=walk.name)  # what is gone is gone
    walk.refuses("PipelineNotFoundException", "GetPipelineState", name=walk.name)
    named = {key: walk.type[key] for key in ("category", "provider", "version")}
    walk.client.call("DeleteCustomActionType", **named)
    assert walk.client.items("ListActionTypes", "actionTypes", actionOwnerFilter="Custom") == []


STEPS: dict[str, Callable[[Walk], None]] = {
    "declare an action type": declare,
    "create": create,
    "read": read,
    "catch a typed exception": catch,
    "approve": approve,
    "poll, acknowledge and finish a job": work,
    "start": start,
    "paginate": paginate,
    "delete": delete,
}
