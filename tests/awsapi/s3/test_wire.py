"""What goes over the wire, byte by byte, against a running server."""

import socket
import time
from hashlib import sha256

import pytest

from .raw import answer, exchange, head, http_chunks
from .running import BUCKET, LIMIT_BYTES

HELLO = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
TRAILER = {
    "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "Content-Encoding": "aws-chunked",
    "X-Amz-Trailer": "x-amz-checksum-crc32",
    "X-Amz-Decoded-Content-Length": "5",
}
UNSIGNED = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}


@pytest.fixture
def path(request) -> str:
    return f"/{BUCKET}/wire/{abs(hash(request.node.name))}.zip"


def stored(server, path: str) -> bytes | None:
    s3 = server.client()
    try:
        return s3.get_object(Bucket=BUCKET, Key=path.removeprefix(f"/{BUCKET}/"))["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def test_a_chunked_body_with_a_trailer_is_stored_as_over_https(server, path):
    """What boto3 sends to an https endpoint: no Content-Length, HTTP chunks around aws-chunked ones."""
    start = head(server, "PUT", path, TRAILER | {"Transfer-Encoding": "chunked"})
    reply = exchange(server, start + http_chunks([HELLO[:4], HELLO[4:]]))
    assert reply.startswith(b"HTTP/1.1 200")
    assert b"x-amz-checksum-crc32: nhcmhg==" in reply.lower()
    assert stored(server, path) == b"hello"
    found = server.client().head_object(Bucket=BUCKET, Key=path.removeprefix(f"/{BUCKET}/"))
    assert "ContentEncoding" not in found


def test_an_aws_chunked_body_of_known_length_is_stored(server, path):
    start = head(server, "PUT", path, TRAILER | {"Content-Length": str(len(HELLO))})
    assert exchange(server, start + HELLO).startswith(b"HTTP/1.1 200")
    assert stored(server, path) == b"hello"


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({}, HELLO.replace(b"hello", b"hallo"), b"BadDigest"),
        ({}, HELLO.replace(b"x-amz-checksum-crc32", b"x-amz-checksum-crc99"), b"IncompleteBody"),
        ({}, HELLO.replace(b"NhCmhg==", b"junk"), b"InvalidRequest"),
        ({}, b"5\r\nhello\r\n", b"IncompleteBody"),
        ({"X-Amz-Decoded-Content-Length": "6"}, HELLO, b"IncompleteBody"),
        ({"X-Amz-Trailer": "x-other"}, HELLO, b"InvalidRequest"),
        ({"X-Amz-Decoded-Content-Length": str(LIMIT_BYTES + 1)}, HELLO, b"EntityTooLarge"),
    ],
)
def test_a_chunked_body_that_is_not_as_announced_is_refused_and_not_kept(server, path, headers, body, code):
    before = server.files()
    start = head(server, "PUT", path, TRAILER | headers | {"Content-Length": str(len(body))})
    reply = exchange(server, start + body)
    assert b"<Code>" + code + b"</Code>" in reply
    assert stored(server, path) is None
    assert server.files() == before


def test_a_body_that_was_not_signed_is_refused(server, path):
    signed = {"X-Amz-Content-SHA256": sha256(b"hello").hexdigest(), "Content-Length": "5"}
    reply = exchange(server, head(server, "PUT", path, signed) + b"hallo")
    assert reply.startswith(b"HTTP/1.1 400")
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in reply
    assert stored(server, path) is None


def test_signed_chunks_of_a_wrong_signature_are_refused(server, path):
    body = b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n"
    headers = {
        "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "X-Amz-Decoded-Content-Length": "5",
        "Content-Length": str(len(body)),
    }
    assert b"<Code>SignatureDoesNotMatch</Code>" in exchange(server, head(server, "PUT", path, headers) + body)
    assert stored(server, path) is None


