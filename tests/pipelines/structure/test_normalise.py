"""What an accepted definition comes back as."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.actions.types import ActionTypeSpec
from apps.pipelines.structure import check
from headrace_sdk import ActionTypeId
from tests.pipelines.structure.declarations import (
    ACCOUNT,
    REGION,
    RULE_TYPES,
    after_source,
    approve,
    build,
    catalogue,
    condition,
    connect,
    fetch,
    guarded,
    pipeline,
    rule,
    run,
    ship,
    stage,
    trigger,
    triggered,
)

GENERATED = sorted((Path(__file__).parent / "definitions").glob("*.json"))  # by AWS CDK
EVERY_MEMBER = frozenset({"commands", "outputVariables", "environmentVariables", "files", "timeoutInMinutes"})
STORE = {"type": "S3", "location": "artifacts"}


def checked(declaration: dict[str, Any], previous: dict[str, Any] | None = None) -> dict[str, Any]:
    return check(
        declaration,
        catalogue=catalogue,
        region=REGION,
        account_number=ACCOUNT,
        previous=previous,
        rule_types=RULE_TYPES,
    )


def test_what_is_left_out_is_filled_in() -> None:
    normal = checked(pipeline(stage("Source", fetch()), stage("Release", {**approve()})))
    assert normal["executionMode"] == "SUPERSEDED"
    assert normal["pipelineType"] == "V1"
    assert normal["stages"][1]["actions"][0] == approve() | {
        "runOrder": 1,
        "configuration": {},
        "inputArtifacts": [],
        "outputArtifacts": [],
    }


def test_the_given_declaration_stays_as_it_was() -> None:
    given_ = pipeline()
    before = copy.deepcopy(given_)
    checked(given_)["stages"][0]["actions"][0]["configuration"]["BranchName"] = "other"
    assert given_ == before


@pytest.mark.parametrize(
    "declaration",
    [
        pipeline(variables=[{"name": "A"}]),
        pipeline(executionMode="QUEUED"),
        pipeline(executionMode="PARALLEL"),
        after_source(run()),
        triggered(trigger()),
        {k: v for k, v in guarded(onFailure={"result": "ROLLBACK"}).items() if k != "pipelineType"},
    ],
    ids=["variables", "queued", "parallel", "provider", "triggers", "conditions"],
)
def test_what_needs_v2_makes_the_pipeline_v2(declaration: dict[str, Any]) -> None:
    assert checked(declaration)["pipelineType"] == "V2"


def test_an_update_without_a_type_keeps_v2() -> None:
    assert checked(pipeline(), previous=checked(pipeline(pipelineType="V2")))["pipelineType"] == "V2"


def test_an_update_without_a_type_keeps_v1() -> None:
    assert checked(pipeline(), previous=checked(pipeline()))["pipelineType"] == "V1"


def test_an_update_may_go_back_to_v1_when_nothing_needs_v2() -> None:
    assert checked(pipeline(pipelineType="V1"), previous=checked(pipeline(pipelineType="V2")))["pipelineType"] == "V1"


VALID = {
    "variables as a namespace": after_source(
        build(namespace="variables"), approve(runOrder=2, configuration={"CustomData": "#{variables.Id}"})
    ),
    "same action name in two stages": pipeline(
        stage("Source", fetch()), stage("One", approve("Ask")), stage("Two", approve("Ask"))
    ),
    "made under a smaller runOrder": after_source(build(outputs=["wheel"]), ship(inputs=["wheel"], runOrder=2)),
    "one artifact for two actions": after_source(ship("One"), ship("Two")),
    "variables in commands": pipeline(
        stage("Source", fetch(namespace="Source")),
        stage(
            "Test",
            run(
                "Test",
                "echo #{variables.A} #{Source.CommitId} #{codepipeline.PipelineExecutionId} #{not one}",
                environmentVariables=[{"name": "ID", "value": "#{Source.CommitId}"}],
                outputVariables=["X"],
                outputArtifacts=[{"name": "out", "files": ["dist/*"]}],
            ),
        ),
        variables=[{"name": "A", "defaultValue": "1"}],
    ),
    "own region named": pipeline(stage("Source", fetch(region=REGION)), stage("Release", approve())),
    "two regions": after_source(
        approve(region="eu-west-1"), artifactStore=None, artifactStores={REGION: STORE, "eu-west-1": STORE}
    ),
    "empty blockers": pipeline(stage("Source", fetch()), stage("Release", approve(timeoutInMinutes=5), blockers=[])),
    "a topic": after_source(approve(configuration={"NotificationArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t.fifo"})),
    "skip": guarded(
        beforeEntry=condition(
            "SKIP", rule("VariableCheck", configuration={"Variable": "v", "Value": "1", "Operator": "EQ"})
        )
    ),
    "retry": guarded(onFailure={"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}),
    "rollback on an alarm": guarded(
        onFailure=condition("ROLLBACK", rule("CloudWatchAlarm", configuration={"AlarmName": "a"}))
    ),
    "triggers": triggered(
        trigger(
            "Connect",
            push=[
                {"tags": {"includes": ["v*"]}},
                {"branches": {"includes": ["main"]}, "filePaths": {"excludes": ["docs/**"]}},
            ],
            pullRequest=[{"events": ["OPEN"], "branches": {"includes": ["main"]}}],
        ),
        trigger("Other"),
    ),
    "fifty stages": pipeline(stage("Source", connect()), *(stage(f"S{number}", approve()) for number in range(49))),
}


@pytest.mark.parametrize("declaration", VALID.values(), ids=VALID)
def test_a_valid_definition_is_accepted_and_a_normal_one_comes_back_unchanged(declaration: dict[str, Any]) -> None:
    normal = checked(declaration)
    assert checked(normal) == normal
    for member, value in declaration.items():
        if member != "stages":
            assert normal[member] == value


def permissive(type_id: ActionTypeId) -> ActionTypeSpec:
    return ActionTypeSpec(
        type_id,
        input_artifacts=(0, 10),
        output_artifacts=(0, 10),
        declaration_members=EVERY_MEMBER,
        allows_any_configuration=True,
    )


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_a_definition_that_a_tool_wrote_is_accepted(path: Path) -> None:
    declaration = json.loads(path.read_text())["pipeline"]
    accepted = check(declaration, catalogue=permissive, region=REGION, account_number="123456789012")
    assert [stage_["name"] for stage_ in accepted["stages"]] == [stage_["name"] for stage_ in declaration["stages"]]
    assert check(accepted, catalogue=permissive, region=REGION, account_number="123456789012") == accepted


def test_the_definitions_that_a_tool_wrote_are_there() -> None:
    assert len(GENERATED) == 10


optional_members = st.fixed_dictionaries(
    {},
    optional={
        "runOrder": st.integers(1, 999),
        "configuration": st.fixed_dictionaries({}, optional={"CustomData": st.text(min_size=1)}),
        "inputArtifacts": st.just([]),
        "outputArtifacts": st.just([]),
        "timeoutInMinutes": st.integers(5, 86_400),
    },
)
pipelines = st.builds(
    lambda actions, members: pipeline(
        stage("Source", fetch()),
        stage("Release", *(approve(f"A{number}", **given_) for number, given_ in enumerate(actions))),
        **members,
    ),
    st.lists(optional_members, min_size=1, max_size=4),
    st.fixed_dictionaries(
        {},
        optional={
            "executionMode": st.sampled_from(["SUPERSEDED", "QUEUED", "PARALLEL"]),
            "pipelineType": st.just("V2"),
            "variables": st.lists(st.fixed_dictionaries({"name": st.sampled_from("AB")}), max_size=1),
            "version": st.integers(1, 9),
        },
    ),
)


@given(pipelines)
def test_filling_in_twice_is_filling_in_once(declaration: dict[str, Any]) -> None:
    for stage_ in declaration["stages"]:
        for action_ in stage_["actions"]:
            for key, value in action_.get("configuration", {}).items():
                action_["configuration"][key] = value.replace("#", "")
    once = checked(declaration)
    assert checked(once) == once
