"""Requests against the model: types, constraints, and the grammar of the message."""

from datetime import UTC, datetime

import pytest

from apps.awsapi.codecs.limits import SerializationError
from apps.awsapi.shapes import OPERATIONS, ValidationError, parse_input

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
UUID = "11111111-2222-3333-4444-555555555555"


def pipeline(**action) -> dict:
    kind = {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"}
    stages = [
        {"name": "Source", "actions": [{"name": "Fetch", "actionTypeId": kind}]},
        {"name": "Build", "actions": [{"name": "Make", "actionTypeId": kind} | action]},
    ]
    store = {"type": "S3", "location": "bucket"}
    role = "arn:aws:iam::111122223333:role/release"
    return {"pipeline": {"name": "release", "roleArn": role, "artifactStore": store, "stages": stages}}


def message_of(operation: str, raw: dict) -> str:
    with pytest.raises(ValidationError) as refused:
        parse_input(operation, raw)
    return refused.value.message


def test_a_good_request_comes_back_without_unknown_and_null_members():
    raw = {
        "name": "release",
        "unknown": {"deep": [1]},
        "clientRequestToken": None,
        "variables": [{"name": "a", "value": "b", "x": 1}],
    }
    assert parse_input("StartPipelineExecution", raw) == {"name": "release", "variables": [{"name": "a", "value": "b"}]}


def test_a_whole_definition_passes():
    definition = pipeline(configuration={"Branch": "main"}, runOrder=1)
    assert parse_input("CreatePipeline", definition) == definition


def test_every_operation_has_a_checked_input():
    for operation in OPERATIONS:
        with pytest.raises(SerializationError):
            parse_input(operation, ["no object"])


@pytest.mark.parametrize("raw", [None, [], "text", 1, True])
def test_a_request_that_is_no_object_is_a_serialization_error(raw):
    with pytest.raises(SerializationError):
        parse_input("ListPipelines", raw)


@pytest.mark.parametrize(
    ("operation", "raw"),
    [
        ("GetPipeline", {"name": 5}),
        ("GetPipeline", {"name": True}),
        ("GetPipeline", {"name": ["release"]}),
        ("GetPipeline", {"name": {"a": "b"}}),
        ("GetPipeline", {"name": b"release"}),
        ("GetPipeline", {"name": "release", "version": "1"}),
        ("GetPipeline", {"name": "release", "version": 1.5}),
        ("GetPipeline", {"name": "release", "version": True}),
        ("GetPipeline", {"name": "release", "version": 2**31}),
        ("StopPipelineExecution", {"pipelineName": "a", "pipelineExecutionId": UUID, "abandon": "true"}),
        ("StopPipelineExecution", {"pipelineName": "a", "pipelineExecutionId": UUID, "abandon": 1}),
        ("StartPipelineExecution", {"name": "release", "variables": {"name": "a"}}),
        ("StartPipelineExecution", {"name": "release", "variables": "a"}),
        ("StartPipelineExecution", {"name": "release", "variables": ["a"]}),
        ("CreatePipeline", pipeline(configuration=["a"])),
        ("CreatePipeline", pipeline(configuration={"a": 1})),
        ("CreatePipeline", {"pipeline": [1]}),
        ("PutActionRevision", {"actionRevision": {"created": "yesterday"}}),
        ("PutActionRevision", {"actionRevision": {"created": True}}),
        ("PutActionRevision", {"actionRevision": {"created": [1]}}),
        ("PutActionRevision", {"actionRevision": {"created": 1e300}}),
    ],
)
def test_a_value_of_another_type_is_a_serialization_error(operation, raw):
    with pytest.raises(SerializationError):
        parse_input(operation, raw)


def test_a_wrong_type_is_reported_before_a_broken_constraint():
    with pytest.raises(SerializationError, match="NUMBER_VALUE can not be converted to a String: 'stageName'"):
        parse_input("DisableStageTransition", {"pipelineName": "in valid", "stageName": 1})


@pytest.mark.parametrize("created", [MOMENT.timestamp(), "2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678", MOMENT])
def test_a_moment_is_read_from_a_number_and_from_text(created):
    raw = {"jobId": UUID, "currentRevision": {"revision": "1", "changeIdentifier": "1", "created": created}}
    assert parse_input("PutJobSuccessResult", raw)["currentRevision"]["created"] == MOMENT


@pytest.mark.parametrize(
    ("operation", "raw", "expected"),
    [
        ("GetPipeline", {}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        ("GetPipeline", {"name": None}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        (
            "GetPipeline",
            {"name": "in valid"},
            "Value 'in valid' at 'name' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [A-Za-z0-9.@\-_]+",
        ),
        (
            "GetPipeline",
            {"name": "a" * 101},
            f"Value '{'a' * 101}' at 'name' failed to satisfy constraint: "
            "Member must have length less than or equal to 100",
        ),
        (
            "GetPipeline",
            {"name": "a", "version": 0},
            "Value '0' at 'version' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "ListPipelines",
            {"maxResults": 1001},
            "Value '1001' at 'maxResults' failed to satisfy constraint: "
            "Member must have value less than or equal to 1000",
        ),
        (
            "StartPipelineExecution",
            {"name": "a", "variables": []},
            "Value '[]' at 'variables' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            "StartPipelineExecution",
            {"name": "a", "variables": [None]},
            "Value null at 'variables.1.member' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreatePipeline",
            pipeline(name="a b"),
            "Value 'a b' at 'pipeline.stages.2.member.actions.1.member.name' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [A-Za-z0-9.@\-_]+",
        ),
        (
            "CreatePipeline",
            pipeline(configuration={"OAuthToken": "secret" * 10_000}),
            "Value at 'pipeline.stages.2.member.actions.1.member.configuration' failed to satisfy constraint: "
            "Map value must satisfy constraint: [Member must have length less than or equal to 50000, "
            "Member must have length greater than or equal to 1]",
        ),
        (
            "CreatePipeline",
            pipeline(configuration={"k" * 51: "v"}),
            "Value at 'pipeline.stages.2.member.actions.1.member.configuration' failed to satisfy constraint: "
            "Map keys must satisfy constraint: [Member must have length less than or equal to 50, "
            "Member must have length greater than or equal to 1]",
        ),
        (
            "RetryStageExecution",
            {"pipelineName": "a", "stageName": "b", "pipelineExecutionId": UUID, "retryMode": "SOME"},
            "Value 'SOME' at 'retryMode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [FAILED_ACTIONS, ALL_ACTIONS]",
        ),
    ],
)
def test_a_broken_constraint_is_told_in_the_service_s_words(operation, raw, expected):
    assert message_of(operation, raw) == f"1 validation error detected: {expected}"


def test_a_map_of_structures_is_checked_within():
    definition = pipeline()
    store = {"type": "S3", "location": "NO UNDERSCORES_"}
    definition["pipeline"]["artifactStores"] = {"us-east-1": store}
    assert "at 'pipeline.artifactStores.us-east-1.member.location'" in message_of("CreatePipeline", definition)


def test_all_violations_stand_in_one_message_ordered_by_path():
    variables = [{"name": "a", "value": "b"}] * 9 + [{"name": "a b", "value": "b"}]
    variables[1] = {"name": "", "value": "c"}
    message = message_of("StartPipelineExecution", {"name": "x y", "variables": variables, "clientRequestToken": "?"})
    assert message.startswith("5 validation errors detected: Value '?' at 'clientRequestToken' ")
    order = [
        message.index(f"at '{path}'")
        for path in ("clientRequestToken", "name", "variables.2.member.name", "variables.10.member.name")
    ]
    assert order == sorted(order)


def test_a_pattern_holds_for_the_whole_text():
    assert "pattern" in message_of("GetPipeline", {"name": "release\n"})
    assert "pattern" in message_of("StartPipelineExecution", {"name": "a", "clientRequestToken": "a\n"})
    assert "pattern" in message_of("GetPipeline", {"name": "１"})


def test_a_secret_is_never_repeated_in_a_message():
    webhook = {
        "name": "hook",
        "targetPipeline": "release",
        "targetAction": "Fetch",
        "filters": [],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "hunter2" * 20},
    }
    message = message_of("PutWebhook", {"webhook": webhook})
    assert "at 'webhook.authenticationConfiguration.SecretToken'" in message
    assert "hunter2" not in message


def test_a_flood_of_violations_makes_a_message_of_bounded_length():
    variables = [{"name": "?" * 2_000, "value": ""}] * 5_000
    message = message_of("StartPipelineExecution", {"name": "a", "variables": variables})
    assert message.startswith("15001 validation errors detected: ")
    assert len(message) < 200_000


def test_a_hostile_text_costs_no_more_than_a_glance():
    arn = "arn:aws" + "-a" * 48_000 + "\n"
    started = datetime.now(UTC)
    assert "pattern: arn:aws" in message_of("CreatePipeline", {"pipeline": {"name": "a", "roleArn": arn, "stages": []}})
    assert (datetime.now(UTC) - started).total_seconds() < 0.05
