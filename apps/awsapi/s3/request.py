"""One request as S3 reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from apps.awsapi.sigv4 import SignedRequest
from apps.core.asgi import Scope

from .addressing import bucket_of_host, object_of_path
from .errors import S3Error

MOST_HEADERS = 64
MOST_HEAD_BYTES = 16_384
MOST_QUERY_BYTES = 8_192


@dataclass(frozen=True)
class S3Request:
    """What was asked of which object. Shapes: `raw` is what was signed, header names are in lower case."""

    raw: SignedRequest
    bucket: str
    key: str
    query: Mapping[str, str]

    @property
    def method(self) -> str:
        return self.raw.method

    @property
    def resource(self) -> str:
        return self.raw.raw_path.decode("latin-1")

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers by name; where one came twice, both values with a comma between them."""
        values = self.raw.header_values
        return {name.decode("latin-1"): b",".join(found).decode("latin-1").strip() for name, found in values.items()}

    @property
    def is_presigned(self) -> bool:
        return "X-Amz-Signature" in self.query


def read_request(scope: Scope, bases: tuple[str, ...]) -> S3Request:
    """Read an ASGI scope. Raises: S3Error RequestHeaderSectionTooLarge, InvalidURI, InvalidBucketName."""
    headers = tuple((name.lower(), value) for name, value in scope["headers"])
    raw_path, query_string = scope["raw_path"], scope["query_string"]
    size = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > MOST_HEADERS or size > MOST_HEAD_BYTES or len(query_string) > MOST_QUERY_BYTES:
        raise S3Error("RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size.")
    raw = SignedRequest(scope["method"], raw_path, query_string, headers, _payload_hash(headers))
    hosts = raw.header_values.get(b"host", [b""])
    bucket, key = object_of_path(raw_path, bucket_of_host(hosts[0], bases))
    return S3Request(raw, bucket, key, _query(query_string))


def _payload_hash(headers: tuple[tuple[bytes, bytes], ...]) -> str:
    """Return what was signed in the body's place. Whether the body has this digest is seen when it has arrived."""
    for name, value in headers:
        if name == b"x-amz-content-sha256":
            return value.decode("latin-1")
    return "UNSIGNED-PAYLOAD"


def _query(query_string: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise S3Error("InvalidURI", "The query string cannot be read.") from None
    query = dict(pairs)
    if len(query) != len(pairs):
        raise S3Error("InvalidArgument", "A query parameter is given twice.")
    if any("\0" in value for value in query.values()):
        raise S3Error("InvalidArgument", "A query parameter holds the NUL character.")
    return query
