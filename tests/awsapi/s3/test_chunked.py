from hashlib import sha256

import pytest

from apps.awsapi.s3.chunked import AwsChunked
from apps.awsapi.s3.errors import S3Error
from apps.awsapi.sigv4 import Authorization, ChunkSignatures, InvalidSignature
from tests.awsapi.signing import NOW

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BODY = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"


def decode(body: bytes, *, step: int = 0, signatures=None, signed_trailer: bool = False) -> tuple[bytes, dict]:
    decoder = AwsChunked(signatures, signed_trailer=signed_trailer)
    step = step or len(body) or 1
    pieces = [piece for start in range(0, len(body), step) for piece in decoder.feed(body[start : start + step])]
    decoder.finish()
    return b"".join(pieces), decoder.trailers


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
def test_the_pieces_that_a_body_comes_in_change_nothing(step):
    assert decode(BODY, step=step) == (b"hello world", {"x-amz-checksum-crc32": "NhCmhg=="})


def test_an_empty_body_is_one_empty_chunk():
    assert decode(b"0\r\n\r\n") == (b"", {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5\r\nhel",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n0\r\n",
        b"5\r\nhello world\r\n0\r\n\r\n",
        b"zz\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"\r\n",
        b"0\r\n\r\nmore",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\na:1\r\na:2\r\n\r\n",
        b"f" * 17 + b"\r\n",
        b"0" * 5000,
        b"0\r\n" + b"x-a:" + b"b" * 1000 + b"\r\n" * 2 + b"x",
        b"0\r\n" + b"".join(b"x-%d:%s\r\n" % (n, b"b" * 900) for n in range(20)),
    ],
)
def test_a_body_that_is_not_in_order_is_refused(body):
    with pytest.raises(S3Error) as caught:
        decode(body)
    assert caught.value.code == "IncompleteBody"


# Source: S3 API reference, "Signature calculations: transferring payload in multiple chunks", the worked example.
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
FIRST = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
SECOND = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
LAST = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"


def published() -> ChunkSignatures:
    authorization = Authorization(
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        date="20130524",
        region="us-east-1",
        service="s3",
        signed_headers="host",
        signature=SEED,
        timestamp="20130524T000000Z",
        signed_at=NOW,
    )
    return ChunkSignatures(authorization, SECRET)


def chunk(data: bytes, signature: str) -> bytes:
    return b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), signature.encode(), data)


PUBLISHED = (
    chunk(b"a" * 65536, FIRST) + chunk(b"a" * 1024, SECOND) + b"0;chunk-signature=" + LAST.encode() + b"\r\n\r\n"
)


@pytest.mark.parametrize("step", [0, 1000])
def test_the_published_example_of_signed_chunks_is_accepted(step):
    assert decode(PUBLISHED, step=step, signatures=published())[0] == b"a" * 66560


@pytest.mark.parametrize(
    "body",
    [
        PUBLISHED.replace(b"\r\naaaa", b"\r\nbaaa", 1),
        PUBLISHED.replace(SECOND.encode(), FIRST.encode()),
        PUBLISHED.replace(LAST.encode(), FIRST.encode()),
        PUBLISHED[: PUBLISHED.index(b"400;")] + PUBLISHED[PUBLISHED.index(b"0;chunk-signature=b6") :],
    ],
    ids=["a byte changed", "a signature of another chunk", "the last signature", "a chunk left out"],
)
def test_signed_chunks_that_were_changed_are_refused(body):
    with pytest.raises(InvalidSignature):
        decode(body, signatures=published())


def test_an_unsigned_chunk_among_signed_ones_is_refused():
    with pytest.raises(S3Error) as caught:
        decode(b"5\r\nhello\r\n0\r\n\r\n", signatures=published())
    assert caught.value.code == "SignatureDoesNotMatch"


# Source: the same reference, "with trailing headers".
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILER_CHUNKS = (
    chunk(b"a" * 65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2")
    + chunk(b"a" * 1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7")
    + b"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
)
TRAILER = b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
TRAILER_SIGNATURE = b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"


def published_with_trailer() -> ChunkSignatures:
    signatures = published()
    signatures._previous = TRAILER_SEED
    return signatures


def test_the_published_example_with_a_signed_trailer_is_accepted():
    data, trailers = decode(
        TRAILER_CHUNKS + TRAILER + TRAILER_SIGNATURE, signatures=published_with_trailer(), signed_trailer=True
    )
    assert sha256(data).hexdigest() == sha256(b"a" * 66560).hexdigest()
    assert trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


@pytest.mark.parametrize("trailer", [TRAILER.replace(b"sO", b"s1") + TRAILER_SIGNATURE, TRAILER + b"\r\n"])
def test_a_trailer_that_was_changed_or_is_not_signed_is_refused(trailer):
    with pytest.raises(InvalidSignature):
        decode(TRAILER_CHUNKS + trailer, signatures=published_with_trailer(), signed_trailer=True)
