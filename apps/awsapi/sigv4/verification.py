"""Recomputing a signature and comparing it, with the derived keys kept for a while.

Source: AWS Signature Version 4; for chunks, "Transferring payload in multiple chunks" of the S3 API reference.
"""

import hmac
from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from .authorization import TERMINATOR, Authorization
from .canonical import MISMATCH, canonical_request, string_to_sign
from .request import InvalidSignature, ScopeMismatch, SignatureOutOfTime, SignedRequest

WINDOW = timedelta(minutes=5)
EMPTY_SHA256 = sha256(b"").hexdigest()
KEYS_KEPT = 1024
_keys: OrderedDict[tuple[bytes, str, str, str], bytes] = OrderedDict()
_keys_lock = Lock()


def verify(
    request: SignedRequest,
    authorization: Authorization,
    *,
    secret: str,
    now: datetime,
    region: str,
    service: str,
    normalize_path: bool = True,
) -> None:
    """Return when the request was signed with `secret` for this region and service within the last five minutes.

    S3 signs the path as it is sent; for service "s3" `normalize_path` has no effect.
    Raises: ScopeMismatch, SignatureOutOfTime, InvalidSignature.
    """
    _check_scope(authorization, region, service)
    _check_time(authorization, now)
    presigned = authorization.expires_seconds is not None
    claimed = request.header(b"x-amz-content-sha256")
    if claimed is not None and claimed != request.body_sha256.encode("latin-1"):
        raise InvalidSignature("The value of 'x-amz-content-sha256' is not the SHA-256 of the body that was received.")
    canonical = canonical_request(
        request,
        authorization.signed_headers,
        normalize_path=normalize_path and service != "s3",
        presigned=presigned,
    )
    text = string_to_sign(authorization.timestamp, authorization.scope, canonical)
    expected = signature_of(signing_key(authorization, secret), text)
    if not hmac.compare_digest(expected, authorization.signature):
        raise InvalidSignature(MISMATCH)


def signing_key(authorization: Authorization, secret: str) -> bytes:
    """Return the key derived from `secret` for the scope of a signature, from the cache when it was derived before.

    The access key id is no part of the cache's key: the secret decides alone, and the one dummy secret that stands in
    for all unknown ids then costs what a known one costs.
    """
    scope = (authorization.date, authorization.region, authorization.service)
    entry = (sha256(secret.encode()).digest(), *scope)
    with _keys_lock:
        key = _keys.get(entry)
        if key is not None:
            _keys.move_to_end(entry)
            return key
    key = _derive(secret, *scope)
    with _keys_lock:
        _keys[entry] = key
        if len(_keys) > KEYS_KEPT:
            _keys.popitem(last=False)
    return key


def signature_of(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, sha256).hexdigest()


class ChunkSignatures:
    """Checks the signatures of an aws-chunked body, where each covers the one before it.

    Feed the chunks in order, the last (empty) one included.
    """

    def __init__(self, authorization: Authorization, secret: str) -> None:
        self._key = signing_key(authorization, secret)
        self._head = f"{authorization.timestamp}\n{authorization.scope}"
        self._previous = authorization.signature

    def check_chunk(self, data_sha256: str, signature: str) -> None:
        """Check one chunk by the hex SHA-256 of its data. Raises InvalidSignature."""
        self._check(
            f"AWS4-HMAC-SHA256-PAYLOAD\n{self._head}\n{self._previous}\n{EMPTY_SHA256}\n{data_sha256}",
            signature,
        )

    def check_trailer(self, trailer: bytes, signature: str) -> None:
        """Check the trailing headers, as `name:value\\n` lines without x-amz-trailer-signature."""
        trailer_sha256 = sha256(trailer).hexdigest()
        self._check(
            f"AWS4-HMAC-SHA256-TRAILER\n{self._head}\n{self._previous}\n{trailer_sha256}",
            signature,
        )

    def _check(self, text: str, signature: str) -> None:
        expected = signature_of(self._key, text.encode("latin-1"))
        if not hmac.compare_digest(expected.encode(), signature.encode("latin-1", "replace")):
            raise InvalidSignature(MISMATCH)
        self._previous = expected


def _derive(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode("latin-1"), "sha256")
    return key


def _check_scope(authorization: Authorization, region: str, service: str) -> None:
    if authorization.service != service:
        raise ScopeMismatch(f"Credential should be scoped to correct service: '{service}'.")
    if authorization.region != region:
        raise ScopeMismatch(f"Credential should be scoped to a valid region: '{region}'.")


def _check_time(authorization: Authorization, now: datetime) -> None:
    life = timedelta(seconds=authorization.expires_seconds) if authorization.expires_seconds else WINDOW
    if authorization.signed_at < now - life:
        if authorization.expires_seconds:
            raise SignatureOutOfTime("Request has expired")
        raise SignatureOutOfTime(
            f"Signature expired: {authorization.timestamp} is now earlier than {_basic(now - WINDOW)} "
            f"({_basic(now)} - 5 min.)"
        )
    if authorization.signed_at > now + WINDOW:
        raise SignatureOutOfTime(
            f"Signature not yet current: {authorization.timestamp} is still later than {_basic(now + WINDOW)} "
            f"({_basic(now)} + 5 min.)"
        )


def _basic(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
