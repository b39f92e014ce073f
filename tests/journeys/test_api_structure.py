"""The rules of a definition, each refused over the wire by its own exception and with its own words."""

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import APPROVAL, action, noop, refused, simple, stage


@pytest.mark.parametrize("run_order", [0, 1000])
def test_a_run_order_lies_between_1_and_999(headrace, account, run_order):
    """Shows CP-050."""
    wanted = simple(account)
    wanted["stages"][1]["actions"][0]["runOrder"] = run_order
    with refused("ValidationException"):
        headrace.client(account, parameter_validation=False).create_pipeline(pipeline=wanted)


def broken_source(stages):
    stages[0]["actions"][0] = action("Start", noop("Build"))


def late_source(stages):
    stages[1]["actions"].append(action("Again", noop("Source"), outputArtifacts=[{"name": "More"}]))


def same_stage(stages):
    stages.append(stage("Build", action("Other", noop("Build"))))


def same_action(stages):
    stages[1]["actions"].append(action("Make", noop("Build")))


def unknown_provider(stages):
    stages[1]["actions"][0]["actionTypeId"] = {**noop("Build"), "provider": "Nobody"}


def unknown_key(stages):
    stages[1]["actions"][0]["configuration"] = {"Colour": "red"}


def unmade_input(stages):
    stages[1]["actions"][0]["inputArtifacts"] = [{"name": "Ghost"}]


def same_output(stages):
    stages[1]["actions"][0]["outputArtifacts"] = [{"name": "Code"}]


def parallel_input(stages):
    stages[1]["actions"] = [
        action("Make", noop("Build"), outputArtifacts=[{"name": "Thing"}]),
        action("Use", noop("Build"), inputArtifacts=[{"name": "Thing"}]),
    ]


def same_namespace(stages):
    for each in stages:
        each["actions"][0]["namespace"] = "Same"


def unknown_namespace(stages):
    stages[1]["actions"][0]["configuration"] = {"Behaviour": "#{Ghost.Key}"}


def undeclared_variable(stages):
    stages[1]["actions"][0]["configuration"] = {"Behaviour": "#{variables.Ghost}"}


def timeout_on_a_build(stages):
    stages[1]["actions"][0]["timeoutInMinutes"] = 5


def foreign_region(stages):
    stages[1]["actions"][0]["region"] = "eu-west-1"


def deploy_to_a_folder(stages, **members):
    stages[1]["actions"] = [action("Make", {**noop("Deploy"), "provider": "Folder"}, **members)]


def missing_key(stages):
    deploy_to_a_folder(stages, inputArtifacts=[{"name": "Code"}])


def missing_input(stages):
    deploy_to_a_folder(stages, configuration={"TargetName": "here"})


