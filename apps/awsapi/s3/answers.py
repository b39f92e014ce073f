"""What goes back to the client."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from apps.artifacts.store import BlobReader

from .errors import S3Error
from .request import S3Request
from .xml import Content, Element, document


@dataclass(frozen=True)
class Stream:
    """Bytes that are read while they are sent."""

    reader: BlobReader
    length: int


@dataclass(frozen=True)
class Answer:
    """Shapes: header names and values are text that fits Latin-1."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Stream = b""


@dataclass(frozen=True)
class Ids:
    """What names one exchange in the log and to the user."""

    request_id: str = field(default_factory=lambda: secrets.token_hex(8).upper())
    id_2: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode())


def xml_answer(root: str, content: Content, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(headers=(("content-type", "application/xml"), *headers), body=document(root, content))


def error_answer(error: S3Error, request: S3Request | None, ids: Ids) -> Answer:
    """Return an error. It has no body where HTTP allows none."""
    if error.status == 304 or (request and request.method == "HEAD"):
        return Answer(error.status, error.headers)
    resource = [("Resource", request.resource)] if request else []
    content: list[Element] = [
        ("Code", error.code),
        ("Message", error.message),
        *error.facts.items(),
        *resource,
        ("RequestId", ids.request_id),
        ("HostId", ids.id_2),
    ]
    body = document("Error", content, namespace=False)
    return Answer(error.status, (("content-type", "application/xml"), *error.headers), body)


def head_of(answer: Answer, ids: Ids, *, now: datetime, is_last: bool) -> list[tuple[bytes, bytes]]:
    """Return the header lines of an answer. `is_last` closes the connection behind it."""
    length = answer.body.length if isinstance(answer.body, Stream) else len(answer.body)
    lines = [("date", http_date(now)), ("x-amz-request-id", ids.request_id), ("x-amz-id-2", ids.id_2), *answer.headers]
    if answer.status not in (204, 304) and not any(name == "content-length" for name, _ in answer.headers):
        lines.append(("content-length", str(length)))
    if is_last:
        lines.append(("connection", "close"))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
