"""Requests per second: one request, sent over and over on some connections. Runs in a process of its own."""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench.figures import spread
from tests.running import JSON, REGION, Account

WARM_UP = 20


def signed(url: str, account: Account, operation: str, arguments: dict, protocol: str = JSON) -> bytes:
    """Return the bytes of a signed request in one of the wire protocols. It stays good for five minutes."""
    if protocol == JSON:
        path, body = "/", json.dumps(arguments).encode()
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


async def hammer(url: str, request: bytes, *, connections: int, seconds: float) -> dict[str, float]:
    """Return requests per second and the spread of their durations."""
    durations: list[float] = []
    ends = time.perf_counter() + seconds
    await asyncio.gather(*(_one(url, request, ends, durations) for _ in range(connections)))
    return {"per_second": round(len(durations) / seconds, 1), **spread(durations)}


async def _one(url: str, request: bytes, ends: float, durations: list[float]) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while (started := time.perf_counter()) < ends:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if length:
            await reader.readexactly(int(length[0].split(b":")[1]))
        else:
            await reader.readuntil(b"\r\n0\r\n\r\n")  # stock Django without middleware answers in chunks
        durations.append(time.perf_counter() - started)
    writer.close()


def main() -> None:
    order = json.load(sys.stdin)
    if "operation" in order:
        protocol = order.get("protocol", JSON)
        request = signed(order["url"], order["account"], order["operation"], order["arguments"], protocol)
    else:
        request = plain(order["url"])
    result = asyncio.run(hammer(order["url"], request, connections=order["connections"], seconds=order["seconds"]))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