@pytest.mark.parametrize(
    ("breaking", "code", "text"),
    [
        (broken_source, "InvalidStructureException", "should start with a stage that only contains source actions"),
        (late_source, "InvalidStructureException", "can only be included in the first stage"),
        (same_stage, "InvalidStageDeclarationException", "Stage name 'Build' is used more than once"),
        (same_action, "InvalidActionDeclarationException", "Make"),
        (unknown_provider, "InvalidActionDeclarationException", "is not available in region 'US_EAST_1'"),
        (unknown_key, "InvalidActionDeclarationException", "unknown configuration 'Colour'"),
        (missing_key, "InvalidActionDeclarationException", "missing required configuration 'TargetName'"),
        (missing_input, "InvalidActionDeclarationException", "which is less than the minimum count"),
        (unmade_input, "InvalidStructureException", "Ghost"),
        (same_output, "InvalidStructureException", "Code"),
        (parallel_input, "InvalidStructureException", "Thing"),
        (same_namespace, "InvalidActionDeclarationException", "Namespaces must be unique"),
        (unknown_namespace, "InvalidActionDeclarationException", "referencing a namespace that does not exist"),
        (undeclared_variable, "InvalidStructureException|InvalidActionDeclarationException", "Ghost"),
        (timeout_on_a_build, "InvalidActionDeclarationException", "Make"),
        (foreign_region, "InvalidActionDeclarationException|InvalidStructureException", "eu-west-1"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_structure_is_refused_by_name(api, account, breaking, code, text):
    """Shows CP-036 to CP-046, CP-048, CP-049, CP-051 to CP-053, CP-060."""
    wanted = simple(account)
    breaking(wanted["stages"])
    with pytest.raises(ClientError, match=text) as caught:
        api.create_pipeline(pipeline=wanted)
    assert caught.value.response["Error"]["Code"] in code.split("|")


def test_the_whole_definition_has_rules_too(api, account):
    """Shows CP-035, CP-047, CP-054, CP-055, CP-056, CP-061."""
    wanted = simple(account)
    with pytest.raises(ClientError, match="minimum of 2 stages"):
        api.create_pipeline(pipeline={**wanted, "stages": wanted["stages"][:1]})
    with refused("InvalidStructureException"):
        api.create_pipeline(pipeline={key: value for key, value in wanted.items() if key != "artifactStore"})
    store = wanted["artifactStore"]
    with refused("InvalidStructureException"):
        api.create_pipeline(pipeline={**wanted, "artifactStores": {"us-east-1": store}})
    again = [*wanted["stages"], stage("Again", wanted["stages"][1]["actions"][0])]
    assert api.create_pipeline(pipeline={**simple(account), "stages": again})["pipeline"]["version"] == 1
    twice = [{"name": "A"}, {"name": "A"}]
    with refused("InvalidStructureException"):
        api.create_pipeline(pipeline={**wanted, "variables": twice})
    with pytest.raises(ClientError, match="can only be used with V2 pipelines"):
        api.create_pipeline(pipeline={**wanted, "variables": twice[:1], "pipelineType": "V1"})
    named = simple(account)
    named["stages"][1]["actions"][0]["namespace"] = "variables"
    assert api.create_pipeline(pipeline=named)["pipeline"]["version"] == 1
    asking = simple(account, variables=[{"name": "A", "defaultValue": "x"}])
    asking["stages"][0]["actions"][0]["configuration"] = {"Behaviour": "#{variables.A}"}
    with refused("InvalidStructureException"):
        api.create_pipeline(pipeline=asking)


@pytest.mark.parametrize("minutes", [4, 86_401])
def test_an_approval_waits_five_minutes_to_sixty_days(headrace, account, minutes):
    """Shows CP-060."""
    wanted = simple(account)
    wanted["stages"][1]["actions"] = [action("Ask", APPROVAL, timeoutInMinutes=minutes)]
    with refused("ValidationException"):
        headrace.client(account, parameter_validation=False).create_pipeline(pipeline=wanted)


def test_a_later_action_of_the_stage_may_take_what_an_earlier_made(api, account):
    """Shows CP-039, CP-045."""
    wanted = simple(account)
    wanted["stages"][1]["actions"] = [
        action("Make", noop("Build"), runOrder=1, outputArtifacts=[{"name": "Thing"}]),
        action("Use", noop("Build"), runOrder=2, inputArtifacts=[{"name": "Thing"}]),
    ]
    assert api.create_pipeline(pipeline=wanted)["pipeline"]["version"] == 1


VARIABLE_CHECK = {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"}


def condition(result: str):
    return {"conditions": [{"result": result, "rules": [{"name": "Look", "ruleTypeId": VARIABLE_CHECK}]}]}


@pytest.mark.parametrize(
    ("members", "on_stage", "text"),
    [
        ({"pipelineType": "V1"}, {"beforeEntry": condition("FAIL")}, "can only be used with V2 pipelines"),
        (
            {"pipelineType": "V2", "executionMode": "PARALLEL"},
            {"onFailure": {"result": "ROLLBACK"}},
            "with rollback result type cannot be added to a PARALLEL pipeline",
        ),
    ],
)
def test_conditions_suit_their_pipeline(api, account, members, on_stage, text):
    """Shows CP-056, CP-057."""
    wanted = simple(account, **members)
    wanted["stages"][1] |= on_stage
    with pytest.raises(ClientError, match=text) as caught:
        api.create_pipeline(pipeline=wanted)
    assert caught.value.response["Error"]["Code"] == "InvalidStageDeclarationException"


def trigger(**git):
    return {"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Start", **git}}


PUSH = {"branches": {"includes": ["main"]}}


def test_triggers_have_rules(api, account):
    """Shows CP-056, CP-058, CP-059."""
    with pytest.raises(ClientError, match="must reference a CodeStarSourceConnection action") as caught:
        api.create_pipeline(pipeline=simple(account, pipelineType="V2", triggers=[trigger(push=[PUSH])]))
    assert caught.value.response["Error"]["Code"] == "InvalidStructureException"
    with pytest.raises(ClientError, match="can only be used with V2 pipelines"):
        api.create_pipeline(pipeline=simple(account, pipelineType="V1", triggers=[trigger(push=[PUSH])]))
    many = {"branches": {"includes": [f"b{number}" for number in range(9)]}}
    for push in ([PUSH] * 4, [many]):
        with refused("ValidationException"):
            api.create_pipeline(pipeline=simple(account, pipelineType="V2", triggers=[trigger(push=push)]))
