"""Definitions over the wire: create, read, update, delete, list; what is echoed and what is refused."""

import time
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import refused, simple


def test_a_new_pipeline_is_echoed_with_its_defaults_and_starts(api, account):
    """Shows CP-016, CP-017, CP-018, CP-019, CP-020."""
    wanted = simple(account)
    made = api.create_pipeline(pipeline=wanted, tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "1"}])
    pipeline = made["pipeline"]
    assert (pipeline["version"], pipeline["executionMode"], pipeline["pipelineType"]) == (1, "SUPERSEDED", "V1")
    make = pipeline["stages"][1]["actions"][0]
    assert (make["runOrder"], make["configuration"]) == (1, {})
    assert make["inputArtifacts"] == make["outputArtifacts"] == []
    assert [tag["key"] for tag in made["tags"]] == ["a", "b"]
    (execution,) = api.list_pipeline_executions(pipelineName=wanted["name"])["pipelineExecutionSummaries"]
    assert execution["trigger"]["triggerType"] == "CreatePipeline"


def test_variables_make_it_a_v2_pipeline(api, account):
    """Shows CP-019."""
    made = api.create_pipeline(pipeline=simple(account, variables=[{"name": "Where", "defaultValue": "here"}]))
    assert made["pipeline"]["pipelineType"] == "V2"


def test_a_pipeline_is_read_with_its_metadata_and_its_versions(api, account):
    """Shows CP-006, CP-022, CP-023, CP-024, CP-027, CP-063."""
    name = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    found = api.get_pipeline(name=name)
    assert found["metadata"]["pipelineArn"] == f"arn:aws:codepipeline:us-east-1:{account['account_id']}:{name}"
    assert found["metadata"]["created"].tzinfo is not None
    assert "pollingDisabledAt" not in found["metadata"]
    assert api.update_pipeline(pipeline=found["pipeline"])["pipeline"] == found["pipeline"]
    renamed = {**found["pipeline"], "roleArn": f"{found['pipeline']['roleArn']}-2"}
    assert api.update_pipeline(pipeline=renamed)["pipeline"] == {**renamed, "version": 2}
    broken = {**found["pipeline"], "stages": found["pipeline"]["stages"][:1]}
    with refused("InvalidStructureException"):
        api.update_pipeline(pipeline=broken)
    assert api.get_pipeline(name=name)["pipeline"]["version"] == 2
    assert api.get_pipeline(name=name, version=1)["pipeline"]["version"] == 1
    with refused("PipelineVersionNotFoundException"):
        api.get_pipeline(name=name, version=99)
    message = f"Account '{account['account_id']}' does not have a pipeline with name 'nobody'"
    with pytest.raises(api.exceptions.PipelineNotFoundException, match=message):
        api.get_pipeline(name="nobody")


def test_a_name_is_taken_once(api, account):
    """Shows CP-021, CP-062."""
    wanted = simple(account)
    with refused("InvalidStructureException"):
        api.create_pipeline(pipeline={**wanted, "stages": wanted["stages"][:1]})
    api.create_pipeline(pipeline=wanted)
    with refused("PipelineNameInUseException"):
        api.create_pipeline(pipeline=wanted)


def test_a_pipeline_made_anew_has_no_history(api, account):
    """Shows CP-028, CP-029."""
    wanted = simple(account)
    api.delete_pipeline(name=wanted["name"])
    api.create_pipeline(pipeline=wanted)
    api.update_pipeline(pipeline=wanted)
    api.delete_pipeline(name=wanted["name"])
    with refused("PipelineNotFoundException"):
        api.get_pipeline(name=wanted["name"])
    assert api.create_pipeline(pipeline=wanted)["pipeline"]["version"] == 1
    assert len(api.list_pipeline_executions(pipelineName=wanted["name"])["pipelineExecutionSummaries"]) == 1


def test_pipelines_are_listed_by_name_in_pages(headrace):
    """Shows CP-011, CP-012, CP-013, CP-030."""
    account = headrace.create_account("Lists")
    api = headrace.client(account)
    names = [f"p{n:02}" for n in range(5)]
    for name in reversed(names):
        api.create_pipeline(pipeline=simple(account, name))
    pages = list(api.get_paginator("list_pipelines").paginate(PaginationConfig={"PageSize": 2}))
    assert [each["name"] for page in pages for each in page["pipelines"]] == names
    assert "nextToken" not in pages[-1]
    assert pages[0]["pipelines"][0]["executionMode"] == "SUPERSEDED"
    with refused("InvalidNextTokenException"):
        api.list_pipelines(nextToken="garbage")
    token = api.list_pipelines(maxResults=2)["nextToken"]
    with refused("InvalidNextTokenException"):
        headrace.client(headrace.create_account("Thief")).list_pipelines(maxResults=2, nextToken=token)
    for size in (0, 101):
        with refused("ValidationException|ParamValidation"):
            headrace.client(account, parameter_validation=False).list_pipeline_executions(
                pipelineName=names[0], maxResults=size
            )
    assert api.list_pipelines(maxResults=1000)["pipelines"]


