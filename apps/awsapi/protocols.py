"""The two protocols on the wire, and which of them a request speaks: the signed path or target decides."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from apps.awsapi.codecs import cbor, json
from apps.awsapi.codecs.limits import SerializationError
from apps.awsapi.errors import AwsError
from apps.awsapi.shapes import TARGET_PREFIX

Headers = tuple[tuple[bytes, bytes], ...]
CBOR_PATH = re.compile(rb"/service/([^/]+)/operation/([^/]*)/?\Z")
JSON_TYPES: Final = frozenset({b"application/x-amz-json-1.1", b"application/x-amz-json-1.0"})


@dataclass(frozen=True)
class Protocol:
    """How bodies are read and written."""

    name: str
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    headers: Headers


JSON: Final = Protocol("json", json.decode, json.encode, ((b"content-type", b"application/x-amz-json-1.1"),))
CBOR: Final = Protocol(
    "cbor",
    cbor.decode,
    cbor.encode,
    ((b"content-type", b"application/cbor"), (b"smithy-protocol", b"rpc-v2-cbor")),
)


@dataclass(frozen=True)
class Route:
    """The protocol of a request and the operation it names, "" when it names none of this service."""

    protocol: Protocol
    operation: str


def raw_path(scope: dict[str, Any]) -> bytes:
    path: bytes | None = scope.get("raw_path")
    return path if path is not None else scope["path"].encode()


def route(path: bytes, headers: Headers) -> Route:
    match = CBOR_PATH.search(path)
    if match:
        service, operation = match.groups()
        return Route(CBOR, _name(operation) if service == TARGET_PREFIX.encode() else "")
    target = next((value for name, value in headers if name == b"x-amz-target"), b"")
    service, _, operation = target.partition(b".")
    return Route(JSON, _name(operation) if service == TARGET_PREFIX.encode() else "")


def looks_like_ours(method: str, path: bytes, headers: Headers) -> bool:
    """Tell whether a request speaks an AWS protocol, whatever it asks for: then its answer must, too."""
    if CBOR_PATH.search(path):
        return True
    for name, value in headers:
        if name == b"x-amz-target":
            return True
        if path == b"/" and name == b"authorization" and value.startswith(b"AWS4-"):
            return True
        if path == b"/" and method == "POST" and name == b"content-type" and _is_amz_type(value):
            return True
    return False


def check_content_type(protocol: Protocol, content_type: bytes | None, smithy_protocol: bytes | None) -> None:
    """Raises AwsError UnknownOperationException (JSON) or SerializationError (CBOR) for a body of another type.

    The service picks its reader by content type and target together, so that a JSON call with another content type
    finds no operation at all; on the CBOR path the operation is known and it is the body that can't be read.
    """
    bare = (content_type or b"").partition(b";")[0].strip().lower()
    if protocol is JSON:
        if bare not in JSON_TYPES:
            raise AwsError("UnknownOperationException", "The content type must be application/x-amz-json-1.1.")
    elif bare != b"application/cbor":
        raise SerializationError("The content type must be application/cbor.")
    elif smithy_protocol not in (None, b"rpc-v2-cbor"):
        raise SerializationError("The header smithy-protocol must be rpc-v2-cbor on this path.")


def _is_amz_type(value: bytes) -> bool:
    return value.lower().startswith((b"application/x-amz-json", b"application/cbor"))


def _name(raw: bytes) -> str:
    return raw.decode("latin-1")
