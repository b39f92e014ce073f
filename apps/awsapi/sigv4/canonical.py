"""The canonical form of a request: the bytes that both sides hash.

Source: AWS Signature Version 4, "Create a signed AWS API request".
"""

from hashlib import sha256
from urllib.parse import quote_from_bytes, unquote_to_bytes

from .request import InvalidSignature, SignedRequest

PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/")
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def canonical_request(
    request: SignedRequest,
    signed_headers: str,
    *,
    normalize_path: bool,
    presigned: bool,
) -> bytes:
    """Return the canonical request.

    Shapes: `signed_headers` is the list as it was sent, `host;x-amz-date`. `normalize_path` is False for S3 only, where
    the path stands as it came. `presigned` leaves the signature itself out of the query.
    """
    path = _normalized(request.raw_path) if normalize_path else request.raw_path
    names = signed_headers.encode("latin-1")
    lines = [
        request.method.encode("latin-1"),
        path,
        canonical_query(request.query_string, presigned=presigned),
    ]
    lines += [_header_line(request, name) for name in names.split(b";")]
    return b"\n".join((*lines, b"", names, request.body_sha256.encode("latin-1")))


def string_to_sign(timestamp: str, scope: str, canonical: bytes) -> bytes:
    return f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical).hexdigest()}".encode("latin-1")


def canonical_query(query_string: bytes, *, presigned: bool = False) -> bytes:
    """Return the query with each name and value percent-encoded once and sorted by both."""
    if not query_string:
        return b""
    pairs = []
    for pair in query_string.split(b"&"):
        name, _, value = pair.partition(b"=")
        if pair and not (presigned and name == b"X-Amz-Signature"):
            pairs.append((_encoded_once(name), _encoded_once(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs)).encode("ascii")


def _encoded_once(part: bytes) -> str:
    return quote_from_bytes(unquote_to_bytes(part), safe="-_.~")


def _normalized(raw_path: bytes) -> bytes:
    if raw_path == b"/":
        return raw_path
    kept: list[bytes] = []
    for segment in raw_path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment and segment != b".":
            kept.append(segment)
    path = b"/" + b"/".join(kept) + (b"/" if kept and raw_path.endswith(b"/") else b"")
    # Every service but S3 encodes the path as it was sent once more: "%20" is signed as "%2520".
    return path if PLAIN.issuperset(path) else quote_from_bytes(path, safe="/-_.~").encode("ascii")


def _header_line(request: SignedRequest, name: bytes) -> bytes:
    values = request.header_values.get(name)
    if values is None:
        raise InvalidSignature(MISMATCH)
    return name + b":" + b",".join([_trimmed(value) for value in values])


def _trimmed(value: bytes) -> bytes:
    value = value.strip(b" \t")
    return b" ".join([word for word in value.split(b" ") if word]) if b"  " in value else value
