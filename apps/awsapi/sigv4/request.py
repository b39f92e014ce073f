"""What a signature is checked against, and the ways in which it can be wrong."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from apps.core.errors import HeadraceError

CRITICAL_HEADERS = (
    b"host",
    b"authorization",
    b"x-amz-date",
    b"x-amz-target",
    b"x-amz-security-token",
    b"x-amz-content-sha256",
    b"content-type",
    b"content-length",
)


class SignatureError(HeadraceError):
    """A request that its sender could not prove to be theirs. `code` is the name AWS's JSON services give it."""

    code: ClassVar[str]


class MissingAuthenticationToken(SignatureError):
    """No Authorization header, or one of another scheme."""

    code = "MissingAuthenticationTokenException"


class IncompleteSignature(SignatureError):
    """The pieces of a signature cannot be read."""

    code = "IncompleteSignatureException"


class InvalidSignature(SignatureError):
    """The pieces were read and do not fit the request."""

    code = "InvalidSignatureException"


class SignatureOutOfTime(InvalidSignature):
    """The request was signed too long ago, or in the future."""


class ScopeMismatch(InvalidSignature):
    """The signature is for another day, region or service."""


class HeaderNotSigned(InvalidSignature):
    """A header that changes the meaning of the request is not covered by the signature."""


@dataclass(frozen=True)
class SignedRequest:
    """One request as it came over the wire, undecoded.

    Shapes: `headers` as in an ASGI scope, names in lower case; `body_sha256` is the hex digest of the bytes received,
    or a literal such as UNSIGNED-PAYLOAD that the caller has decided to accept.
    """

    method: str
    raw_path: bytes
    query_string: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body_sha256: str

    @cached_property
    def header_values(self) -> dict[bytes, list[bytes]]:
        values: dict[bytes, list[bytes]] = {}
        for name, value in self.headers:
            values.setdefault(name, []).append(value)
        return values

    def header(self, name: bytes) -> bytes | None:
        """Return the only value of a header, or None. Raises IncompleteSignature when it came twice."""
        values = self.header_values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise IncompleteSignature(f"Header '{name.decode('latin-1')}' must not be repeated.")
        return values[0]

    def refuse_odd_headers(self) -> None:
        """Raises IncompleteSignature when a header that decides something is repeated, or Host is missing."""
        for name in CRITICAL_HEADERS:
            self.header(name)
        if not self.header_values.get(b"host"):
            raise IncompleteSignature("The request has no Host header.")
