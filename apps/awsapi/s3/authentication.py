"""Who signed, and what they may do with the object that the request names."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings

from apps.awsapi import sigv4
from apps.tenancy.credentials import Credentials, find_credentials
from apps.tenancy.grants import Grant
from apps.tenancy.policy import Decision
from apps.tenancy.roles import Role

from .errors import S3Error
from .request import S3Request

HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
LITERALS = frozenset({UNSIGNED, UNSIGNED_TRAILER, SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER})


class Need(Enum):
    """What an operation does, as far as permission goes."""

    READ_OBJECT = "read an object"
    WRITE_OBJECT = "write an object"
    DELETE_OBJECT = "delete an object"
    LIST_BUCKET = "list a bucket"
    SEE_BUCKET = "see that a bucket is there"


# Source: S3 user guide, "Required permissions for Amazon S3 API operations".
ACTIONS = {
    Need.READ_OBJECT: "s3:GetObject",
    Need.WRITE_OBJECT: "s3:PutObject",
    Need.DELETE_OBJECT: "s3:DeleteObject",
    Need.LIST_BUCKET: "s3:ListBucket",
    Need.SEE_BUCKET: "s3:ListBucket",
}


@dataclass(frozen=True)
class Signer:
    """Who signed a request, and with what. `authorization` goes on to check signed chunks."""

    credentials: Credentials
    authorization: sigv4.Authorization


def authenticate(request: S3Request, *, now: datetime) -> Signer:
    """Return the signer of a request.

    Raises: S3Error and whatever `sigv4` and `find_credentials` raise, all in the table of errors.
    """
    authorization = _presented(request)
    if authorization.service == "s3" and authorization.region != settings.REGION:
        raise S3Error(
            "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region '{authorization.region}' is wrong; "
            f"expecting '{settings.REGION}'",
            Region=settings.REGION,
        )
    credentials = find_credentials(authorization.access_key_id, authorization.session_token)
    try:
        sigv4.verify(
            request.raw, authorization, secret=credentials.secret, now=now, region=settings.REGION, service="s3"
        )
    except sigv4.SignatureOutOfTime as error:
        if request.is_presigned:
            raise S3Error("AccessDenied", error.message) from None
        raise
    return Signer(credentials, authorization)


def _presented(request: S3Request) -> sigv4.Authorization:
    header = request.headers.get("authorization", "")
    if header.startswith("AWS ") or "AWSAccessKeyId" in request.query:
        raise S3Error(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 "
            "(in boto3: Config(signature_version='s3v4')).",
        )
    if request.is_presigned:
        if header:
            raise S3Error("InvalidArgument", "Only one auth mechanism allowed; use the query or the header.")
        try:
            return sigv4.parse_query_authorization(request.raw)
        except (sigv4.IncompleteSignature, sigv4.ScopeMismatch) as error:
            raise S3Error("AuthorizationQueryParametersError", error.message) from None
    authorization = sigv4.parse_authorization(request.raw)
    payload = request.headers.get("x-amz-content-sha256")
    if payload is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if payload not in LITERALS and not HEX64.fullmatch(payload):
        raise S3Error(
            "InvalidArgument",
            f"x-amz-content-sha256 must be {', '.join(sorted(LITERALS))} or a valid sha256 value.",
        )
    return authorization


def permit(credentials: Credentials, need: Need, request: S3Request) -> None:
    """Raises S3Error AccessDenied, in the same words whether the object exists or not."""
    scope = credentials.artifact_scope
    if scope is None:
        allowed = _grants(credentials.grant, need, request)
    else:
        name = (request.bucket, request.key)
        allowed = {
            Need.READ_OBJECT: name in scope.readable or name in scope.writable,
            Need.WRITE_OBJECT: name in scope.writable,
            Need.SEE_BUCKET: any(bucket == request.bucket for bucket, _ in scope.readable | scope.writable),
        }.get(need, False)
    if not allowed:
        raise S3Error("AccessDenied", f"Access Denied. These credentials may not {need.value} here.")


def _grants(grant: Grant, need: Need, request: S3Request) -> bool:
    """Tell what a permanent key may do. That of a job worker opens nothing: each job brings its own credentials."""
    if grant.policy is not None:
        name = f"{request.bucket}/{request.key}" if request.key else request.bucket
        return grant.policy.decide(ACTIONS[need], (f"arn:aws:s3:::{name}",)) is Decision.ALLOWED
    if grant.role is None:
        return False
    reads = need in (Need.READ_OBJECT, Need.LIST_BUCKET, Need.SEE_BUCKET)
    return grant.role.includes(Role.VIEWER if reads else Role.DEVELOPER)
