"""The wire API's own ASGI application, mounted beside Django's.

Django's handler is left out: its request object decodes and joins what a signature covers, and its threads and
connections live for one request. Here a request makes one hop, to a thread that stays with its connection, or none.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from django.conf import settings

from apps.awsapi.authentication import FindCredentials, Signers
from apps.awsapi.bodies import ClientGone, Receive, read_body, whole_body
from apps.awsapi.errors import AwsError
from apps.awsapi.handling import Answer, Handling, Received, error_answer, told
from apps.awsapi.protocols import Headers, looks_like_ours, raw_path, route
from apps.awsapi.registry import Operation, discover
from apps.awsapi.throttling import kind_of
from apps.core import clock as core_clock
from apps.core.ids import new_id
from apps.core.in_place import NotInPlace, ShortWork, can_work_in_place
from apps.core.threads import LastingThreads
from apps.tenancy.credentials import find_credentials as find_in_database
from apps.tenancy.throttle import Kind

Scope = dict[str, Any]
Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

MOST_HEADERS = 64
LARGEST_HEAD_BYTES = 16_384
BODY_SECONDS = 60
CLOSE: Headers = ((b"connection", b"close"),)


class WireApi:
    """Answers requests in AWS JSON 1.1 and RPC v2 CBOR.

    The arguments are for tests; left out, operations are those of `operations/`, signers those of the database.
    """

    def __init__(
        self,
        *,
        operations: Mapping[str, Operation] | None = None,
        find_credentials: FindCredentials = find_in_database,
        clock: Callable[[], datetime] = core_clock.now,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.operations = discover() if operations is None else operations
        self.signers = Signers(find_credentials, clock, settings.REGION)
        self.clock = clock
        self.body_seconds = body_seconds
        self.body_limit = settings.AWSAPI_BODY_LIMIT_BYTES
        self.short_work = ShortWork() if can_work_in_place() else None
        self.threads = LastingThreads(settings.AWSAPI_THREADS, "wire", at_once=settings.AWSAPI_THREADS_AT_ONCE)

    def dispatches(self, scope: Scope) -> bool:
        """Tell whether a connection is the wire API's to answer."""
        return scope["type"] == "http" and looks_like_ours(scope["method"], raw_path(scope), tuple(scope["headers"]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = str(new_id())
        path = raw_path(scope)
        headers = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
        chosen = route(path, headers)
        closing: Headers = ()
        try:
            self._check_head(scope, path, headers)
            body = whole_body(scope)
            if body is None:
                body = await read_body(headers, receive, limit_bytes=self.body_limit, limit_seconds=self.body_seconds)
            received = Received(scope["method"], path, scope["query_string"], headers, body, request_id)
            answer = await self._answer(Handling(received, chosen, self.operations, self.signers))
        except ClientGone:
            return
        except AwsError as refused:
            answer, closing = error_answer(chosen.protocol, told(refused, request_id)), CLOSE
        await self._send(send, answer, request_id, closing)

    async def _answer(self, handling: Handling) -> Answer:
        """Answer at once what is short. What waits or takes long is done on a thread, from where it stopped.

        A change brings news, most reads none: polls that come without a pause would slow it down.
        """
        only_reads = kind_of(handling.route.operation) is Kind.READ
        if self.short_work is not None and not self.threads.is_at_work():
            for key, changes in self._ways_in_place(handling, only_reads=only_reads):
                try:
                    return self.short_work.run(key, handling.run, changes=changes)
                except NotInPlace:
                    pass
        return await self.threads.run(handling.run, takes_all_places=not only_reads)

    def _ways_in_place(self, handling: Handling, *, only_reads: bool) -> Iterator[tuple[Hashable, bool]]:
        """Return how a request may be done in place, one way after another: as what, and whether it may write.

        A read is known to be short by what it asks; of a change each request asks something else.
        """
        name, received = handling.route.operation, handling.received
        operation = self.operations.get(name)
        signer = next((value for field, value in received.headers if field == b"authorization"), b"").partition(b"/")[0]
        if only_reads:
            yield (signer, name, received.body), False
        if operation is not None and operation.changes_in_place:
            yield (signer, name), True

    def _check_head(self, scope: Scope, path: bytes, headers: Headers) -> None:
        size = len(path) + len(scope["query_string"]) + sum(len(name) + len(value) + 4 for name, value in headers)
        if len(headers) > MOST_HEADERS or size > LARGEST_HEAD_BYTES:
            raise AwsError(
                "MalformedHttpRequestException",
                f"The request head exceeds {MOST_HEADERS} fields or {LARGEST_HEAD_BYTES} bytes.",
            )
        if not path.startswith(b"/"):
            raise AwsError("MalformedHttpRequestException", "The request target must be a path.")
        if scope["method"] != "POST":
            raise AwsError("UnknownOperationException", "Every operation is called by POST.", 405)

    async def _send(self, send: Send, answer: Answer, request_id: str, closing: Headers) -> None:
        headers = [
            *answer.headers,
            (b"content-length", str(len(answer.body)).encode()),
            (b"x-amzn-requestid", request_id.encode()),
            (b"date", format_datetime(self.clock(), usegmt=True).encode()),
            *closing,
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
