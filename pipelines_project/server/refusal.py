"""Which limit holds for a request, and the words of a refusal in the protocol that the request speaks."""

from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from apps.awsapi.errors import AwsError
from apps.awsapi.handling import error_answer as wire_answer
from apps.awsapi.protocols import looks_like_ours, route
from apps.awsapi.s3.answers import Ids
from apps.awsapi.s3.answers import error_answer as s3_answer
from apps.awsapi.s3.asgi import S3Endpoint
from apps.awsapi.s3.errors import S3Error
from apps.core.ids import new_id
from pipelines_project.server.bounds import Bounds

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Head:
    """A request's head, as far as it was read. Shapes: names of `fields` in lower case."""

    method: str = ""
    target: bytes = b""
    fields: Fields = ()

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]


@dataclass(frozen=True)
class Refusal:
    """An answer that ends its connection. `wire` and `s3` are its names where AWS has one."""

    status: HTTPStatus
    message: str
    wire: str
    s3: str


BAD_REQUEST = Refusal(
    HTTPStatus.BAD_REQUEST, "The request is malformed.", "MalformedHttpRequestException", "InvalidRequest"
)
HEAD_TOO_LARGE = Refusal(
    HTTPStatus.BAD_REQUEST,
    "The request head is too large.",
    "MalformedHttpRequestException",
    "RequestHeaderSectionTooLarge",
)


def body_too_large(limit_bytes: int) -> Refusal:
    message = f"The request body must not exceed {limit_bytes} bytes."
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, "RequestEntityTooLargeException", "EntityTooLarge")


class Kinds:
    """Tells artifact transfers, wire API calls and pages apart by their heads, as the application does."""

    def __init__(self) -> None:
        self._endpoint = S3Endpoint()

    def is_artifact(self, head: Head) -> bool:
        query = head.target.partition(b"?")[2]
        return self._endpoint.dispatches({"type": "http", "headers": head.fields, "query_string": query})

    def body_limit(self, head: Head, bounds: Bounds) -> int:
        return bounds.artifact_bytes if self.is_artifact(head) else bounds.body_bytes

    def answer(self, head: Head, refusal: Refusal) -> bytes:
        """Return the whole response, in the form that the client's library can read."""
        fields, body = self._form(head, refusal)
        closing = ((b"content-length", b"%d" % len(body)), (b"date", formatdate(usegmt=True).encode()))
        lines = [b"%s: %s\r\n" % pair for pair in (*fields, *closing, (b"connection", b"close"))]
        status = f"HTTP/1.1 {refusal.status} {refusal.status.phrase}\r\n".encode()
        return b"".join([status, *lines, b"\r\n", b"" if head.method == "HEAD" else body])

    def _form(self, head: Head, refusal: Refusal) -> tuple[Fields, bytes]:
        if self.is_artifact(head):
            ids = Ids()
            answer = s3_answer(S3Error(refusal.s3, refusal.message), None, ids)
            ids_fields = ((b"x-amz-request-id", ids.request_id.encode()), (b"x-amz-id-2", ids.id_2.encode()))
            assert isinstance(answer.body, bytes)
            return ((b"content-type", b"application/xml"), *ids_fields), answer.body
        if looks_like_ours(head.method, head.path, head.fields):
            error = AwsError(refusal.wire, refusal.message, refusal.status)
            told = wire_answer(route(head.path, head.fields).protocol, error)
            return (*told.headers, (b"x-amzn-requestid", str(new_id()).encode())), told.body
        return ((b"content-type", b"text/plain; charset=utf-8"),), refusal.message.encode()
