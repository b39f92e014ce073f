"""Which operation a request asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.artifacts.digests import Claims
from apps.artifacts.incoming import Arrived
from apps.tenancy.models import Account

from .answers import Answer
from .authentication import Need, Signer
from .errors import S3Error
from .request import S3Request

# Parameters that choose no operation: of presigned URLs, of clients' own, and of reads.
ALWAYS_FINE = frozenset(
    {
        "x-id",
        "versionId",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
        "x-amz-checksum-mode",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    }
)


@dataclass(frozen=True)
class Call:
    """A request whose signer may do what it asks. `body` holds the document of operations that take one."""

    request: S3Request
    signer: Signer
    body: bytes = b""

    @property
    def account(self) -> Account:
        return self.signer.credentials.account


@dataclass(frozen=True)
class Plan:
    """What an upload needs to know before its bytes come. `kept` is handed on to the end of the upload."""

    algorithms: tuple[str, ...] = ()
    kept: Any = None


@dataclass(frozen=True)
class Operation:
    """One operation. Exactly one of `run` and `store` is there.

    `run` answers at once, with `document_bytes` as the largest body it takes. `plan` and `store` stand before and
    behind the bytes of an upload: `store` gets what arrived and what `plan` kept.
    """

    name: str
    method: str
    on_key: bool
    need: Need
    parameters: frozenset[str] = frozenset()  # all must be there
    optional: frozenset[str] = field(default=frozenset())
    document_bytes: int = 0
    is_read: bool = False
    run: Callable[[Call], Answer] | None = None
    plan: Callable[[Call], Plan] | None = None
    store: Callable[[Call, Arrived, Claims, Any], Answer] | None = None


def find_operation(operations: tuple[Operation, ...], request: S3Request) -> Operation:
    """Return the operation whose parameters are all there. Raises S3Error NotImplemented, MethodNotAllowed."""
    given = frozenset(request.query) - ALWAYS_FINE
    same_place = [operation for operation in operations if operation.on_key == bool(request.key)]
    for operation in same_place:
        if (
            operation.method == request.method
            and operation.parameters <= given
            and given <= operation.parameters | operation.optional
        ):
            return operation
    if request.method not in {operation.method for operation in same_place}:
        raise S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.")
    asked = f" with {', '.join(sorted(given))}" if given else ""
    raise S3Error("NotImplemented", f"{request.method}{asked} is not something that this endpoint does.")