def test_a_list_of_parts_that_was_not_signed_is_refused(server, path):
    signed = {"X-Amz-Content-SHA256": sha256(b"<a/>").hexdigest(), "Content-Length": "4"}
    reply = exchange(server, head(server, "POST", path + "?uploadId=x", signed) + b"<b/>")
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in reply


def test_the_go_ahead_comes_before_the_body(server, path):
    start = head(server, "PUT", path, UNSIGNED | {"Content-Length": "5", "Expect": "100-continue"})
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(start)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b"hello")
        assert answer(connection).startswith(b"HTTP/1.1 200")
    assert stored(server, path) == b"hello"


def test_a_sender_who_may_not_is_told_before_the_body(server, path):
    start = head(server, "PUT", path, UNSIGNED | {"Content-Length": "5", "Expect": "100-continue"}, who="viewer")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(start)
        reply = answer(connection)
        assert reply.startswith(b"HTTP/1.1 403")
        assert b"connection: close" in reply.lower()
        assert connection.recv(10) == b""


def test_a_body_over_the_limit_is_refused_by_its_announcement(server, path):
    before = server.files()
    start = head(server, "PUT", path, UNSIGNED | {"Content-Length": str(10 * 1024**3)})
    reply = exchange(server, start)
    assert reply.startswith({"uvicorn": b"HTTP/1.1 400", "daphne": b"HTTP/1.1 413"}[server.kind])
    assert b"<Code>EntityTooLarge</Code>" in reply
    assert b"connection: close" in reply.lower()
    assert server.files() == before


def test_chunks_are_taken_no_further_than_announced(server, path):
    """Five bytes are announced, and a chunked body goes on and on."""
    before = server.files()
    start = head(server, "PUT", path, TRAILER | {"Transfer-Encoding": "chunked"})
    body = b"".join(b"100000\r\n%s\r\n" % bytes(0x100000) for _ in range(24))
    reply = exchange(server, start + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert b" 200 " not in reply
    assert server.files() == before
    assert stored(server, path) is None


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (UNSIGNED, b"MissingContentLength"),
        ({"X-Amz-Content-SHA256": "nonsense", "Content-Length": "0"}, b"InvalidArgument"),
        ({**TRAILER, "Content-Length": "0", "X-Amz-Decoded-Content-Length": "-1"}, b"InvalidArgument"),
    ],
)
def test_a_head_that_says_too_little_is_refused(server, path, headers, code):
    assert b"<Code>" + code + b"</Code>" in exchange(server, head(server, "PUT", path, headers))


def test_a_head_of_too_many_lines_is_refused(server, path):
    many = b"".join(b"x-other-%d: x\r\n" % number for number in range(70))
    reply = exchange(server, head(server, "GET", path, UNSIGNED)[:-2] + many + b"\r\n")
    assert reply.startswith(b"HTTP/1.1 400")
    assert b"<Code>RequestHeaderSectionTooLarge</Code>" in reply


def test_a_sender_who_hangs_up_leaves_nothing(server, path):
    before = server.files()
    start = head(server, "PUT", path, UNSIGNED | {"Content-Length": "1000000"})
    exchange(server, start + b"x" * 500_000, 0.3, hang_up=True)
    ends = time.monotonic() + 5
    while server.files() != before and time.monotonic() < ends:
        time.sleep(0.05)
    assert server.files() == before
    assert stored(server, path) is None


def test_a_large_damaged_object_never_arrives_whole(server, tmp_path):
    s3, key = server.client(), f"damaged-{server.kind}"
    before = set(server.files())
    s3.put_object(Bucket=BUCKET, Key=key, Body=bytes(9 * 1024**2))
    (blob,) = [path for path in set(server.files()) - before if "blobs" in path.parts]
    blob.chmod(0o600)
    with blob.open("r+b") as file:
        file.seek(5)
        file.write(b"x")
    with pytest.raises(Exception, match=r"(?i)incomplete|broken|reset"):
        s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 9 * 1024**2
