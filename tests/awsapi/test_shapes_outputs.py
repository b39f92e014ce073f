"""Results against the model: what leaves, what doesn't, and the lists that clients count on."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import botocore.parsers
import pytest

from apps.awsapi.codecs import cbor, json
from apps.awsapi.shapes import OPERATIONS, serialise_output
from apps.awsapi.shapes.outputs import ALWAYS_PRESENT

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678_912, tzinfo=UTC)


class Status(StrEnum):
    SUCCEEDED = "Succeeded"


def test_only_modelled_members_leave_and_none_is_left_out():
    result = {"pipelines": [{"name": "a", "version": None, "secret": 1}], "internal": True}
    assert serialise_output("ListPipelines", result) == {"pipelines": [{"name": "a"}]}


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("ListPipelines", "pipelines"),
        ("ListPipelineExecutions", "pipelineExecutionSummaries"),
        ("ListActionExecutions", "actionExecutionDetails"),
        ("ListActionTypes", "actionTypes"),
        ("GetPipelineState", "stageStates"),
        ("PollForJobs", "jobs"),
        ("ListTagsForResource", "tags"),
        ("ListWebhooks", "webhooks"),
    ],
)
def test_a_list_that_clients_count_on_is_there_when_it_is_empty(operation, member):
    assert serialise_output(operation, None)[member] == []
    assert serialise_output(operation, {member: []})[member] == []


def test_lists_within_are_there_too():
    written = serialise_output("GetJobDetails", {"jobDetails": {"id": "1", "data": {"nonce": "2"}}})
    assert written["jobDetails"]["data"] == {"inputArtifacts": [], "outputArtifacts": []}
    assert serialise_output("CreatePipeline", {"pipeline": {"name": "a"}}) == {"pipeline": {"name": "a", "stages": []}}


def test_the_table_of_lists_names_members_of_the_model():
    shapes = next(iter(OPERATIONS.values())).service_model
    for name, members in ALWAYS_PRESENT.items():
        for member in members:
            assert shapes.shape_for(name).members[member].type_name == "list"


@pytest.mark.parametrize("token", [None, ""])
def test_the_last_page_has_no_token(token):
    assert "nextToken" not in serialise_output("ListPipelines", {"nextToken": token})
    assert "NextToken" not in serialise_output("ListWebhooks", {"NextToken": token})


def test_an_empty_text_that_is_no_page_token_stays():
    assert serialise_output("ListTagsForResource", {"tags": [{"key": "a", "value": ""}]})["tags"][0]["value"] == ""


def test_an_operation_without_an_output_shape_gives_an_empty_answer():
    assert serialise_output("DeletePipeline", {"anything": 1}) == {}


def test_a_moment_without_a_time_zone_does_not_leave():
    with pytest.raises(ValueError, match="time zone"):
        serialise_output("ListPipelines", {"pipelines": [{"created": datetime(2024, 1, 2)}]})


@pytest.mark.parametrize(
    ("codec", "parser"), [(json, botocore.parsers.JSONParser), (cbor, botocore.parsers.RpcV2CBORParser)]
)
def test_botocore_reads_what_both_protocols_write(codec, parser):
    execution = {
        "pipelineExecutionId": UUID(int=1),
        "status": Status.SUCCEEDED,
        "startTime": MOMENT,
        "lastUpdateTime": MOMENT.replace(microsecond=0),
        "sourceRevisions": [{"actionName": "Fetch", "revisionSummary": "größer"}],
    }
    written = serialise_output("ListPipelineExecutions", {"pipelineExecutionSummaries": [execution]})
    answer = {"body": codec.encode(written), "status_code": 200, "headers": {}}
    read = parser().parse(answer, OPERATIONS["ListPipelineExecutions"].output_shape)["pipelineExecutionSummaries"][0]
    assert read["startTime"] == MOMENT.replace(microsecond=678_000)
    assert read["lastUpdateTime"] == MOMENT.replace(microsecond=0)
    assert (read["status"], read["pipelineExecutionId"]) == ("Succeeded", str(UUID(int=1)))
    assert read["sourceRevisions"] == [{"actionName": "Fetch", "revisionSummary": "größer"}]
