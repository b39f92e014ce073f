"""Objects in parts."""

from typing import Any

from apps.artifacts import services
from apps.artifacts.digests import Claims
from apps.artifacts.incoming import Arrived
from apps.artifacts.models import MultipartUpload
from apps.artifacts.selectors import find_upload

from ..answers import Answer, xml_answer
from ..authentication import Need
from ..errors import S3Error
from ..object_headers import checksum_headers, details_of, encryption_headers, named_algorithm
from ..payload import CHECKSUM_HEADERS, check_checksum
from ..registry import Call, Operation, Plan
from ..xml import Element, read_parts
from .objects import only_if_absent

LARGEST_LIST_BYTES = 4 * 1024**2  # 10,000 parts with a checksum each
UPLOAD = frozenset({"uploadId"})


def create(call: Call) -> Answer:
    request, headers = call.request, call.request.headers
    algorithm = named_algorithm(headers.get("x-amz-checksum-algorithm"))
    kind = headers.get("x-amz-checksum-type", "FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE").upper()
    if kind not in ("FULL_OBJECT", "COMPOSITE"):
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    upload = services.begin_upload(
        call.account,
        request.bucket,
        request.key,
        details=details_of(headers, algorithm),
        is_checksum_of_whole=kind == "FULL_OBJECT",
    )
    told = (("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)) if algorithm else ()
    return xml_answer(
        "InitiateMultipartUploadResult",
        [("Bucket", request.bucket), ("Key", request.key), ("UploadId", upload.upload_id)],
        headers=(*told, *encryption_headers(upload.headers)),
    )


def plan_part(call: Call) -> Plan:
    number = call.request.query["partNumber"]
    if not (number.isascii() and number.isdigit() and len(number) <= 5 and 1 <= int(number) <= 10_000):
        raise S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    if "x-amz-copy-source" in call.request.headers:
        raise S3Error("NotImplemented", "x-amz-copy-source is not something that this endpoint does.")
    upload = _upload(call)
    return Plan((upload.checksum_algorithm,) if upload.checksum_algorithm else (), (upload, int(number)))


def store_part(call: Call, arrived: Arrived, claims: Claims, kept: Any) -> Answer:
    upload, number = kept
    part = services.save_part(upload, number, arrived)
    told = dict(claims.checksums)
    if part.checksum:
        told[upload.checksum_algorithm] = part.checksum
    checksums = tuple((f"x-amz-checksum-{name.lower()}", value) for name, value in told.items())
    return Answer(headers=(("etag", f'"{part.etag}"'), *checksums, *encryption_headers(upload.headers)))


def complete(call: Call) -> Answer:
    request = call.request
    stored = services.complete_upload(
        call.account,
        request.bucket,
        request.key,
        request.query["uploadId"],
        read_parts(call.body),
        claims=_claims_of_whole(call),
        only_if_absent=only_if_absent(request.headers.get("if-none-match")),
    )
    facts: list[Element] = [
        ("Location", request.resource),
        ("Bucket", stored.bucket),
        ("Key", stored.key),
        ("ETag", f'"{stored.etag}"'),
    ]
    if stored.checksum:
        (_, value), (_, kind) = checksum_headers(stored)
        facts += [(f"Checksum{stored.checksum_algorithm}", value), ("ChecksumType", kind)]
    headers = (("x-amz-version-id", stored.version_id), *encryption_headers(stored.headers))
    return xml_answer("CompleteMultipartUploadResult", facts, headers=headers)


def abort(call: Call) -> Answer:
    request = call.request
    services.abort_upload(call.account, request.bucket, request.key, request.query["uploadId"])
    return Answer(204)


def _upload(call: Call) -> MultipartUpload:
    request = call.request
    upload = find_upload(call.account, request.bucket, request.key, request.query["uploadId"])
    if upload.completed_version_id:
        raise S3Error("NoSuchUpload", "The specified multipart upload does not exist. It was completed.")
    return upload


def _claims_of_whole(call: Call) -> Claims:
    """Read what the client says of the joined object. A checksum of checksums is ours to compute, so it is left out."""
    headers = call.request.headers
    size = headers.get("x-amz-mp-object-size", "")
    given = {name: headers[header] for header, name in CHECKSUM_HEADERS.items() if header in headers}
    whole = {name: value for name, value in given.items() if "-" not in value}
    if headers.get("x-amz-checksum-type", "").upper() == "COMPOSITE":
        whole = {}
    for name, value in whole.items():
        check_checksum(name, value)
    return Claims(size=int(size) if size.isascii() and size.isdigit() else None, checksums=whole)


OPERATIONS = (
    Operation("CreateMultipartUpload", "POST", True, Need.WRITE_OBJECT, frozenset({"uploads"}), run=create),
    Operation(
        "UploadPart",
        "PUT",
        True,
        Need.WRITE_OBJECT,
        UPLOAD | {"partNumber"},
        plan=plan_part,
        store=store_part,
    ),
    Operation(
        "CompleteMultipartUpload",
        "POST",
        True,
        Need.WRITE_OBJECT,
        UPLOAD,
        document_bytes=LARGEST_LIST_BYTES,
        run=complete,
    ),
    Operation("AbortMultipartUpload", "DELETE", True, Need.WRITE_OBJECT, UPLOAD, run=abort),
)
