"""Tools ask STS whose keys they hold before they do anything else; the answer comes from the same address."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.journeys.wire import post
from tests.journeys.workshop import action, declare, definition, noop, stage, take, unique
from tests.running import REGION, Account, Headrace


def sts(headrace: Headrace, key: str, secret: str, token: str | None = None):
    session = boto3.session.Session(key, secret, token, region_name=REGION)
    return session.client("sts", endpoint_url=headrace.url, config=Config(retries={"total_max_attempts": 1}))


def refused(call) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]


def test_a_key_tells_whose_it_is(headrace: Headrace, account: Account, stranger: Account):
    for each in (account, stranger):
        told = sts(headrace, each["access_key_id"], each["secret_access_key"]).get_caller_identity()
        assert told["Account"] == each["account_id"]
        assert told["Arn"].startswith(f"arn:aws:iam::{each['account_id']}:user/")
        assert len(told["UserId"]) == 21
        assert told["ResponseMetadata"]["RequestId"]


def test_a_wrong_secret_and_an_unknown_key_are_refused_as_sts_does(headrace: Headrace, account: Account):
    wrong = sts(headrace, account["access_key_id"], "not the secret")
    assert refused(wrong.get_caller_identity) == (403, "SignatureDoesNotMatch")
    unknown = sts(headrace, "AKIAIOSFODNN7EXAMPLE", account["secret_access_key"])
    assert refused(unknown.get_caller_identity) == (403, "InvalidClientTokenId")


def test_a_signature_for_another_service_does_not_open_sts(headrace: Headrace, account: Account):
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = post(headrace, account, "/", body, form)  # signed for codepipeline
    assert answer.status == 400
    assert b"<GetCallerIdentityResult>" not in answer.raw


def test_the_credentials_of_a_job_open_its_artifacts_only(headrace: Headrace, account: Account):
    api = headrace.client(account)
    type_id = declare(api)
    stages = [
        stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
        stage("Build", action("Make", type_id, inputArtifacts=[{"name": "Code"}])),
    ]
    api.create_pipeline(pipeline=definition(account, unique("identity"), stages))
    given = take(api, type_id)["data"]["artifactCredentials"]
    client = sts(headrace, given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
    assert refused(client.get_caller_identity) == (403, "AccessDenied")


def test_other_operations_of_sts_are_said_to_be_absent(headrace: Headrace, account: Account):
    client = sts(headrace, account["access_key_id"], account["secret_access_key"])
    role = f"arn:aws:iam::{account['account_id']}:role/any"
    assert refused(client.get_session_token) == (400, "InvalidAction")
    assert refused(lambda: client.assume_role(RoleArn=role, RoleSessionName="any")) == (400, "InvalidAction")


def test_a_body_too_large_is_refused_unread(headrace: Headrace, account: Account):
    client = sts(headrace, account["access_key_id"], account["secret_access_key"])
    assert refused(lambda: client.decode_authorization_message(EncodedMessage="x" * 20_000))[0] == 413
