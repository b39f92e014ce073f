"""Tags on what can have them."""

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import bounds, refused, simple, unique
from tests.running import REGION


def arn(account, resource: str, region: str = REGION) -> str:
    return f"arn:aws:codepipeline:{region}:{account['account_id']}:{resource}"


def pairs(**tags: str):
    return [{"key": key, "value": value} for key, value in tags.items()]


@pytest.fixture
def pipeline(api, account) -> str:
    """The ARN of a pipeline that was created with two tags."""
    made = api.create_pipeline(pipeline=simple(account), tags=pairs(team="harbor", stage="test"))
    assert made["tags"] == pairs(stage="test", team="harbor")
    return arn(account, made["pipeline"]["name"])


@pytest.fixture
def action_type(api, account) -> str:
    type_id = {"category": "Build", "provider": unique("Type"), "version": "1"}
    artifacts = {"inputArtifactDetails": bounds(0, 1), "outputArtifactDetails": bounds(0, 1)}
    made = api.create_custom_action_type(**type_id, **artifacts, tags=pairs(team="harbor", stage="test"))
    assert made["tags"] == pairs(stage="test", team="harbor")
    return arn(account, f"actiontype:Custom/Build/{type_id['provider']}/1")


@pytest.fixture
def webhook(api, account) -> str:
    target = api.create_pipeline(pipeline=simple(account))["pipeline"]["name"]
    hook = {
        "name": unique("hook"),
        "targetPipeline": target,
        "targetAction": "Start",
        "filters": [{"jsonPath": "$.ref"}],
        "authentication": "UNAUTHENTICATED",
        "authenticationConfiguration": {},
    }
    made = api.put_webhook(webhook=hook, tags=pairs(team="harbor", stage="test"))["webhook"]
    assert made["tags"] == pairs(stage="test", team="harbor")
    assert made["arn"] == arn(account, f"webhook:{hook['name']}")
    return made["arn"]


@pytest.fixture(params=["pipeline", "action_type", "webhook"])
def resource(request) -> str:
    return request.getfixturevalue(request.param)


def tags_of(api, resource: str):
    answer = api.list_tags_for_resource(resourceArn=resource)
    assert "nextToken" not in answer
    return answer["tags"]


def test_tags_are_added_replaced_and_removed(api, resource):
    """Shows CP-033."""
    assert tags_of(api, resource) == pairs(stage="test", team="harbor")
    api.tag_resource(resourceArn=resource, tags=pairs(team="quay", owner=""))
    assert tags_of(api, resource) == pairs(owner="", stage="test", team="quay")
    api.untag_resource(resourceArn=resource, tagKeys=["team", "never there"])
    assert tags_of(api, resource) == pairs(owner="", stage="test")


def test_system_tags_are_refused_and_nothing_is_changed(api, account, resource):
    """Shows CP-031."""
    before = tags_of(api, resource)
    with pytest.raises(ClientError, match="Not allowed to modify system tags. System tags start with 'aws:'") as caught:
        api.tag_resource(resourceArn=resource, tags=[*pairs(team="quay"), {"key": "aws:x", "value": "y"}])
    assert caught.value.response["Error"]["Code"] == "InvalidTagsException"
    with refused("InvalidTagsException"):
        api.untag_resource(resourceArn=resource, tagKeys=["team", "aws:x"])
    with refused("InvalidTagsException"):
        api.tag_resource(resourceArn=resource, tags=pairs(team="qu<ay"))
    assert tags_of(api, resource) == before


def test_fifty_tags_are_the_most(api, resource):
    """Shows CP-032."""
    api.untag_resource(resourceArn=resource, tagKeys=["team", "stage"])
    api.tag_resource(resourceArn=resource, tags=pairs(**{f"k{number}": "" for number in range(50)}))
    with pytest.raises(ClientError, match=f"Tag limit exceeded for resource .{resource}.") as caught:
        api.tag_resource(resourceArn=resource, tags=pairs(more=""))
    assert caught.value.response["Error"]["Code"] == "TooManyTagsException"
    api.tag_resource(resourceArn=resource, tags=pairs(k7="new"))
    assert len(tags_of(api, resource)) == 50


def every_call(api, resource: str):
    return (
        lambda: api.tag_resource(resourceArn=resource, tags=pairs(a="b")),
        lambda: api.untag_resource(resourceArn=resource, tagKeys=["a"]),
        lambda: api.list_tags_for_resource(resourceArn=resource),
    )


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_what_is_missing_is_named(api, account, region):
    """Shows CP-034."""
    text = f"The account with id '{account['account_id']}' does not include a pipeline with the name 'absent'"
    for call in every_call(api, arn(account, "absent", region)):
        with pytest.raises(ClientError, match=text) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    for call in every_call(api, arn(account, "actiontype:Custom/Build/Absent/1", region)):
        with refused("ResourceNotFoundException"):
            call()
    for call in every_call(api, arn(account, "webhook:absent", region)):
        with refused("ResourceNotFoundException"):
            call()


def test_what_was_deleted_is_missing(api, account, pipeline, action_type, webhook):
    api.delete_webhook(name=webhook.rpartition(":")[2])
    api.delete_pipeline(name=pipeline.rpartition(":")[2])
    _, category, provider, version = action_type.rpartition(":")[2].split("/")
    api.delete_custom_action_type(category=category, provider=provider, version=version)
    for resource in (pipeline, action_type, webhook):
        for call in every_call(api, resource):
            with refused("ResourceNotFoundException"):
                call()


@pytest.mark.parametrize(
    "text",
    [
        "absent",
        "arn:aws:s3:::bucket",
        "arn:aws:codepipeline:us-east-1:12:absent",
        "arn:aws:codepipeline:us-east-1:{account_id}:",
        "arn:aws:codepipeline:us-east-1:{account_id}:absent/Build",
        "arn:aws:codepipeline:us-east-1:{account_id}:absent/Build/Make",
        "arn:aws:codepipeline:us-east-1:{account_id}:actiontype:AWS/Approval/Manual/1",
        "arn:aws:codepipeline:us-east-1:{account_id}:two words",
        "arn:aws:codepipeline:us-east-1:{account_id}:" + "x" * 101,
    ],
)
def test_what_names_nothing_with_tags_is_no_arn(api, account, text):
    """Shows CP-034."""
    for call in every_call(api, text.format(**account)):
        with refused("InvalidArnException"):
            call()


def test_tags_come_in_one_page(api, resource):
    api.tag_resource(resourceArn=resource, tags=pairs(**{f"k{number}": "" for number in range(40)}))
    assert len(api.list_tags_for_resource(resourceArn=resource, maxResults=5)["tags"]) == 42
    with refused("InvalidNextTokenException"):
        api.list_tags_for_resource(resourceArn=resource, nextToken="garbage")


def test_a_strangers_resource_is_missing(headrace, api, stranger, resource):
    foreign = headrace.client(stranger)
    absent = resource.replace(resource.split("/")[-2] if "/" in resource else resource.rpartition(":")[2], "absent")
    for theirs, nobodys in zip(every_call(foreign, resource), every_call(foreign, absent), strict=True):
        with refused("ResourceNotFoundException") as seen:
            theirs()
        with refused("ResourceNotFoundException") as expected:
            nobodys()
        known = resource.rpartition(":")[2].removeprefix("Custom/")
        unknown = absent.rpartition(":")[2].removeprefix("Custom/")
        assert str(seen.value).replace(known, "…") == str(expected.value).replace(unknown, "…")
    assert tags_of(api, resource) == pairs(stage="test", team="harbor")
