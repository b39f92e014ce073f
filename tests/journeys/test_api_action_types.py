"""The catalogue over the wire: ListActionTypes, and definitions that use types which nothing here performs."""

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import action, declare, noop, refused, simple
from tests.running import until

OPS_WORKS = {"category": "Deploy", "owner": "AWS", "provider": "OpsWorks", "version": "1"}
CODE_BUILD = {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}


def listed(api, **arguments):
    pages = api.get_paginator("list_action_types").paginate(**arguments)
    return {"/".join(each["id"].values()): each for page in pages for each in page["actionTypes"]}


def test_aws_types_are_listed_as_aws_describes_them(api):
    found = listed(api)["Source/AWS/S3/1"]
    assert found["inputArtifactDetails"] == {"minimumCount": 0, "maximumCount": 0}
    assert found["outputArtifactDetails"] == {"minimumCount": 1, "maximumCount": 1}
    properties = {each["name"]: each for each in found["actionConfigurationProperties"]}
    assert [name for name, each in properties.items() if each["required"]] == ["S3Bucket", "S3ObjectKey"]
    assert {"PollForSourceChanges", "AllowOverrideForS3ObjectKey"} <= properties.keys()


def test_the_owner_narrows_the_list_and_another_region_has_none(api, stranger, headrace):
    mine = "/".join(declare(api)[key] for key in ("category", "owner", "provider", "version"))
    whole = listed(api)
    assert mine in whole
    for owner in ("AWS", "ThirdParty", "Custom"):
        narrowed = listed(api, actionOwnerFilter=owner)
        assert narrowed == {name: each for name, each in whole.items() if each["id"]["owner"] == owner}
    assert listed(api, regionFilter="eu-west-1") == {}
    assert listed(api, regionFilter="us-east-1") == whole
    assert mine not in listed(headrace.client(stranger))
    with refused("InvalidNextTokenException"):
        api.list_action_types(nextToken="nonsense")


def with_build(account, **members):
    wanted = simple(account)
    wanted["stages"][1]["actions"] = [action("Make", CODE_BUILD, inputArtifacts=[{"name": "Code"}], **members)]
    return wanted


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "missing required configuration 'ProjectName'"),
        ({"configuration": {"ProjectName": "p", "Colour": "red"}}, "unknown configuration 'Colour'"),
        (
            {"configuration": {"ProjectName": "p"}, "outputArtifacts": [{"name": f"o{n}"} for n in range(6)]},
            "declares 6 output artifacts which is more than the maximum count \\(5\\)",
        ),
    ],
)
def test_aws_types_are_held_to_their_keys_and_bounds(api, account, members, text):
    """Shows CP-041 to CP-043."""
    with pytest.raises(ClientError, match=text) as caught:
        api.create_pipeline(pipeline=with_build(account, **members))
    assert caught.value.response["Error"]["Code"] == "InvalidActionDeclarationException"


def test_a_type_that_nothing_performs_is_kept_and_fails_when_it_starts(api, account):
    wanted = simple(account)
    wanted["stages"][1]["actions"] = [
        action("Ship", OPS_WORKS, configuration={"Stack": "s", "App": "a"}, inputArtifacts=[{"name": "Code"}])
    ]
    wanted["stages"][0]["actions"] = [action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])]
    api.create_pipeline(pipeline=wanted)

    def failed():
        state = api.get_pipeline_state(name=wanted["name"])["stageStates"][1]["actionStates"][0]
        return state.get("latestExecution", {}).get("errorDetails")

    told = until(failed, what="the failure of Ship")
    assert told["code"] == "ConfigurationError"
    assert "No plugin here does actions of the type Deploy/AWS/OpsWorks/1" in told["message"]
    assert "declare a custom action type" in told["message"]
