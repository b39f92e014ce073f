"""Who may do what, by boto3 against a running server."""

import httpx2
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from .running import BUCKET, REGION, Server

IN, OUT = "web/source/in.zip", "web/build/out.zip"


def attempt(client, operation: str, key: str) -> str:
    """Return "done" or the code of the refusal."""
    calls = {
        "put": lambda: client.put_object(Bucket=BUCKET, Key=key, Body=b"x"),
        "get": lambda: client.get_object(Bucket=BUCKET, Key=key),
        "head": lambda: client.head_object(Bucket=BUCKET, Key=key),
        "delete": lambda: client.delete_object(Bucket=BUCKET, Key=key),
        "begin": lambda: client.create_multipart_upload(Bucket=BUCKET, Key=key),
        "list": lambda: client.list_objects_v2(Bucket=BUCKET),
        "see": lambda: client.head_bucket(Bucket=BUCKET),
    }
    try:
        calls[operation]()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


@pytest.mark.parametrize(
    ("who", "operation", "key", "expected"),
    [
        ("job", "get", IN, "done"),
        ("job", "head", IN, "done"),
        ("job", "put", IN, "AccessDenied"),
        ("job", "put", OUT, "done"),
        ("job", "begin", OUT, "done"),
        ("job", "begin", IN, "AccessDenied"),
        ("job", "delete", OUT, "AccessDenied"),
        ("job", "list", "", "AccessDenied"),
        ("job", "see", "", "done"),
        ("job", "get", "web/source/other.zip", "AccessDenied"),
        ("job", "head", "web/source/other.zip", "403"),
        ("job", "get", "no/such/object", "AccessDenied"),
        ("job", "put", "web/build/out.zip/", "AccessDenied"),
        ("foreign job", "get", IN, "NoSuchKey"),
        ("foreign job", "head", IN, "404"),
        ("expired job", "get", IN, "ExpiredToken"),
        ("viewer", "get", IN, "done"),
        ("viewer", "list", "", "done"),
        ("viewer", "see", "", "done"),
        ("viewer", "put", IN, "AccessDenied"),
        ("viewer", "begin", IN, "AccessDenied"),
        ("viewer", "delete", IN, "AccessDenied"),
        ("revoked", "get", IN, "InvalidAccessKeyId"),
        ("stranger", "get", IN, "NoSuchKey"),
        ("stranger", "head", IN, "404"),
        ("stranger", "list", "", "done"),
    ],
)
def test_credentials_open_what_they_are_for(server, who, operation, key, expected):
    admin = server.client()
    for name in (IN, "web/source/other.zip"):
        admin.put_object(Bucket=BUCKET, Key=name, Body=b"hello")
    assert attempt(server.client(who), operation, key) == expected
    assert admin.get_object(Bucket=BUCKET, Key=IN)["Body"].read() == b"hello"


def test_a_foreign_object_and_a_missing_one_look_the_same(server, key):
    server.client().put_object(Bucket=BUCKET, Key=key, Body=b"hello")
    stranger = server.client("stranger")

    def answer(name: str) -> tuple:
        with pytest.raises(ClientError) as caught:
            stranger.get_object(Bucket=BUCKET, Key=name)
        response = caught.value.response
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        lengths = int(headers["content-length"]) - len(name)
        return response["Error"]["Code"], response["Error"]["Message"], sorted(headers), lengths

    assert answer(key) == answer(key[:-1] + "q")


def test_two_accounts_share_a_bucket_name_and_not_its_objects(server, key):
    ours, theirs = server.client(), server.client("stranger")
    ours.put_object(Bucket=BUCKET, Key=key, Body=b"ours")
    theirs.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    assert ours.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"ours"
    theirs.delete_object(Bucket=BUCKET, Key=key)
    assert ours.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"ours"
    listed = theirs.list_objects_v2(Bucket=BUCKET, Prefix=key)
    assert "Contents" not in listed


def signed_with(server: Server, key: list, *, region: str = REGION, service: str = "s3") -> httpx2.Response:
    request = AWSRequest("GET", f"{server.url}/{BUCKET}/{IN}")
    S3SigV4Auth(Credentials(*key), service, region).add_auth(request)
    return httpx2.get(request.url, headers=dict(request.headers))


def test_a_wrong_secret_is_refused(server):
    key_id, secret = server.keys["admin"]
    answer = signed_with(server, [key_id, secret[:-1] + "?"])
    assert (answer.status_code, "SignatureDoesNotMatch" in answer.text) == (403, True)


def test_an_unknown_key_is_refused(server):
    answer = signed_with(server, ["AKIAAAAAAAAAAAAAAAAA", "secret"])
    assert (answer.status_code, "InvalidAccessKeyId" in answer.text) == (403, True)


@pytest.mark.parametrize("token", [None, "", "junk", "of another job"])
def test_temporary_credentials_need_their_own_token(server, token):
    key_id, secret, _ = server.keys["job"]
    answer = signed_with(server, [key_id, secret, server.keys["other job"][2] if token == "of another job" else token])
    assert (answer.status_code, "InvalidToken" in answer.text) == (400, True)


def test_a_permanent_key_takes_no_token(server):
    answer = signed_with(server, [*server.keys["admin"], server.keys["job"][2]])
    assert (answer.status_code, "InvalidToken" in answer.text) == (400, True)


def test_another_region_is_refused_and_ours_named(server):
    answer = signed_with(server, server.keys["admin"], region="eu-west-1")
    assert answer.status_code == 400
    assert "AuthorizationHeaderMalformed" in answer.text
    assert "<Region>us-east-1</Region>" in answer.text


def test_an_error_is_xml_that_names_its_request(server):
    answer = signed_with(server, ["AKIAAAAAAAAAAAAAAAAA", "secret"])
    assert answer.headers["content-type"] == "application/xml"
    assert f"<RequestId>{answer.headers['x-amz-request-id']}</RequestId>" in answer.text
    assert f"<HostId>{answer.headers['x-amz-id-2']}</HostId>" in answer.text


def test_what_is_not_signed_for_s3_is_left_to_others(server):
    assert httpx2.get(f"{server.url}/{BUCKET}/{IN}").text == "not for s3"
    assert signed_with(server, server.keys["admin"], service="codepipeline").text == "not for s3"


def test_an_unsigned_request_to_a_buckets_host_is_refused(server):
    answer = httpx2.get(f"{server.url}/{IN}", headers={"host": f"{BUCKET}.localhost"})
    assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)
