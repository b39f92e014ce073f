"""What an object carries besides its bytes, read from request headers and written to response headers."""

import re
from base64 import b64encode
from collections.abc import Mapping

from apps.artifacts.digests import CHECKSUMS
from apps.artifacts.models import StoredObject
from apps.artifacts.services import Details
from apps.artifacts.services.objects import DEFAULT_CONTENT_TYPE

from .answers import http_date
from .errors import S3Error

META = "x-amz-meta-"
ENCRYPTION = "x-amz-server-side-encryption"
ENCRYPTION_HEADERS = (ENCRYPTION, f"{ENCRYPTION}-aws-kms-key-id", f"{ENCRYPTION}-bucket-key-enabled")
KEPT = ("cache-control", "content-disposition", "content-language", "expires", *ENCRYPTION_HEADERS)
ENCRYPTIONS = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})
NOT_DONE = (f"{ENCRYPTION}-customer-algorithm", "x-amz-copy-source")
OVERRIDES = {
    f"response-{name}": name
    for name in (
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    )
}
MOST_METADATA_BYTES = 2048
LINE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

Headers = tuple[tuple[str, str], ...]


def details_of(headers: Mapping[str, str], checksum_algorithm: str) -> Details:
    """Read what an upload says of its object. Raises S3Error NotImplemented, InvalidArgument, MetadataTooLarge."""
    for name in NOT_DONE:
        if name in headers:
            raise S3Error("NotImplemented", f"{name} is not something that this endpoint does.")
    encryption = headers.get(ENCRYPTION)
    if encryption is not None and encryption not in ENCRYPTIONS:
        raise S3Error("InvalidArgument", "The encryption method specified is not supported")
    metadata = {name.removeprefix(META): value for name, value in headers.items() if name.startswith(META)}
    if sum(len(name) + len(value) for name, value in metadata.items()) > MOST_METADATA_BYTES:
        raise S3Error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    kept = {name: headers[name] for name in KEPT if name in headers}
    encodings = [word.strip() for word in headers.get("content-encoding", "").split(",")]
    if encoding := ",".join(word for word in encodings if word not in ("", "aws-chunked")):
        kept["content-encoding"] = encoding
    content_type = headers.get("content-type") or DEFAULT_CONTENT_TYPE
    if len(content_type) > 255:
        raise S3Error("InvalidArgument", "Content-Type holds more than 255 characters.")
    return Details(content_type, metadata, kept, checksum_algorithm)


def encryption_headers(kept: Mapping[str, str]) -> Headers:
    return tuple((name, kept[name]) for name in ENCRYPTION_HEADERS if name in kept)


def checksum_headers(stored: StoredObject) -> Headers:
    """Return the checksum of the whole object: the sender's, or our own SHA-256 when there was none."""
    algorithm, value = stored.checksum_algorithm, stored.checksum
    if not value:
        algorithm, value = "SHA256", b64encode(bytes.fromhex(stored.sha256)).decode()
    kind = "COMPOSITE" if "-" in value else "FULL_OBJECT"
    return ((f"x-amz-checksum-{algorithm.lower()}", value), ("x-amz-checksum-type", kind))


def headers_of(stored: StoredObject, overrides: Mapping[str, str]) -> Headers:
    """Return the headers of a read. Raises S3Error InvalidArgument for an override that is no header value.

    The content comes from a job, and the pages of the portal from the same host: no browser may run it there.
    """
    lines = {"content-type": stored.content_type, **stored.headers}
    lines |= {name: overrides[parameter] for parameter, name in OVERRIDES.items() if parameter in overrides}
    for name, value in lines.items():
        if not LINE.fullmatch(value):
            raise S3Error("InvalidArgument", f"The value for {name} is not allowed in a header.")
    return (
        *lines.items(),
        *((META + name, value) for name, value in stored.metadata.items()),
        ("etag", f'"{stored.etag}"'),
        ("last-modified", http_date(stored.created_at)),
        ("accept-ranges", "bytes"),
        ("x-amz-version-id", stored.version_id),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    )


def named_algorithm(name: str | None) -> str:
    """Return a checksum algorithm as we write it, or "". Raises S3Error InvalidRequest."""
    algorithm = (name or "").upper()
    if algorithm and algorithm not in CHECKSUMS:
        raise S3Error(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the "
            f"valid types: [{', '.join(CHECKSUMS)}]",
        )
    return algorithm
