"""Reading the pieces of a signature, from the Authorization header or from a presigned URL's query."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from .request import (
    HeaderNotSigned,
    IncompleteSignature,
    MissingAuthenticationToken,
    ScopeMismatch,
    SignedRequest,
)

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
LONGEST_EXPIRY_SECONDS = 604_800
_KEY_ID = re.compile(r"[\x21-\x7e]{1,128}")
_HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_PARTS = ("Credential", "SignedHeaders", "Signature")
_QUERY_PARTS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
)


@dataclass(frozen=True)
class Authorization:
    """What the sender claims: who signed what, when, and for which region and service.

    Shapes: `date` is yyyymmdd, `timestamp` yyyymmddThhmmssZ, `signed_headers` the list as sent (`host;x-amz-date`),
    `signature` 64 lower-case hex digits. `expires_seconds` is set for presigned URLs only.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: str
    signature: str
    timestamp: str
    signed_at: datetime
    session_token: str | None = None
    expires_seconds: int | None = None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def parse_authorization(request: SignedRequest) -> Authorization:
    """Read the Authorization header and those that belong to it.

    Raises: MissingAuthenticationToken, IncompleteSignature, ScopeMismatch, HeaderNotSigned.
    """
    header = request.header(b"authorization")
    if header is None:
        raise MissingAuthenticationToken("Missing Authentication Token")
    request.refuse_odd_headers()
    parts = _split_header(header)
    timestamp, signed_at = _time_of(request)
    token = request.header(b"x-amz-security-token")
    return _checked(
        request,
        parts,
        timestamp,
        signed_at,
        token.decode("latin-1") if token is not None else None,
        None,
    )


def parse_query_authorization(request: SignedRequest) -> Authorization:
    """Read the signature of a presigned URL. Raises as `parse_authorization` does."""
    request.refuse_odd_headers()
    query = _query_parts(request.query_string)
    if "X-Amz-Signature" not in query:
        raise MissingAuthenticationToken("Missing Authentication Token")
    missing = [name for name in _QUERY_PARTS if name not in query]
    if missing:
        raise IncompleteSignature(f"The query requires {', '.join(missing)}.")
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise IncompleteSignature(f"X-Amz-Algorithm must be {ALGORITHM}.")
    expires = query["X-Amz-Expires"]
    if not re.fullmatch(r"[0-9]{1,6}", expires) or not 1 <= int(expires) <= LONGEST_EXPIRY_SECONDS:
        raise IncompleteSignature(f"X-Amz-Expires must be between 1 and {LONGEST_EXPIRY_SECONDS} seconds.")
    parts = {name: query[f"X-Amz-{name}"] for name in _PARTS}
    signed_at = _parse_timestamp(query["X-Amz-Date"])
    return _checked(
        request,
        parts,
        query["X-Amz-Date"],
        signed_at,
        query.get("X-Amz-Security-Token"),
        int(expires),
    )


def _checked(
    request: SignedRequest,
    parts: dict[str, str],
    timestamp: str,
    signed_at: datetime,
    session_token: str | None,
    expires_seconds: int | None,
) -> Authorization:
    access_key_id, date, region, service = _split_credential(parts["Credential"])
    if date != timestamp[:8]:
        raise ScopeMismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{date}' != '{timestamp[:8]}', from '{timestamp}'."
        )
    if not _HEX64.fullmatch(parts["Signature"]):
        raise IncompleteSignature("'Signature' must be 64 lower-case hexadecimal digits.")
    _refuse_unsigned(request, parts["SignedHeaders"])
    return Authorization(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=parts["SignedHeaders"],
        signature=parts["Signature"],
        timestamp=timestamp,
        signed_at=signed_at,
        session_token=session_token,
        expires_seconds=expires_seconds,
    )


def _split_header(header: bytes) -> dict[str, str]:
    algorithm, _, rest = header.decode("latin-1").strip().partition(" ")
    if algorithm != ALGORITHM:
        if algorithm.startswith("AWS4-"):
            raise IncompleteSignature(f"Unsupported signing algorithm; use {ALGORITHM}.")
        raise MissingAuthenticationToken("Missing Authentication Token")
    parts: dict[str, str] = {}
    for piece in rest.split(","):  # with or without a space behind the comma: clients differ
        name, _, value = piece.strip().partition("=")
        if name not in _PARTS or name in parts:
            raise IncompleteSignature("Authorization header must name Credential, SignedHeaders and Signature once.")
        parts[name] = value
    absent = [f"Authorization header requires '{name}' parameter." for name in _PARTS if not parts.get(name)]
    if absent:
        raise IncompleteSignature(" ".join(absent))
    return parts


def _split_credential(credential: str) -> tuple[str, str, str, str]:
    pieces = credential.rsplit("/", 4)
    if len(pieces) != 5 or not all(pieces) or not _KEY_ID.fullmatch(pieces[0]):
        raise IncompleteSignature("Credential must have the form <key id>/<yyyymmdd>/<region>/<service>/aws4_request.")
    if pieces[4] != TERMINATOR:
        raise ScopeMismatch(f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.")
    return pieces[0], pieces[1], pieces[2], pieces[3]


def _time_of(request: SignedRequest) -> tuple[str, datetime]:
    amz_date = request.header(b"x-amz-date")
    if amz_date is not None:
        timestamp = amz_date.decode("latin-1")
        return timestamp, _parse_timestamp(timestamp)
    date = request.header(b"date")
    if date is None:
        raise IncompleteSignature(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    try:
        parsed = parsedate_to_datetime(date.decode("latin-1"))
        signed_at = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise IncompleteSignature("The Date header cannot be read as a date.") from None
    return signed_at.strftime("%Y%m%dT%H%M%SZ"), signed_at


def _parse_timestamp(timestamp: str) -> datetime:
    match = _TIMESTAMP.fullmatch(timestamp)
    try:
        if match:
            return datetime(*(int(group) for group in match.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        pass  # a month 13 and its like: the same answer as for other text
    raise IncompleteSignature("Date must be in ISO-8601 'basic format', yyyymmddThhmmssZ.")


def _refuse_unsigned(request: SignedRequest, signed_headers: str) -> None:
    names = signed_headers.encode("latin-1").split(b";")
    signed = frozenset(names)
    if len(signed) != len(names):
        raise IncompleteSignature("SignedHeaders must not repeat a name.")
    if b"host" not in signed:
        raise HeaderNotSigned("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    for name in request.header_values:
        if name.startswith(b"x-amz-") and name not in signed:
            raise HeaderNotSigned(f"'{name.decode('latin-1')}' must be a 'SignedHeader' in the AWS Authorization.")


def _query_parts(query_string: bytes) -> dict[str, str]:
    parts: dict[str, str] = {}
    for pair in query_string.split(b"&"):
        raw_name, _, raw_value = pair.partition(b"=")
        if raw_name[:6].lower() != b"x-amz-":
            continue
        name = raw_name.decode("latin-1")
        if name in parts:
            raise IncompleteSignature(f"'{name}' must not be repeated in the query.")
        parts[name] = unquote_to_bytes(raw_value).decode("latin-1")
    return parts
