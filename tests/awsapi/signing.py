"""Requests for the wire tests: read from text as a server reads them, or signed by botocore."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from apps.awsapi.sigv4 import SignedRequest

NOW = datetime(2030, 1, 31, 9, 0, 0, tzinfo=UTC)
KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"


@dataclass(frozen=True)
class Raw:
    """One request as a server hands it on."""

    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def to_verify(self) -> SignedRequest:
        return SignedRequest(self.method, self.path, self.query, self.headers, sha256(self.body).hexdigest())


def read_request(text: bytes) -> Raw:
    """Read an HTTP message leniently: spaces in the path, folded header lines (which servers join with a space)."""
    head, _, body = text.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, rest = first.split(b" ", 1)
    path, _, query = rest.rsplit(b" ", 1)[0].partition(b"?")
    headers: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            name, value = headers.pop()
            headers.append((name, value + b" " + line.strip()))
        elif line:
            name, _, value = line.partition(b":")
            headers.append((name.lower(), value.strip()))
    return Raw(method.decode(), path, query, tuple(headers), body)


def sign(
    url: str,
    *,
    method: str = "POST",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    secret: str = SECRET,
    key_id: str = KEY_ID,
    token: str | None = None,
    service: str = "codepipeline",
    region: str = REGION,
    at: datetime = NOW,
    signer: type[botocore.auth.SigV4Auth] = botocore.auth.SigV4Auth,
) -> Raw:
    """Sign with botocore's own signer, at a moment of our choice."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        signer(Credentials(key_id, secret, token), service, region).add_auth(request)
    parts = urlsplit(request.url)
    named = {name.lower(): value for name, value in request.headers.items()}
    named.setdefault("host", parts.netloc)
    raw_headers = tuple((name.encode(), value.encode("latin-1")) for name, value in named.items())
    return Raw(method, parts.path.encode() or b"/", parts.query.encode(), raw_headers, body)
