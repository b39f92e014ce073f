"""What is refused, and what real signers send."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import botocore.auth
import pytest

from apps.awsapi.sigv4 import (
    EMPTY_SHA256,
    Authorization,
    ChunkSignatures,
    HeaderNotSigned,
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    ScopeMismatch,
    SignatureOutOfTime,
    SignedRequest,
    parse_authorization,
    parse_query_authorization,
    signature_of,
    signing_key,
    verify,
)
from tests.awsapi.signing import NOW, REGION, SECRET, Raw, sign

JSON = {"X-Amz-Target": "CodePipeline_20150709.ListPipelines", "Content-Type": "application/x-amz-json-1.1"}
CBOR = {"smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor", "Content-Type": "application/cbor"}
ROOT = "http://127.0.0.1:8000/"
OPERATION = "http://127.0.0.1:8000/service/CodePipeline_20150709/operation/ListPipelines"


def check(raw: Raw | SignedRequest, *, secret: str = SECRET, now=NOW, service: str = "codepipeline") -> Authorization:
    request = raw if isinstance(raw, SignedRequest) else raw.to_verify()
    authorization = parse_authorization(request)
    verify(request, authorization, secret=secret, now=now, region=REGION, service=service)
    return authorization


def with_header(raw: Raw, name: bytes, value: bytes | None) -> Raw:
    """Put `value` in place of a header's; None takes the header away."""
    kept = tuple(pair for pair in raw.headers if pair[0] != name)
    return replace(raw, headers=kept if value is None else (*kept, (name, value)))


def authorization_of(raw: Raw) -> bytes:
    return dict(raw.headers)[b"authorization"]


@pytest.mark.parametrize(
    ("url", "headers", "body"),
    [
        (ROOT, JSON, b"{}"),
        (ROOT, JSON, '{"reason": "Größe"}'.encode()),
        ("http://headrace.example/t/acme", JSON, b"{}"),
        ("http://headrace.example/t/acme/", JSON, b"{}"),
        ("http://headrace.example/t/a%20b/../c//d", JSON, b"{}"),
        ("http://headrace.example/?b=2&a=%2F&a=", JSON, b"{}"),
        (OPERATION, CBOR, b"\xa0"),
    ],
)
def test_what_botocore_signs_is_accepted(url, headers, body):
    assert check(sign(url, headers=headers, body=body)).access_key_id == "AKIDEXAMPLE"
    assert check(sign(url, headers=headers, body=body, token="a/token+==")).session_token == "a/token+=="


@pytest.mark.parametrize("key", ["plain.zip", "a//b/./../c", "a%20b%2Bc", "%E1%88%B4", "per%25cent"])
def test_the_path_of_s3_is_taken_as_it_is_sent(key):
    raw = sign(f"http://h/bucket/{key}", method="GET", service="s3", signer=botocore.auth.S3SigV4Auth)
    check(raw, service="s3")
    with pytest.raises(InvalidSignature):
        check(replace(raw, path=raw.path + b"/"), service="s3")


def test_each_flipped_digit_of_the_signature_is_refused():
    raw = sign(ROOT, headers=JSON, body=b"{}")
    header = authorization_of(raw)
    for at in range(len(header) - 64, len(header)):
        digit = b"0" if header[at : at + 1] != b"0" else b"1"
        with pytest.raises(InvalidSignature):
            check(with_header(raw, b"authorization", header[:at] + digit + header[at + 1 :]))


def test_a_comma_without_a_space_separates_too():
    raw = sign(ROOT, headers=JSON, body=b"{}")
    check(with_header(raw, b"authorization", authorization_of(raw).replace(b", ", b",")))


def test_spaces_within_a_signed_value_are_folded():
    raw = sign(ROOT, headers=JSON | {"amz-sdk-request": "attempt=1;  max=3"}, body=b"{}")
    check(with_header(raw, b"amz-sdk-request", b" attempt=1;   max=3 "))


def test_a_wrong_secret_is_refused():
    with pytest.raises(InvalidSignature, match="does not match"):
        check(sign(ROOT, headers=JSON), secret="another")


def test_a_changed_body_is_refused():
    with pytest.raises(InvalidSignature):
        check(replace(sign(ROOT, headers=JSON, body=b'{"a":1}'), body=b'{"a":2}'))


def test_a_claimed_body_hash_must_be_that_of_the_body():
    claim = {"X-Amz-Content-SHA256": sha256(b"other").hexdigest()}
    with pytest.raises(InvalidSignature, match="x-amz-content-sha256"):
        check(sign(ROOT, headers=JSON | claim, body=b"{}"))


