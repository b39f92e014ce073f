"""Uploads as the first Java SDK makes them: the body in chunks of which each is signed, after the one before it.

Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
Chunks". Jenkins' plugin for CodePipeline uploads every part that way.
"""

import hmac
import http.client
from collections.abc import Iterator, Mapping
from hashlib import sha256
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LITERAL = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNK_BYTES = 128 * 1024
NOTHING = sha256(b"").hexdigest()


class _SeedSigner(S3SigV4Auth):
    def payload(self, request: AWSRequest) -> str:
        return LITERAL

    def _should_sha256_sign_payload(self, request: AWSRequest) -> bool:
        return True


def put(url: str, body: bytes, keys: Credentials, region: str, **headers: str) -> http.client.HTTPResponse:
    """Send `body` with PUT, each chunk signed. Headers are given with `_` for `-`. The answer has been read."""
    request = AWSRequest("PUT", url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    request.headers["x-amz-decoded-content-length"] = str(len(body))
    signer = _SeedSigner(keys, "s3", region)
    signer.add_auth(request)
    encoded = b"".join(_chunks(body, signer, request))
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("PUT", target, encoded, dict(request.headers.items()))
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def _chunks(body: bytes, signer: S3SigV4Auth, request: AWSRequest) -> Iterator[bytes]:
    previous = request.headers["Authorization"].rpartition("Signature=")[2]
    pieces = [body[start : start + CHUNK_BYTES] for start in range(0, len(body), CHUNK_BYTES)]
    for piece in [*pieces, b""]:
        previous = _chunk_signature(piece, previous, signer, request)
        yield b"%x;chunk-signature=%s\r\n%s\r\n" % (len(piece), previous.encode(), piece)


def _chunk_signature(piece: bytes, previous: str, signer: S3SigV4Auth, request: AWSRequest) -> str:
    timestamp = request.headers["X-Amz-Date"]
    scope = f"{timestamp[:8]}/{signer._region_name}/s3/aws4_request"
    told = ["AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, previous, NOTHING, sha256(piece).hexdigest()]
    key = _signing_key(signer.credentials.secret_key, scope)
    return hmac.new(key, "\n".join(told).encode(), sha256).hexdigest()


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        key = hmac.new(key, word.encode(), sha256).digest()
    return key


def credentials_of(given: Mapping[str, str]) -> Credentials:
    """Return a job's artifactCredentials as botocore has them."""
    return Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
