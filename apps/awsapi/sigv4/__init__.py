"""Signature Version 4, checked on the raw pieces of a request. Pure: no Django, no clock, no I/O."""

from .authorization import Authorization, parse_authorization, parse_query_authorization
from .canonical import canonical_query, canonical_request, string_to_sign
from .request import (
    HeaderNotSigned,
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    ScopeMismatch,
    SignatureError,
    SignatureOutOfTime,
    SignedRequest,
)
from .verification import (
    EMPTY_SHA256,
    ChunkSignatures,
    signature_of,
    signing_key,
    verify,
)

__all__ = [
    "EMPTY_SHA256",
    "Authorization",
    "ChunkSignatures",
    "HeaderNotSigned",
    "IncompleteSignature",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "ScopeMismatch",
    "SignatureError",
    "SignatureOutOfTime",
    "SignedRequest",
    "canonical_query",
    "canonical_request",
    "parse_authorization",
    "parse_query_authorization",
    "signature_of",
    "signing_key",
    "string_to_sign",
    "verify",
]