def test_tags_have_rules(api, account):
    """Shows CP-031, CP-032."""
    with refused("InvalidTagsException"):
        api.create_pipeline(pipeline=simple(account), tags=[{"key": "aws:mine", "value": "x"}])
    with refused("TooManyTagsException"):
        api.create_pipeline(pipeline=simple(account), tags=[{"key": f"k{n}", "value": ""} for n in range(51)])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "x" * 101}, "less than or equal to 100"),
        ({"name": "a b"}, "regular expression pattern"),
        ({"executionMode": "FAST"}, "enum value set"),
        ({"name": "a b", "executionMode": "FAST"}, "2 validation errors detected"),
    ],
)
def test_constraints_of_the_model_are_checked(api, account, change, text):
    """Shows CP-004, CP-007, CP-008, CP-009, CP-010."""
    with pytest.raises(ClientError, match=text) as caught:
        api.create_pipeline(pipeline={**simple(account), **change})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_start_is_remembered_by_its_token(api, account):
    """Shows CP-065, CP-066, CP-067, CP-068, CP-069."""
    name = api.create_pipeline(pipeline=simple(account, variables=[{"name": "A", "defaultValue": "x"}]))["pipeline"][
        "name"
    ]
    token = str(uuid4())
    first = api.start_pipeline_execution(name=name, clientRequestToken=token)["pipelineExecutionId"]
    again = api.start_pipeline_execution(
        name=name, clientRequestToken=token, variables=[{"name": "A", "value": "other"}]
    )["pipelineExecutionId"]
    assert first == again
    trigger = api.get_pipeline_execution(pipelineName=name, pipelineExecutionId=first)["pipelineExecution"]["trigger"]
    assert trigger["triggerType"] == "StartPipelineExecution"
    assert trigger["triggerDetail"].startswith(f"arn:aws:iam::{account['account_id']}:user/")
    with refused("PipelineNotFoundException"):
        api.start_pipeline_execution(name="nobody")
    revision = {"actionName": "Ghost", "revisionType": "COMMIT_ID", "revisionValue": "abc"}
    with refused("ValidationException"):
        api.start_pipeline_execution(name=name, sourceRevisions=[revision])


def test_history_is_newest_first_and_paged(api, account):
    """Shows CP-071, CP-072, CP-073, CP-075, CP-077, CP-013."""
    name = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    other = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    started = [api.start_pipeline_execution(name=name)["pipelineExecutionId"] for _ in range(4)]
    listed = [
        each["pipelineExecutionId"]
        for page in api.get_paginator("list_pipeline_executions").paginate(
            pipelineName=name, PaginationConfig={"PageSize": 2}
        )
        for each in page["pipelineExecutionSummaries"]
    ]
    assert listed[:4] == started[::-1]
    assert len(listed) == len(set(listed)) == 5
    with refused("PipelineExecutionNotFoundException"):
        api.get_pipeline_execution(pipelineName=other, pipelineExecutionId=started[0])
    ends = time.monotonic() + 20
    wanted = {"succeededInStage": {"stageName": "Build"}}
    while not api.list_pipeline_executions(pipelineName=name, filter=wanted)["pipelineExecutionSummaries"]:
        assert time.monotonic() < ends
        time.sleep(0.1)
    nowhere = {"succeededInStage": {"stageName": "Nowhere"}}
    assert api.list_pipeline_executions(pipelineName=name, filter=nowhere)["pipelineExecutionSummaries"] == []
    both = {
        "pipelineExecutionId": started[0],
        "latestInPipelineExecution": {"pipelineExecutionId": started[1], "startTimeRange": "All"},
    }
    assert api.list_action_executions(pipelineName=name, filter=both)["actionExecutionDetails"] == []
    times = [each["startTime"] for each in api.list_action_executions(pipelineName=name)["actionExecutionDetails"]]
    assert times == sorted(times, reverse=True)
