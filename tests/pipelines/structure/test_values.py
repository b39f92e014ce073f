"""Values that do not suit their property, and features that are not there."""

from typing import Any

import pytest

from apps.pipelines.structure import (
    FEATURES,
    InvalidActionDeclaration,
    InvalidStageDeclaration,
    InvalidStructure,
    check,
)
from tests.pipelines.structure.declarations import (
    ACCOUNT,
    REGION,
    RULE_TYPES,
    after_source,
    approve,
    catalogue,
    condition,
    guarded,
    rule,
    run,
    ship,
    trigger,
    triggered,
)


def checked(declaration: dict[str, Any], features: frozenset[str] = FEATURES) -> dict[str, Any]:
    return check(
        declaration,
        catalogue=catalogue,
        region=REGION,
        account_number=ACCOUNT,
        rule_types=RULE_TYPES,
        features=features,
    )


@pytest.mark.parametrize(
    ("action", "ending"),
    [
        (run(configuration={"ComputeType": "HUGE"}), "'HUGE' for 'ComputeType', which must be one of SMALL, LARGE."),
        (
            approve(configuration={"IsSummaryRequired": "yes"}),
            "'yes' for 'IsSummaryRequired', which must be true or false.",
        ),
        (ship(configuration={"TargetName": "../x"}), "'../x' for 'TargetName', which must match [a-z]+"),
        (
            ship(configuration={"TargetName": "a", "Keep": "many"}),
            "'many' for 'Keep', which must be a number.",
        ),
        (
            ship(configuration={"TargetName": "a", "Keep": "0"}),
            "'0' for 'Keep', which must be at least 1.",
        ),
        (
            ship(configuration={"TargetName": "a", "Keep": "10"}),
            "'10' for 'Keep', which must be at most 9.",
        ),
    ],
    ids=["choice", "boolean", "pattern", "number", "least", "most"],
)
def test_a_value_that_does_not_suit_its_property_is_refused(action: dict[str, Any], ending: str) -> None:
    with pytest.raises(InvalidActionDeclaration) as refusal:
        checked(after_source(action))
    assert refusal.value.message.endswith(ending)


@pytest.mark.parametrize(
    "action",
    [
        approve(configuration={"IsSummaryRequired": "False"}),
        ship(configuration={"TargetName": "a", "Keep": "9"}),
        ship(configuration={"TargetName": "#{codepipeline.PipelineExecutionId}"}),
    ],
    ids=["boolean", "number", "known only when it runs"],
)
def test_a_value_that_suits_its_property_is_accepted(action: dict[str, Any]) -> None:
    configuration = checked(after_source(action))["stages"][1]["actions"][0]["configuration"]
    assert configuration == action["configuration"]


FEATURED = {
    "conditions": (
        guarded(beforeEntry=condition("FAIL", rule("DeploymentWindow", configuration={"Cron": "0 0 9 ? * *"}))),
        InvalidStageDeclaration,
        "Stage 'Release' has a beforeEntry condition, but stage conditions are not available here. Remove it.",
    ),
    "auto_retry": (
        guarded(onFailure={"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}),
        InvalidStageDeclaration,
        "Stage 'Release' has the onFailure result RETRY, which is not available here. Remove it.",
    ),
    "auto_rollback": (
        guarded(onFailure={"result": "ROLLBACK"}),
        InvalidStageDeclaration,
        "Stage 'Release' has the onFailure result ROLLBACK, which is not available here. Remove it.",
    ),
    "triggers": (
        triggered(trigger()),
        InvalidStructure,
        "The pipeline has triggers, but triggers are not available here. Remove them.",
    ),
}


def test_every_feature_is_tried() -> None:
    assert FEATURED.keys() == FEATURES


@pytest.mark.parametrize("feature", FEATURED)
def test_a_definition_that_uses_a_feature_that_is_not_there_is_refused(feature: str) -> None:
    declaration, error, text = FEATURED[feature]
    with pytest.raises(error) as refusal:
        checked(declaration, FEATURES - {feature})
    assert refusal.value.message == text


@pytest.mark.parametrize("feature", FEATURED)
def test_it_needs_no_other_feature(feature: str) -> None:
    declaration, _, _ = FEATURED[feature]
    assert checked(declaration, frozenset({feature}))["name"] == "release"


def test_a_broken_rule_is_told_before_a_missing_feature() -> None:
    with pytest.raises(InvalidStructure, match="must reference a CodeStarSourceConnection action"):
        checked(triggered(trigger("Nobody")), frozenset())
