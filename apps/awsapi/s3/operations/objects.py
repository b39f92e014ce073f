"""Single objects: put, get, head, delete."""

from typing import Any

from apps.artifacts import services
from apps.artifacts.digests import Claims
from apps.artifacts.incoming import Arrived
from apps.artifacts.models import StoredObject
from apps.artifacts.verified import read_stretch, read_verified

from ..answers import Answer, Stream
from ..authentication import Need
from ..conditions import check_conditions, wanted_range
from ..errors import S3Error
from ..object_headers import checksum_headers, details_of, encryption_headers, headers_of, named_algorithm
from ..payload import CHECKSUM_HEADERS
from ..registry import Call, Operation, Plan

HELD_BYTES = 8 * 1024**2  # an object up to this size is checked before its first byte is sent


def plan_put(call: Call) -> Plan:
    headers = call.request.headers
    wants_absence = only_if_absent(headers.get("if-none-match"))
    algorithm = named_algorithm(headers.get("x-amz-sdk-checksum-algorithm"))
    given = [name for header, name in CHECKSUM_HEADERS.items() if header in headers]
    trailing = headers.get("x-amz-trailer", "").lower()
    given += [name for header, name in CHECKSUM_HEADERS.items() if header == trailing]
    details = details_of(headers, given[0] if given else algorithm)
    algorithms = (details.checksum_algorithm,) if details.checksum_algorithm else ()
    return Plan(algorithms, (details, wants_absence))


def store_put(call: Call, arrived: Arrived, claims: Claims, kept: Any) -> Answer:
    details, wants_absence = kept
    request = call.request
    stored = services.save_object(
        call.account, request.bucket, request.key, arrived, details=details, only_if_absent=wants_absence
    )
    checksum = checksum_headers(stored) if stored.checksum else ()
    return Answer(
        headers=(
            ("etag", f'"{stored.etag}"'),
            ("x-amz-version-id", stored.version_id),
            *checksum,
            *encryption_headers(stored.headers),
        )
    )


def only_if_absent(header: str | None) -> bool:
    """Read If-None-Match of a write. Raises S3Error NotImplemented for anything but `*`."""
    if header not in (None, "*"):
        raise S3Error("NotImplemented", "If-None-Match of a write may only be *.")
    return header == "*"


def get(call: Call) -> Answer:
    stored = _found(call)
    headers = call.request.headers
    stretch = wanted_range(headers.get("range"), stored.size)
    lines = headers_of(stored, call.request.query)
    if stretch:
        start, length = stretch
        content_range = ("content-range", f"bytes {start}-{start + length - 1}/{stored.size}")
        return Answer(206, (*lines, content_range), Stream(read_stretch(stored, start, length), length))
    if headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        lines += checksum_headers(stored)
    reader = read_verified(stored)
    if stored.size > HELD_BYTES:
        return Answer(200, lines, Stream(reader, stored.size))
    try:
        return Answer(200, lines, reader.read())
    finally:
        reader.close()


def head(call: Call) -> Answer:
    stored = _found(call)
    headers = call.request.headers
    lines = headers_of(stored, call.request.query)
    stretch = wanted_range(headers.get("range"), stored.size)
    if stretch:
        start, length = stretch
        facts = (
            ("content-range", f"bytes {start}-{start + length - 1}/{stored.size}"),
            ("content-length", str(length)),
        )
        return Answer(206, (*lines, *facts))
    if headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        lines += checksum_headers(stored)
    return Answer(200, (*lines, ("content-length", str(stored.size))))


def delete(call: Call) -> Answer:
    request = call.request
    version_id = request.query.get("versionId")
    services.delete_object(call.account, request.bucket, request.key, version_id)
    return Answer(204, (("x-amz-version-id", version_id),) if version_id and version_id.isalnum() else ())


def _found(call: Call) -> StoredObject:
    request = call.request
    stored = services.head_object(call.account, request.bucket, request.key, request.query.get("versionId"))
    check_conditions(request.headers, etag=stored.etag, modified=stored.created_at)
    return stored


OPERATIONS = (
    Operation("PutObject", "PUT", True, Need.WRITE_OBJECT, plan=plan_put, store=store_put),
    Operation("GetObject", "GET", True, Need.READ_OBJECT, is_read=True, run=get),
    Operation("HeadObject", "HEAD", True, Need.READ_OBJECT, is_read=True, run=head),
    Operation("DeleteObject", "DELETE", True, Need.DELETE_OBJECT, run=delete),
)
