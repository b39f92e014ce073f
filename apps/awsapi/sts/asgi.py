"""STS as an ASGI application beside the wire API: another protocol at the same address, told apart by the signature."""

import re
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from django.conf import settings

from apps.awsapi.authentication import Signers
from apps.awsapi.bodies import ClientGone, Receive, read_body
from apps.awsapi.connections import on_lasting_connection
from apps.awsapi.handling import told
from apps.awsapi.protocols import raw_path
from apps.awsapi.sigv4 import SignedRequest
from apps.awsapi.throttling import check_rate
from apps.core import clock
from apps.core.asgi import Scope
from apps.core.ids import new_id
from apps.core.threads import LastingThreads
from apps.tenancy.credentials import Credentials, find_credentials

from .answers import OPERATION, check_operation, identity, refusal

SIGNED_FOR_STS = re.compile(rb"/sts/aws4_request\b")
LARGEST_BODY_BYTES = 16_384
BODY_SECONDS = 10
THREADS = 2


class Sts:
    """Answers requests that are signed for service `sts`."""

    def __init__(self) -> None:
        self._signers = Signers(find_credentials, clock.now, settings.REGION, service="sts")
        self._threads = LastingThreads(THREADS, "sts")

    def dispatches(self, scope: Scope) -> bool:
        """Tell whether a connection is STS's to answer. Decides nothing about its signature."""
        return scope["type"] == "http" and any(
            name == b"authorization" and SIGNED_FOR_STS.search(value) for name, value in scope["headers"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send) -> None:
        request_id = str(new_id())
        try:
            status, document = 200, await self._answer(scope, receive, request_id)
        except ClientGone:
            return
        except Exception as error:  # told to the client and, when nobody foresaw it, to the log
            status, document = refusal(told(error, request_id), request_id)
        headers = head(document, request_id, clock.now(), is_last=status >= 400)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": document})

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> bytes:
        headers = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
        body = await read_body(headers, receive, limit_bytes=LARGEST_BODY_BYTES, limit_seconds=BODY_SECONDS)
        request = SignedRequest(
            scope["method"], raw_path(scope), scope["query_string"], headers, sha256(body).hexdigest()
        )
        caller = await self._threads.run(self._caller, request)
        check_operation(body)
        return identity(caller.account_number, caller.principal_arn, request_id)

    def _caller(self, request: SignedRequest) -> Credentials:
        """Return who signed. Whoever holds a key may ask whose it is; no policy can deny that."""
        caller = on_lasting_connection(lambda: self._signers.authenticate(request), retry_safe=True)
        check_rate(caller.account, OPERATION)
        return caller


def head(document: bytes, request_id: str, now: datetime, *, is_last: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer. After a refusal the connection ends, for its body may not have been read."""
    headers = [
        (b"content-type", b"text/xml"),
        (b"content-length", str(len(document)).encode()),
        (b"x-amzn-requestid", request_id.encode()),
        (b"date", format_datetime(now, usegmt=True).encode()),
    ]
    return [*headers, (b"connection", b"close")] if is_last else headers
