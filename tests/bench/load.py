"""Requests per second: one or several, sent over and over on some connections. Runs in a process of its own."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlsplit

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench.figures import spread
from tests.running import JSON, REGION, Account

WARM_UP = 20


def signed(
    url: str, account: Account, operation: str, arguments: dict, protocol: str = JSON, *, padding: int = 0
) -> bytes:
    """Return the bytes of a signed request in one of the wire protocols. It stays good for five minutes.

    Shapes: `padding` spaces behind JSON make a request that asks the same and is another.
    """
    if protocol == JSON:
        path, body = "/", json.dumps(arguments).encode() + b" " * padding
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"CodePipeline_20150709.{operation}",
        }
    else:
        path, body = f"/service/CodePipeline_20150709/operation/{operation}", cbor2.dumps(arguments)
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor"}
    request = AWSRequest("POST", f"{url}{path}", headers={**headers, "Host": urlsplit(url).netloc}, data=body)
    keys = Credentials(account["access_key_id"], account["secret_access_key"])
    SigV4Auth(keys, "codepipeline", REGION).add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def plain(url: str) -> bytes:
    """Return the bytes of an unsigned GET."""
    parts = urlsplit(url)
    return f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()


Sent = tuple[bytes, int]  # a request and the status of its answer


async def hammer(url: str, requests: Iterator[Sent], *, connections: int) -> dict[str, float]:
    """Send requests until there are no more. Returns how many a second and the spread of their durations."""
    durations: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_one(url, requests, durations) for _ in range(connections)))
    return {"per_second": round(len(durations) / (time.perf_counter() - began), 1), **spread(durations)}


async def _one(url: str, requests: Iterator[Sent], durations: list[float]) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for request, status in requests:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d" % status), head
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if length:
            await reader.readexactly(int(length[0].split(b":")[1]))
        else:
            await reader.readuntil(b"\r\n0\r\n\r\n")  # stock Django without middleware answers in chunks
        durations.append(time.perf_counter() - started)
    writer.close()


def in_turn(sent: list[Sent], *, seconds: float | None = None, calls: int | None = None) -> Iterator[Sent]:
    """Return requests over and over, for a time or for a number of calls."""
    ends = None if seconds is None else time.perf_counter() + seconds
    for each in islice(cycle(sent), calls):
        if ends is not None and time.perf_counter() >= ends:
            return
        yield each


def sent_of(order: dict[str, Any]) -> Iterator[Sent]:
    """Read the requests of an order: `requests` of several operations, one `operation`, or an unsigned view."""
    url, account = order["url"], order.get("account")
    for each in order.get("requests", [order]):
        if "operation" in each:
            words = each["operation"], each["arguments"], each.get("protocol", JSON)
            request = signed(url, account, *words, padding=each.get("padding", 0))
        else:
            request = plain(url)
        yield request, each.get("status", 200)


def main() -> None:
    order = json.load(sys.stdin)
    requests = in_turn(list(sent_of(order)), seconds=order.get("seconds"), calls=order.get("calls"))
    result = asyncio.run(hammer(order["url"], requests, connections=order["connections"]))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
