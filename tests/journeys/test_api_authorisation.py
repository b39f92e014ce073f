"""Access keys with a policy document, and those of job workers, by boto3 over both protocols."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import Workshop, refused, simple, unique
from tests.running import CBOR, JSON, Account, Headrace

PROTOCOLS = pytest.mark.parametrize("protocol", [JSON, CBOR])
NO_ALLOW = "because no identity-based policy allows the {action} action"


@cache
def admin(headrace: Headrace, account_id: str, username: str) -> httpx2.Client:
    return headrace.rest(headrace.token({"account_id": account_id, "username": username}))


def key(headrace: Headrace, account: Account, **grant: Any) -> Account:
    """Make an access key over REST."""
    keys = f"/accounts/{account['account_id']}/access-keys/"
    made = admin(headrace, account["account_id"], account["username"]).post(keys, json={"principal": "robot", **grant})
    assert made.status_code == 201, made.text
    return {**account, **{name: made.json()[name] for name in ("access_key_id", "secret_access_key")}}


def policy_key(headrace: Headrace, account: Account, *statements: Mapping[str, Any]) -> Account:
    return key(headrace, account, policy={"Version": "2012-10-17", "Statement": statements})


def allow(actions: Any, resources: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def deny(actions: Any, resources: Any = "*") -> dict[str, Any]:
    return {**allow(actions, resources), "Effect": "Deny"}


def arn(account: Account, name: str) -> str:
    return f"arn:aws:codepipeline:us-east-1:{account['account_id']}:{name}"


def message(call, **arguments: Any) -> str:
    """Return the text of a call's AccessDeniedException."""
    with refused("AccessDeniedException") as caught:
        call(**arguments)
    return caught.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def shop(headrace, account):
    return Workshop(headrace.client(account), account, {"Build": [("Make", 1)]})


@PROTOCOLS
def test_a_policy_allows_what_it_names_and_the_refusal_says_why(headrace, account, shop, protocol):
    other = unique("other")
    robot = policy_key(headrace, account, allow("codepipeline:GetPipeline*", arn(account, shop.name)))
    api = headrace.client(robot, protocol)
    assert api.get_pipeline(name=shop.name)["pipeline"]["name"] == shop.name
    assert api.get_pipeline_state(name=shop.name)["pipelineName"] == shop.name
    me = f"User: arn:aws:iam::{account['account_id']}:user/robot is not authorized to perform: "
    for call, arguments, action, resource in [
        (api.get_pipeline, {"name": other}, "codepipeline:GetPipeline", arn(account, other)),
        (api.delete_pipeline, {"name": shop.name}, "codepipeline:DeletePipeline", arn(account, shop.name)),
        (api.list_pipelines, {}, "codepipeline:ListPipelines", "*"),
    ]:
        why = NO_ALLOW.format(action=action)
        assert message(call, **arguments) == f"{me}{action} on resource: {resource} {why}"


@PROTOCOLS
def test_an_explicit_deny_wins_and_says_so(headrace, account, shop, protocol):
    robot = policy_key(headrace, account, allow("*"), deny("codepipeline:Start*", arn(account, "workshop-*")))
    api = headrace.client(robot, protocol)
    text = message(api.start_pipeline_execution, name=shop.name)
    assert text.endswith(f"{arn(account, shop.name)} with an explicit deny in an identity-based policy")
    assert api.get_pipeline(name=shop.name)["pipeline"]["name"] == shop.name


@pytest.mark.parametrize("suffix", ["", "/Build"])
def test_a_call_about_a_stage_is_allowed_by_the_pipeline_s_name_or_the_stage_s(headrace, account, shop, suffix):
    robot = policy_key(headrace, account, allow("codepipeline:*StageTransition", arn(account, shop.name) + suffix))
    api = headrace.client(robot)
    api.enable_stage_transition(pipelineName=shop.name, stageName="Build", transitionType="Inbound")
    place = {"pipelineName": unique("other"), "stageName": "Build", "transitionType": "Inbound"}
    assert "EnableStageTransition" in message(api.enable_stage_transition, **place)


def test_an_approval_is_allowed_by_the_action_s_name_alone(headrace, account, shop):
    place = {"pipelineName": shop.name, "stageName": "Build", "actionName": "Make"}
    result = {"result": {"status": "Approved", "summary": ""}, "token": str(uuid4())}
    by_pipeline = policy_key(headrace, account, allow("codepipeline:PutApprovalResult", arn(account, shop.name)))
    text = message(headrace.client(by_pipeline).put_approval_result, **place, **result)
    assert f"on resource: {arn(account, shop.name)}/Build/Make " in text
    action = f"{arn(account, shop.name)}/Build/Make"
    by_action = headrace.client(policy_key(headrace, account, allow("codepipeline:PutApprovalResult", action)))
    with pytest.raises(ClientError) as caught:
        by_action.put_approval_result(**place, **result)
    assert caught.value.response["Error"]["Code"] == "InvalidApprovalTokenException"


def test_saving_a_definition_takes_the_right_to_pass_its_role(headrace, account):
    declared = simple(account)
    pipelines = allow("codepipeline:*")
    api = headrace.client(policy_key(headrace, account, pipelines))
    text = message(api.create_pipeline, pipeline=declared)
    assert f"perform: iam:PassRole on resource: {declared['roleArn']} " in text
    may_pass = headrace.client(policy_key(headrace, account, pipelines, allow("iam:PassRole", declared["roleArn"])))
    may_pass.create_pipeline(pipeline=declared)
    assert "iam:PassRole" in message(api.update_pipeline, pipeline=declared)
    other = {**declared, "roleArn": f"{declared['roleArn']}-other"}
    assert "iam:PassRole" in message(may_pass.update_pipeline, pipeline=other)
    may_pass.update_pipeline(pipeline=declared)


@PROTOCOLS
def test_shape_comes_before_authorisation_and_that_before_existence(headrace, account, protocol):
    api = headrace.client(policy_key(headrace, account, allow("codepipeline:ListPipelines")), protocol)
    with refused("ValidationException"):
        api.get_pipeline(name="no spaces!")
    with refused("AccessDeniedException"):
        api.get_pipeline(name="no-such-pipeline")
    reader = headrace.client(policy_key(headrace, account, allow("codepipeline:GetPipeline")), protocol)
    with refused("PipelineNotFoundException"):
        reader.get_pipeline(name="no-such-pipeline")


def test_a_policy_of_one_account_opens_nothing_of_another(headrace, account, stranger, shop):
    api = headrace.client(policy_key(headrace, stranger, allow("*")))
    with refused("PipelineNotFoundException"):
        api.get_pipeline(name=shop.name)
    assert api.list_pipelines()["pipelines"] == []


def test_a_policy_speaks_of_artifacts_too(headrace, account):
    bucket = account["artifact_bucket"]
    headrace.s3(account).put_object(Bucket=bucket, Key="open/a", Body=b"a")
    store = headrace.s3(policy_key(headrace, account, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*")))
    assert store.get_object(Bucket=bucket, Key="open/a")["Body"].read() == b"a"
    for call, arguments in [
        (store.get_object, {"Key": "closed/a"}),
        (store.put_object, {"Key": "open/a", "Body": b"b"}),
        (store.list_objects_v2, {}),
    ]:
        with refused("AccessDenied"):
            call(Bucket=bucket, **arguments)
