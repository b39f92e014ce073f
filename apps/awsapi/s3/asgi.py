"""The artifact endpoint's own ASGI application: what job workers do with S3 clients."""

import hmac
import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256

from django.conf import settings

from apps.artifacts.services import open_incoming
from apps.core import clock as core_clock
from apps.core.asgi import Scope

from .addressing import bucket_of_host, host_bases
from .answers import Answer, Ids, Stream, error_answer, head_of
from .authentication import LITERALS, Signer, authenticate, permit
from .errors import ClientGone, S3Error, as_s3_error
from .operations import OPERATIONS
from .payload import Payload
from .registry import Call, Operation, Plan, find_operation
from .request import S3Request, read_request
from .threads import Threads
from .transfer import Body, Receive, Send, Sink, send_stream

SIGNED_FOR_S3 = re.compile(rb"/s3/aws4_request\b")
PRESIGNED = re.compile(rb"(?:^|&)(?:X-Amz-Credential=[^&]*(?:/|%2[Ff])s3(?:/|%2[Ff])|AWSAccessKeyId=)")
log = logging.getLogger(__name__)


class S3Endpoint:
    """Answers requests that are signed for service `s3`, or that come to a bucket's own host name."""

    def __init__(self, *, clock: Callable[[], datetime] = core_clock.now) -> None:
        self._clock = clock
        self._threads = Threads(settings.AWSAPI_THREADS)
        self._bases = host_bases()

    def dispatches(self, scope: Scope) -> bool:
        """Tell whether a connection is the endpoint's to answer. Decides nothing about its signature."""
        if scope["type"] != "http":
            return False
        for name, value in scope["headers"]:
            if name == b"authorization" and (SIGNED_FOR_S3.search(value) or value.startswith(b"AWS ")):
                return True
            if name == b"host" and bucket_of_host(value, self._bases):
                return True
        return bool(PRESIGNED.search(scope["query_string"]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ids, request = Ids(), None
        body = Body(receive, dict(scope["headers"]))
        try:
            try:
                request = read_request(scope, self._bases)
                answer = await self._answer(request, body)
            except ClientGone:
                raise
            except Exception as error:  # told to the client and, when nobody foresaw it, to the log
                answer = error_answer(as_s3_error(error), request, ids)
            await body.drain()
            await self._send(answer, send, ids, is_last=not body.is_read)
        except ClientGone:
            return

    async def _answer(self, request: S3Request, body: Body) -> Answer:
        operation, signer = await self._threads.run(partial(self._begin, request), retry_safe=True)
        if operation.run is None:
            return await self._upload(operation, Call(request, signer), body)
        document = await body.whole(operation.document_bytes)
        check_document(request, document)
        work = partial(operation.run, Call(request, signer, document))
        return await self._threads.run(work, retry_safe=operation.is_read)

    def _begin(self, request: S3Request) -> tuple[Operation, Signer]:
        signer = authenticate(request, now=self._clock())
        operation = find_operation(OPERATIONS, request)
        if not request.bucket:
            raise S3Error("NotImplemented", "Buckets are not listed. Name a bucket in the path.")
        permit(signer.credentials, operation.need, request)
        return operation, signer

    async def _upload(self, operation: Operation, call: Call, body: Body) -> Answer:
        plan, sink = await self._threads.run(partial(open_sink, operation, call))
        try:
            async for piece in body.pieces():
                await self._threads.run(partial(sink.feed, piece))
            return await self._threads.run(partial(store_upload, operation, call, plan, sink))
        finally:
            await self._threads.run(sink.discard)

    async def _send(self, answer: Answer, send: Send, ids: Ids, *, is_last: bool) -> None:
        headers = head_of(answer, ids, now=self._clock(), is_last=is_last)
        stream = answer.body if isinstance(answer.body, Stream) else None
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            if stream:
                await send_stream(stream, send, self._threads)
            else:
                await send({"type": "http.response.body", "body": answer.body})
        finally:
            if stream:
                stream.reader.close()


def open_sink(operation: Operation, call: Call) -> tuple[Plan, Sink]:
    """Check everything that can be known of an upload before its bytes, then open the store for them."""
    payload = Payload(call.request, call.signer)
    plan = operation.plan(call) if operation.plan else Plan()
    return plan, Sink(payload, open_incoming({*plan.algorithms, *payload.algorithms}))


def store_upload(operation: Operation, call: Call, plan: Plan, sink: Sink) -> Answer:
    if operation.store is None:
        raise TypeError(f"{operation.name} has neither run nor store.")
    arrived, claims = sink.finish()
    return operation.store(call, arrived, claims, plan.kept)


def check_document(request: S3Request, document: bytes) -> None:
    """Raises S3Error XAmzContentSHA256Mismatch when a small body is not the one that was signed."""
    signed = request.raw.body_sha256
    if signed not in LITERALS and not hmac.compare_digest(signed, sha256(document).hexdigest()):
        raise S3Error(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
