"""A release from its definition to its end, with an approval and a job worker."""

from tests.compat.clients.walk import Walk, is_now
from tests.journeys.workshop import bounds, unique


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
    assert is_now(walk.approve(walk.executions[0])["approvedAt"])
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
    found = walk.client.items("ListPipelineExecutions", "pipelineExecutionSummaries", pipelineName=walk.name, size=2)
    assert [each["pipelineExecutionId"] for each in found] == walk.executions[::-1]
    assert all(is_now(each["startTime"]) for each in found)
    assert walk.recorder.times("ListPipelineExecutions") - before == 3
    listed = walk.client.items("ListPipelines", "pipelines", size=1)
    assert [each["name"] for each in listed] == [walk.name]


def delete(walk: Walk) -> None:
    walk.client.call("DeletePipeline", name=walk.name)
    walk.client.call("DeletePipeline", name=walk.name)  # what is gone is gone
    walk.refuses("PipelineNotFoundException", "GetPipelineState", name=walk.name)
    named = {key: walk.type[key] for key in ("category", "provider", "version")}
    walk.client.call("DeleteCustomActionType", **named)
    assert walk.client.items("ListActionTypes", "actionTypes", actionOwnerFilter="Custom") == []