def test_an_unsigned_payload_is_refused_where_the_caller_did_not_accept_it():
    with pytest.raises(InvalidSignature):
        check(sign(ROOT, headers=JSON | {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, body=b"{}"))


@pytest.mark.parametrize("header", [b"x-amz-target", b"x-amz-security-token", b"x-amz-anything"])
def test_an_amz_header_that_is_not_signed_is_refused(header):
    with pytest.raises(HeaderNotSigned, match=header.decode()):
        check(with_header(sign(OPERATION, headers=CBOR), header, b"CodePipeline_20150709.DeletePipeline"))


def test_a_host_that_is_not_signed_is_refused():
    raw = sign(ROOT, headers=JSON)
    with pytest.raises(HeaderNotSigned, match="Host"):
        check(with_header(raw, b"authorization", authorization_of(raw).replace(b";host", b"")))


@pytest.mark.parametrize(
    "name",
    ["host", "authorization", "x-amz-date", "x-amz-target", "x-amz-security-token", "content-type", "content-length"],
)
def test_a_repeated_header_that_decides_something_is_refused(name):
    raw = sign(ROOT, headers=JSON | {"Content-Length": "2"}, body=b"{}", token="token")
    pair = (name.encode(), dict(raw.headers)[name.encode()])
    with pytest.raises(IncompleteSignature, match="repeated"):
        check(replace(raw, headers=(*raw.headers, pair)))


def test_a_request_without_host_is_refused():
    with pytest.raises(IncompleteSignature, match="Host"):
        check(with_header(sign(ROOT, headers=JSON), b"host", None))


def test_a_request_without_signature_is_refused():
    with pytest.raises(MissingAuthenticationToken):
        check(with_header(sign(ROOT, headers=JSON), b"authorization", None))


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (b"Basic dXNlcjpwYXNz", MissingAuthenticationToken),
        (b"", MissingAuthenticationToken),
        (b"AWS4-HMAC-SHA1 Credential=a", IncompleteSignature),
        (b"AWS4-HMAC-SHA256", IncompleteSignature),
        (b"AWS4-HMAC-SHA256 Credential=a/20300131/us-east-1/codepipeline/aws4_request", IncompleteSignature),
        (b"AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=" + b"0" * 64, IncompleteSignature),
        (b"AWS4-HMAC-SHA256 \xff\xfe, SignedHeaders=host, Signature=" + b"0" * 64, IncompleteSignature),
    ],
)
def test_an_authorization_that_cannot_be_read_is_refused(header, error):
    with pytest.raises(error):
        check(with_header(sign(ROOT, headers=JSON), b"authorization", header))


@pytest.mark.parametrize(
    "change",
    [
        (b"Signature=", b"Signature=\xe9"),
        (b"Signature=", b"Signature=0"),
        (b"SignedHeaders=", b"Credential=x, SignedHeaders="),
        (b"SignedHeaders=", b"SignedHeaders=host;"),
        (b"SignedHeaders=", b"Extra=1, SignedHeaders="),
    ],
)
def test_an_authorization_with_odd_parts_is_refused(change):
    raw = sign(ROOT, headers=JSON)
    with pytest.raises(IncompleteSignature):
        check(with_header(raw, b"authorization", authorization_of(raw).replace(*change)))


@pytest.mark.parametrize(
    "date", [b"", b"20300131", b"20301331T090000Z", b"2030-01-31T09:00:00Z", "20300131T09000०Z".encode()]
)
def test_a_date_that_cannot_be_read_is_refused(date):
    with pytest.raises(IncompleteSignature):
        check(with_header(sign(ROOT, headers=JSON), b"x-amz-date", date))


def test_the_date_header_stands_in_for_an_absent_amz_date():
    raw = sign(ROOT, headers=JSON | {"Date": "any"})
    assert b"x-amz-date" not in dict(raw.headers)
    check(raw)


@pytest.mark.parametrize(
    "change",
    [
        (b"/us-east-1/", b"/eu-west-1/"),
        (b"/codepipeline/", b"/s3/"),
        (b"/20300131/", b"/20300130/"),
        (b"/aws4_request", b"/aws5_request"),
    ],
)
def test_a_signature_for_another_scope_is_refused(change):
    raw = sign(ROOT, headers=JSON)
    with pytest.raises(ScopeMismatch):
        check(with_header(raw, b"authorization", authorization_of(raw).replace(*change)))


@pytest.mark.parametrize(("region", "service"), [("eu-west-1", "codepipeline"), ("us-east-1", "s3")])
def test_a_well_signed_request_for_another_region_or_service_is_refused(region, service):
    with pytest.raises(ScopeMismatch):
        check(sign(ROOT, headers=JSON, region=region, service=service))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_of_clock_difference_are_allowed(seconds):
    check(sign(ROOT, headers=JSON), now=NOW + timedelta(seconds=seconds))


