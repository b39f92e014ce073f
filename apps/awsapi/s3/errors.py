"""S3's errors by name, and which of ours become which of them."""

import logging

from django.db import Error as DatabaseError

from apps.artifacts import errors as artifacts
from apps.awsapi import sigv4
from apps.awsapi.errors import DISK_ERRORS
from apps.core.errors import HeadraceError
from apps.tenancy import errors as tenancy

log = logging.getLogger(__name__)

STATUS = {
    "AccessDenied": 403,
    "AuthorizationHeaderMalformed": 400,
    "AuthorizationQueryParametersError": 400,
    "BadDigest": 400,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidBucketName": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "KeyTooLongError": 400,
    "MalformedXML": 400,
    "MetadataTooLarge": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NotImplemented": 501,
    "NotModified": 304,
    "PreconditionFailed": 412,
    "RequestHeaderSectionTooLarge": 400,
    "RequestTimeTooSkewed": 403,
    "RequestTimeout": 400,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "XAmzContentSHA256Mismatch": 400,
}


class S3Error(HeadraceError):
    """An answer that is an error. `code` is one of STATUS; `facts` are further elements of its XML."""

    def __init__(self, code: str, message: str, *, headers: tuple[tuple[str, str], ...] = (), **facts: str) -> None:
        super().__init__(message)
        self.code, self.headers, self.facts = code, headers, facts
        self.status = STATUS[code]


class ClientGone(Exception):
    """The client closed the connection before it had sent the whole body. Nobody waits for an answer."""


CODES: tuple[tuple[type[HeadraceError], str], ...] = (
    (artifacts.VersionNotFound, "NoSuchVersion"),
    (artifacts.ObjectNotFound, "NoSuchKey"),
    (artifacts.UploadNotFound, "NoSuchUpload"),
    (artifacts.InvalidPart, "InvalidPart"),
    (artifacts.InvalidPartOrder, "InvalidPartOrder"),
    (artifacts.PartTooSmall, "EntityTooSmall"),
    (artifacts.SizeMismatch, "IncompleteBody"),
    (artifacts.ObjectTooLarge, "EntityTooLarge"),
    (artifacts.ObjectExists, "PreconditionFailed"),
    (artifacts.InvalidObjectName, "InvalidArgument"),
    (artifacts.StoreFull, "ServiceUnavailable"),
    (artifacts.ArtifactDamaged, "InternalError"),
    (tenancy.UnknownAccessKey, "InvalidAccessKeyId"),
    (tenancy.ExpiredSessionToken, "ExpiredToken"),
    (tenancy.InvalidSessionToken, "InvalidToken"),
    (sigv4.MissingAuthenticationToken, "AccessDenied"),
    (sigv4.HeaderNotSigned, "AccessDenied"),
    (sigv4.SignatureOutOfTime, "RequestTimeTooSkewed"),
    (sigv4.ScopeMismatch, "AuthorizationHeaderMalformed"),
    (sigv4.IncompleteSignature, "AuthorizationHeaderMalformed"),
    (sigv4.InvalidSignature, "SignatureDoesNotMatch"),
)


def as_s3_error(error: Exception) -> S3Error:
    """Return what the client is told about a failure. What nobody foresaw is logged and told as InternalError."""
    if isinstance(error, S3Error):
        return error
    if isinstance(error, artifacts.DigestMismatch):
        is_payload = error.claim == "x-amz-content-sha256"
        return S3Error("XAmzContentSHA256Mismatch" if is_payload else "BadDigest", error.message)
    for kind, code in CODES:
        if isinstance(error, kind):
            if code in ("InternalError", "ServiceUnavailable"):
                log.error("The artifact endpoint answers %s: %s", code, error)
            return S3Error(code, error.message)
    if isinstance(error, DatabaseError):
        log.error("The artifact endpoint cannot use the database: %s", error)
        return S3Error("ServiceUnavailable", "The service cannot reach its database right now. Please try again.")
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        log.error("The disk fails the artifact endpoint: %s", error)
        return S3Error("ServiceUnavailable", "The artifact store's disk failed; nothing was kept. Please try again.")
    log.error("The artifact endpoint failed", exc_info=error)
    return S3Error("InternalError", "We encountered an internal error. Please try again.")
