"""The little of AWS's query protocol that is needed: the operation's name in a form, an XML document back. Pure.

Source: STS API reference, GetCallerIdentity and common errors; protocol `query` of botocore's service model.
"""

from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from apps.awsapi.errors import AwsError

NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
OPERATION: Final = "GetCallerIdentity"
# The same refusals have other names and another status than over JSON.
NAMES: Final[Mapping[str, tuple[str, int]]] = {
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ThrottlingException": ("Throttling", 400),
    "AccessDeniedException": ("AccessDenied", 403),
}


def check_operation(body: bytes) -> None:
    """Raises AwsError InvalidAction unless the form asks for the one operation there is."""
    try:
        named = parse_qs(body.decode("ascii"), max_num_fields=20).get("Action", [""])[0]
    except ValueError:
        named = ""
    if named != OPERATION:
        raise AwsError("InvalidAction", f"Of STS there is {OPERATION} only; roles and sessions are Headrace's own.")


def identity(account_number: str, principal_arn: str, request_id: str) -> bytes:
    content = f"<Arn>{escape(principal_arn)}</Arn><UserId>{user_id(principal_arn)}</UserId>"
    return (
        f'<{OPERATION}Response xmlns="{NAMESPACE}"><{OPERATION}Result>{content}<Account>{account_number}</Account>'
        f"</{OPERATION}Result>{_metadata(request_id)}</{OPERATION}Response>"
    ).encode()


def user_id(principal_arn: str) -> str:
    """Return an id of IAM's shape, 21 characters, that stays the same for the same principal."""
    return "AIDA" + b32encode(sha256(principal_arn.encode()).digest()).decode()[:17]


def refusal(error: AwsError, request_id: str) -> tuple[int, bytes]:
    """Return the status and the document of an error."""
    code, status = NAMES.get(error.code, (error.code, error.status))
    fault = "Sender" if status < 500 else "Receiver"
    content = f"<Type>{fault}</Type><Code>{code}</Code><Message>{escape(error.message)}</Message>"
    document = f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{content}</Error><RequestId>{request_id}</RequestId>'
    return status, f"{document}</ErrorResponse>".encode()


def _metadata(request_id: str) -> str:
    return f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