def test_an_old_signature_is_refused_in_the_words_that_clients_read():
    with pytest.raises(SignatureOutOfTime) as refused:
        check(sign(ROOT, headers=JSON), now=NOW + timedelta(seconds=301))
    assert refused.value.message == (
        "Signature expired: 20300131T090000Z is now earlier than 20300131T090001Z (20300131T090501Z - 5 min.)"
    )


def test_a_signature_from_the_future_is_refused():
    with pytest.raises(SignatureOutOfTime, match="not yet current"):
        check(sign(ROOT, headers=JSON), now=NOW - timedelta(seconds=301))


def presigned(url: str = "http://h/bucket/a%20key?versionId=1%2F2", token: str | None = None) -> Raw:
    return sign(url, method="GET", service="s3", token=token, signer=botocore.auth.S3SigV4QueryAuth)


def check_presigned(raw: Raw, now=NOW) -> Authorization:
    request = replace(raw.to_verify(), body_sha256="UNSIGNED-PAYLOAD")
    authorization = parse_query_authorization(request)
    verify(request, authorization, secret=SECRET, now=now, region=REGION, service="s3")
    return authorization


def test_a_presigned_link_is_accepted_until_it_expires():
    raw = presigned(token="tok/en+=")
    assert check_presigned(raw).session_token == "tok/en+="
    check_presigned(raw, NOW + timedelta(seconds=3600))
    with pytest.raises(SignatureOutOfTime):
        check_presigned(raw, NOW + timedelta(seconds=3601))
    with pytest.raises(SignatureOutOfTime):
        check_presigned(raw, NOW - timedelta(seconds=301))


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b"versionId=1", b"versionId=2", InvalidSignature),
        (b"X-Amz-Expires=3600", b"X-Amz-Expires=3601", InvalidSignature),
        (b"X-Amz-Expires=3600", b"X-Amz-Expires=604801", IncompleteSignature),
        (b"X-Amz-Expires=3600", b"X-Amz-Expires=0", IncompleteSignature),
        (b"X-Amz-Expires=3600", b"X-Amz-Expires=3600&X-Amz-Expires=3600", IncompleteSignature),
        (b"X-Amz-Date=", b"X-Amz-Datum=", IncompleteSignature),
        (b"AWS4-HMAC-SHA256", b"AWS4-HMAC-SHA1", IncompleteSignature),
        (b"X-Amz-Signature=", b"X-Amz-Signatur=", MissingAuthenticationToken),
        (b"X-Amz-SignedHeaders=host", b"X-Amz-SignedHeaders=range", HeaderNotSigned),
    ],
)
def test_a_changed_presigned_link_is_refused(old, new, error):
    raw = presigned()
    assert old in raw.query
    with pytest.raises(error):
        check_presigned(replace(raw, query=raw.query.replace(old, new)))


# The values of the S3 API reference, "Example: PUT object" of signed chunks: 64 KiB and 1 KiB of the letter a.
CHUNKED = Authorization(
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    date="20130524",
    region="us-east-1",
    service="s3",
    signed_headers="host",
    signature="4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    timestamp="20130524T000000Z",
    signed_at=NOW,
)
CHUNK_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CHUNKS = (
    (sha256(b"a" * 65536).hexdigest(), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (sha256(b"a" * 1024).hexdigest(), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (EMPTY_SHA256, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)


def test_the_published_chunk_signatures_are_accepted_in_their_order():
    chunks = ChunkSignatures(CHUNKED, CHUNK_SECRET)
    for data_sha256, signature in CHUNKS:
        chunks.check_chunk(data_sha256, signature)


def test_chunks_in_another_order_are_refused():
    with pytest.raises(InvalidSignature):
        ChunkSignatures(CHUNKED, CHUNK_SECRET).check_chunk(*CHUNKS[1])


def test_a_signed_trailer_is_bound_to_the_chunks_before_it():
    trailer = b"x-amz-checksum-crc32:NhCmhg==\n"
    trailer_sha256 = sha256(trailer).hexdigest()
    text = f"AWS4-HMAC-SHA256-TRAILER\n20130524T000000Z\n{CHUNKED.scope}\n{CHUNKED.signature}\n{trailer_sha256}"
    signature = signature_of(signing_key(CHUNKED, CHUNK_SECRET), text.encode())
    ChunkSignatures(CHUNKED, CHUNK_SECRET).check_trailer(trailer, signature)
    with pytest.raises(InvalidSignature):
        ChunkSignatures(CHUNKED, CHUNK_SECRET).check_trailer(trailer.replace(b"N", b"M"), signature)
    with pytest.raises(InvalidSignature):
        ChunkSignatures(CHUNKED, CHUNK_SECRET).check_trailer(trailer, "é")
