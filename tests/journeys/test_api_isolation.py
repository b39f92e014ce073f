"""What another account gets when it names ours: exactly the answer for a thing that does not exist."""

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import Workshop

REVISED = {"status": "Approved", "summary": ""}


def calls(pipeline: str, execution: str, job: str, token: str, action_type: dict[str, str]):
    """Return each operation that names something, as (operation, arguments)."""
    place = {"pipelineName": pipeline, "stageName": "Build"}
    named = {key: action_type[key] for key in ("category", "provider", "version")}
    return [
        ("get_pipeline", {"name": pipeline}),
        ("get_pipeline_state", {"name": pipeline}),
        ("delete_pipeline", {"name": pipeline}),
        ("start_pipeline_execution", {"name": pipeline}),
        ("stop_pipeline_execution", {"pipelineName": pipeline, "pipelineExecutionId": execution}),
        ("get_pipeline_execution", {"pipelineName": pipeline, "pipelineExecutionId": execution}),
        ("list_pipeline_executions", {"pipelineName": pipeline}),
        ("list_action_executions", {"pipelineName": pipeline}),
        ("enable_stage_transition", {**place, "transitionType": "Inbound"}),
        ("disable_stage_transition", {**place, "transitionType": "Inbound", "reason": "x"}),
        ("retry_stage_execution", {**place, "pipelineExecutionId": execution, "retryMode": "ALL_ACTIONS"}),
        ("put_approval_result", {**place, "actionName": "Make", "result": REVISED, "token": token}),
        ("poll_for_jobs", {"actionTypeId": action_type}),
        ("acknowledge_job", {"jobId": job, "nonce": "1"}),
        ("get_job_details", {"jobId": job}),
        ("put_job_success_result", {"jobId": job}),
        ("put_job_failure_result", {"jobId": job, "failureDetails": {"type": "JobFailed", "message": "x"}}),
        ("delete_custom_action_type", named),
    ]


def answer(client, operation: str, arguments) -> tuple[str, str]:
    """Return the code and the text of an answer, without what differs by nature: names, ids, moments."""
    try:
        found = getattr(client, operation)(**arguments)
    except ClientError as error:
        text = error.response["Error"]["Message"]
        for value in sorted(texts(arguments), key=len, reverse=True):
            text = text.replace(value, "…")
        return error.response["Error"]["Code"], text
    return "", repr({key: value for key, value in found.items() if key != "ResponseMetadata"})


def texts(value) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    return [str(value)] if len(str(value)) > 3 else []


def test_a_stranger_gets_the_answer_for_something_missing(headrace, account, stranger):
    """Shows CP-015."""
    shop = Workshop(headrace.client(account), account, {"Build": [("Make", 1)]})
    job = shop.job(shop.first, "Make")
    token = shop.action_state("Build", "Make")["actionExecutionId"]
    foreign = headrace.client(stranger)
    missing = {**shop.type, "provider": "NoSuchProvider"}
    ours = calls(shop.name, shop.first, job["id"], token, shop.type)
    nobodys = calls("no-such-pipeline", str(uuid4()), str(uuid4()), str(uuid4()), missing)
    for (operation, theirs), (_, absent) in zip(ours, nobodys, strict=True):
        assert answer(foreign, operation, theirs) == answer(foreign, operation, absent), operation
    assert foreign.list_pipelines()["pipelines"] == []
    assert foreign.list_action_types(actionOwnerFilter="Custom")["actionTypes"] == []
    shop.succeed(shop.first, "Make")
    assert shop.status(shop.first) == "Succeeded"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access_key_id": "AKIAAAAAAAAAAAAAAAAA"}, "UnrecognizedClientException"),
        ({"secret_access_key": "x" * 40}, "InvalidSignatureException"),
    ],
)
def test_a_wrong_key_is_refused(headrace, account, change, code):
    with pytest.raises(ClientError, match=code):
        headrace.client({**account, **change}).list_pipelines()
