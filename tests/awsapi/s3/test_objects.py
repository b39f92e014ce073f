"""Single objects, by boto3 against a running server."""

import hashlib
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from .running import BUCKET, REGION

MIB = 1024**2


def refusal(call, **arguments) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def metadata(answer: dict) -> dict[str, str]:
    """Return the metadata with names as S3 gives them: daphne's HTTP library writes header names with capitals."""
    return {name.lower(): value for name, value in answer["Metadata"].items()}


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 4096 * 6], ids=["empty", "small", "6 MiB"])
def test_an_object_is_read_back(s3, key, data):
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=data, ContentType="application/zip", Metadata={"by": "me"})
    found = s3.get_object(Bucket=BUCKET, Key=key)
    assert found["Body"].read() == data
    assert found["ETag"] == put["ETag"] == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    assert (found["ContentType"], metadata(found)) == ("application/zip", {"by": "me"})
    assert put["ChecksumCRC32"] == found["ChecksumCRC32"]
    assert found["ChecksumType"] == "FULL_OBJECT"


def test_head_tells_size_tag_and_time(s3, key):
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello")
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentLength"], head["ETag"], head["VersionId"]) == (5, put["ETag"], put["VersionId"])
    assert abs(head["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert head["AcceptRanges"] == "bytes"


def test_every_answer_names_itself_and_the_time_once(s3, key):
    for call in (s3.put_object, s3.get_object, s3.head_object, s3.delete_object):
        facts = call(Bucket=BUCKET, Key=key)["ResponseMetadata"]
        assert len(facts["RequestId"]) == 16
        assert facts["HostId"]
        assert facts["HTTPHeaders"]["date"].count("GMT") == 1


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_checksum_of_the_clients_choice_is_kept(s3, key, algorithm):
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert put[f"Checksum{algorithm}"] == head[f"Checksum{algorithm}"]


@pytest.mark.parametrize(
    ("algorithm", "true"),
    [
        ("CRC32", "NhCmhg=="),
        ("CRC32C", "mnG7TA=="),
        ("CRC64NVME", "M3eFcAZSQlc="),
        ("SHA1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
        ("SHA256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
    ],
)
def test_a_checksum_that_is_true_is_accepted_and_a_false_one_refused(s3, key, algorithm, true):
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello", **{f"Checksum{algorithm}": true})
    refused = refusal(s3.put_object, Bucket=BUCKET, Key=key, Body=b"hallo", **{f"Checksum{algorithm}": true})
    assert refused == ("BadDigest", 400)
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"hello"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "BadDigest"),
        ({"ContentMD5": "no"}, "InvalidDigest"),
        ({"ChecksumCRC32": "no"}, "InvalidRequest"),
        ({"ServerSideEncryption": "rot13"}, "InvalidArgument"),
        ({"Metadata": {"long": "x" * 3000}}, "MetadataTooLarge"),
        ({"SSECustomerAlgorithm": "AES256"}, "NotImplemented"),
    ],
)
def test_a_put_that_cannot_be_kept_is_refused(server, s3, key, arguments, code):
    before = server.files()
    assert refusal(s3.put_object, Bucket=BUCKET, Key=key, Body=b"hello", **arguments)[0] == code
    assert refusal(s3.head_object, Bucket=BUCKET, Key=key) == ("404", 404)
    assert server.files() == before


def test_no_checksum_is_needed(server, key):
    s3 = server.client(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello")
    found = s3.get_object(Bucket=BUCKET, Key=key)
    assert found["Body"].read() == b"hello"
    assert not [name for name in found if name.startswith("Checksum")]
    asked = server.client().get_object(Bucket=BUCKET, Key=key)
    assert asked["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="


@pytest.mark.parametrize("more", [{}, {"SSEKMSKeyId": "arn:aws:kms:us-east-1:111122223333:key/k"}])
def test_encryption_headers_are_taken_and_echoed(s3, key, more):
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello", ServerSideEncryption="aws:kms", **more)
    for answer in (put, s3.head_object(Bucket=BUCKET, Key=key), s3.get_object(Bucket=BUCKET, Key=key)):
        assert answer["ServerSideEncryption"] == "aws:kms"
        assert answer.get("SSEKMSKeyId") == more.get("SSEKMSKeyId")


@pytest.mark.parametrize(
    ("wanted", "expected", "shown"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range_is_given_without_a_checksum(s3, key, wanted, expected, shown):
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"0123456789")
    found = s3.get_object(Bucket=BUCKET, Key=key, Range=wanted)
    assert found["Body"].read() == expected
    assert found["ContentRange"] == shown
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert not [name for name in found if name.startswith("Checksum")]
    head = s3.head_object(Bucket=BUCKET, Key=key, Range=wanted)
    assert (head["ContentLength"], head["ResponseMetadata"]["HTTPStatusCode"]) == (len(expected), 206)


def test_a_range_behind_the_end_is_refused(s3, key):
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"0123456789")
    assert refusal(s3.get_object, Bucket=BUCKET, Key=key, Range="bytes=10-") == ("InvalidRange", 416)


def test_conditions_hold_or_refuse(s3, key):
    tag = s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello")["ETag"]
    name = {"Bucket": BUCKET, "Key": key}
    assert s3.get_object(**name, IfMatch=tag)["Body"].read() == b"hello"
    assert refusal(s3.get_object, **name, IfMatch='"other"') == ("PreconditionFailed", 412)
    assert refusal(s3.get_object, **name, IfNoneMatch=tag) == ("304", 304)
    assert refusal(s3.put_object, **name, Body=b"new", IfNoneMatch="*") == ("PreconditionFailed", 412)
    assert s3.get_object(**name)["Body"].read() == b"hello"


def test_versions_can_be_read_and_removed(s3, key):
    name = {"Bucket": BUCKET, "Key": key}
    old = s3.put_object(**name, Body=b"old")["VersionId"]
    new = s3.put_object(**name, Body=b"new")["VersionId"]
    assert s3.get_object(**name)["VersionId"] == new
    assert s3.get_object(**name, VersionId=old)["Body"].read() == b"old"
    s3.delete_object(**name)
    assert refusal(s3.get_object, **name) == ("NoSuchKey", 404)
    assert refusal(s3.head_object, **name) == ("404", 404)
    s3.delete_object(**name, VersionId=old)
    assert refusal(s3.get_object, **name, VersionId=old) == ("NoSuchVersion", 404)
    assert s3.get_object(**name, VersionId=new)["Body"].read() == b"new"


KEYS = [
    "with space.zip",
    "a+b=c&d.zip",
    "100%.zip",
    "%2e%2e%2fx",
    "日本語/ä.zip",
    "double//slash",
    "/leading",
    "..",
    "../../escape",
    "a/./b",
    "trailing/",
    "quote'\"<>&",
    "~;:@!$*(),",
    "?query#fragment",
    "x" * 1024,
]


@pytest.mark.parametrize("odd", KEYS)
def test_an_odd_key_is_a_name_and_never_a_path(server, s3, odd):
    before = set(server.folder.rglob("*"))
    s3.put_object(Bucket="odd-keys", Key=odd, Body=odd.encode())
    assert s3.get_object(Bucket="odd-keys", Key=odd)["Body"].read() == odd.encode()
    assert s3.list_objects_v2(Bucket="odd-keys", Prefix=odd)["Contents"][0]["Key"] == odd
    made = {path for path in set(server.folder.rglob("*")) - before if path.is_file()}
    assert all(path.is_relative_to(server.folder / "artifacts" / "blobs") or "sqlite" in path.name for path in made)


def test_too_long_a_key_is_refused(s3):
    assert refusal(s3.put_object, Bucket=BUCKET, Key="x" * 1025, Body=b"") == ("KeyTooLongError", 400)


def test_a_damaged_object_is_not_given_as_whole(server, s3, key):
    before = set(server.files())
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello")
    (blob,) = [path for path in set(server.files()) - before if "blobs" in path.parts]
    blob.chmod(0o600)
    blob.write_bytes(b"hallo")
    assert refusal(s3.get_object, Bucket=BUCKET, Key=key) == ("InternalError", 500)


def test_a_presigned_link_opens_one_object_and_no_browser_runs_it(server, key):
    s3 = server.client(signature_version="s3v4")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"<script>", ContentType="text/html")
    link = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, ExpiresIn=60)
    found = httpx2.get(link)
    assert (found.status_code, found.content) == (200, b"<script>")
    assert "sandbox" in found.headers["content-security-policy"]
    assert found.headers["x-content-type-options"] == "nosniff"
    assert httpx2.get(link.replace(".zip?", ".zap?")).status_code == 403
    assert "SignatureDoesNotMatch" in httpx2.get(link[:-1] + ("0" if link[-1] != "0" else "1")).text
    named = s3.generate_presigned_url(
        "get_object", {"Bucket": BUCKET, "Key": key, "ResponseContentDisposition": "attachment; filename=a.zip"}
    )
    assert httpx2.get(named).headers["content-disposition"] == "attachment; filename=a.zip"


def test_a_presigned_put_stores_an_object(server, key):
    s3 = server.client(signature_version="s3v4")
    link = s3.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": key}, ExpiresIn=60)
    assert httpx2.put(link, content=b"hello").status_code == 200
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"hello"


def test_an_old_link_is_refused_with_the_way_out(server, key):
    link = server.client(signature_version="s3").generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key})
    assert "AWSAccessKeyId" in link
    assert "signature_version='s3v4'" in httpx2.get(link).text


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_object_acl", {"Key": "k"}),
        ("get_object_tagging", {"Key": "k"}),
        ("copy_object", {"Key": "k", "CopySource": "b/k"}),
        ("list_objects", {}),
        ("get_bucket_policy", {}),
    ],
)
def test_what_is_not_done_says_so(s3, operation, arguments):
    assert refusal(getattr(s3, operation), Bucket=BUCKET, **arguments) == ("NotImplemented", 501)


def test_a_virtual_host_names_the_bucket(server, key):
    request = AWSRequest("PUT", f"http://virtual.localhost:{server.port}/{key}", data=b"hello")
    S3SigV4Auth(Credentials(*server.keys["admin"]), "s3", REGION).add_auth(request)
    headers = dict(request.headers) | {"host": f"virtual.localhost:{server.port}"}
    assert httpx2.put(f"{server.url}/{key}", content=b"hello", headers=headers).status_code == 200
    assert server.client().get_object(Bucket="virtual", Key=key)["Body"].read() == b"hello"
