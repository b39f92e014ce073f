"""Reading the body of a small request, within bounds."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from apps.awsapi.errors import AwsError

Receive = Callable[[], Awaitable[dict[str, Any]]]


class ClientGone(Exception):
    """The client hung up before its request was whole."""


def whole_body(scope: dict[str, Any]) -> bytes | None:
    """Return the body that our server read together with its head and checked, None when it is still to come."""
    given = scope.get("extensions", {}).get("headrace.whole_body")
    body: bytes | None = given["body"] if given else None
    return body


async def read_body(
    headers: Iterable[tuple[bytes, bytes]], receive: Receive, *, limit_bytes: int, limit_seconds: float
) -> bytes:
    """Return the whole body. Raises: ClientGone, AwsError RequestEntityTooLargeException or RequestTimeoutException."""
    declared = [value for name, value in headers if name == b"content-length"]
    if any(not value.isdigit() or len(value) > 18 or int(value) > limit_bytes for value in declared):
        raise too_large(limit_bytes)
    try:
        async with asyncio.timeout(limit_seconds):
            return await _receive_all(receive, limit_bytes)
    except TimeoutError:
        raise AwsError("RequestTimeoutException", "The request body did not arrive in time.", 408) from None


async def _receive_all(receive: Receive, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit_bytes:
            raise too_large(limit_bytes)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def too_large(limit_bytes: int) -> AwsError:
    return AwsError("RequestEntityTooLargeException", f"The request body must not exceed {limit_bytes} bytes.", 413)
