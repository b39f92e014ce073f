"""Which rules there are for the conditions of stages."""

from tests.journeys.workshop import refused

NOOP = {"category": "Rule", "owner": "AWS", "provider": "Noop", "version": "1"}


def found(api, **filters):
    return {each["id"]["provider"]: each for each in api.list_rule_types(**filters)["ruleTypes"]}


def test_rule_types_say_what_they_take(api):
    noop = found(api)["Noop"]
    assert noop["id"] == NOOP
    assert noop["inputArtifactDetails"] == {"minimumCount": 0, "maximumCount": 1}
    (behaviour,) = noop["ruleConfigurationProperties"]
    assert {key: behaviour[key] for key in ("name", "required", "key", "secret", "queryable", "type")} == {
        "name": "Behaviour",
        "required": False,
        "key": False,
        "secret": False,
        "queryable": False,
        "type": "String",
    }
    assert behaviour["description"].startswith("What to do")


def test_rule_types_are_filtered_by_owner_and_region(api):
    assert found(api, ruleOwnerFilter="AWS") == found(api)
    assert found(api, regionFilter=api.meta.region_name) == found(api)
    assert found(api, regionFilter="eu-west-1") == {}


def test_no_other_owner_may_be_asked_for(api):
    with refused("ValidationException"):
        api.list_rule_types(ruleOwnerFilter="Custom")


def test_a_rule_type_is_no_action_type(api):
    assert "Rule" not in {
        each["id"]["category"]
        for page in api.get_paginator("list_action_types").paginate()
        for each in page["actionTypes"]
    }
