"""How the body of an upload is read, and what its sender says of it."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from django.conf import settings

from apps.artifacts.digests import CHECKSUMS, Claims
from apps.awsapi.sigv4 import ChunkSignatures

from .authentication import (
    HEX64,
    SIGNED_CHUNKS,
    SIGNED_CHUNKS_TRAILER,
    UNSIGNED,
    UNSIGNED_TRAILER,
    Signer,
)
from .chunked import AwsChunked
from .errors import S3Error
from .request import S3Request

CHECKSUM_HEADERS = {f"x-amz-checksum-{name.lower()}": name for name in CHECKSUMS}
CHECKSUM_BYTES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
LENGTH = re.compile(r"[0-9]{1,19}", re.ASCII)
CHUNK_OVERHEAD = 16  # one part in so many may be chunk headers and trailers


class Payload:
    """Turns the bytes of the connection into those of the object, and knows what they ought to be at the end."""

    def __init__(self, request: S3Request, signer: Signer) -> None:
        headers = request.headers
        kind = request.raw.body_sha256
        self._chunked: AwsChunked | None = None
        if kind in (SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER):
            signatures = ChunkSignatures(signer.authorization, signer.credentials.secret)
            self._chunked = AwsChunked(signatures, signed_trailer=kind == SIGNED_CHUNKS_TRAILER)
        elif kind == UNSIGNED_TRAILER:
            self._chunked = AwsChunked(None)
        self._size = _announced_size(request, is_chunked=self._chunked is not None)
        self._seen = 0
        self._sha256 = None if kind == UNSIGNED or self._chunked else _hex64(kind)
        self._md5 = _content_md5(headers.get("content-md5"))
        self._given = {name: headers[header] for header, name in CHECKSUM_HEADERS.items() if header in headers}
        for name, value in self._given.items():
            check_checksum(name, value)
        self._trailing = _announced_trailers(headers.get("x-amz-trailer", "")) if self._chunked else []

    @property
    def algorithms(self) -> list[str]:
        """The checksums that the sender gives or will give."""
        return [*self._given, *(CHECKSUM_HEADERS[header] for header in self._trailing)]

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises S3Error IncompleteBody as soon as there is more than was announced, and what `AwsChunked` raises."""
        for piece in self._chunked.feed(data) if self._chunked else (data,):
            self._seen += len(piece)
            if self._seen > self._size:
                raise S3Error("IncompleteBody", f"{self._size} bytes were announced and more than that arrived.")
            yield piece

    def finish(self) -> Claims:
        """Return what the bytes ought to be. Raises S3Error IncompleteBody, InvalidRequest."""
        checksums = dict(self._given)
        if self._chunked:
            self._chunked.finish()
            for header in self._trailing:
                value = self._chunked.trailers.get(header)
                if value is None:
                    raise S3Error("IncompleteBody", f"The announced trailing header {header} did not come.")
                check_checksum(CHECKSUM_HEADERS[header], value)
                checksums[CHECKSUM_HEADERS[header]] = value
        return Claims(size=self._size, sha256=self._sha256, md5=self._md5, checksums=checksums)


def check_checksum(algorithm: str, value: str) -> None:
    """Raises S3Error InvalidRequest when a checksum is not base64 of the right length."""
    if _decoded(value, CHECKSUM_BYTES[algorithm]) is None:
        raise S3Error("InvalidRequest", f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")


def _announced_size(request: S3Request, *, is_chunked: bool) -> int:
    headers = request.headers
    name = "x-amz-decoded-content-length" if is_chunked else "content-length"
    size = _length(headers, name)
    if size is None:
        raise S3Error("MissingContentLength", f"You must provide the {name} HTTP header.")
    limit = settings.ARTIFACT_LIMIT_BYTES
    sent = _length(headers, "content-length") or 0
    if size > limit or sent > limit + limit // CHUNK_OVERHEAD + 65_536:
        raise S3Error(
            "EntityTooLarge",
            f"Your proposed upload exceeds the maximum allowed size of {limit} bytes.",
            ProposedSize=str(size),
            MaxSizeAllowed=str(limit),
        )
    return size


def _length(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    if not LENGTH.fullmatch(text):
        raise S3Error("InvalidArgument", f"{name} must be a whole number.")
    return int(text)


def _hex64(text: str) -> str | None:
    return text if HEX64.fullmatch(text) else None


def _content_md5(header: str | None) -> str | None:
    if header is None:
        return None
    digest = _decoded(header, 16)
    if digest is None:
        raise S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")
    return digest.hex()


def _decoded(value: str, length: int) -> bytes | None:
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == length else None


def _announced_trailers(header: str) -> list[str]:
    names = [name.strip().lower() for name in header.split(",") if name.strip()]
    unknown = [name for name in names if name not in CHECKSUM_HEADERS]
    if unknown:
        raise S3Error(
            "InvalidRequest", f"The value specified in the x-amz-trailer header is not supported: {unknown[0]}"
        )
    return names
