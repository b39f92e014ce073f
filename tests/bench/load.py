"""Requests per second: one signed request, sent over and over on some connections. Runs in a process of its own."""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench.figures import spread
from tests.running import REGION, Account

WARM_UP = 20


def signed(url: str, account: Account, operation: str, arguments: dict) -> bytes:
    """Return the bytes of a signed JSON request. It stays good for five minutes."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"CodePipeline_20150709.{operation}",
        "Host": urlsplit(url).netloc,
    }
    request = AWSRequest("POST", f"{url}/", headers=headers, data=json.dumps(arguments).encode())
    keys = Credentials(account["access_key_id"], account["secret_access_key"])
    SigV4Auth(keys, "codepipeline", REGION).add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    body = request.body
    return "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


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
        length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        durations.append(time.perf_counter() - started)
    writer.close()


def main() -> None:
    order = json.load(sys.stdin)
    request = signed(order["url"], order["account"], order["operation"], order["arguments"])
    result = asyncio.run(hammer(order["url"], request, connections=order["connections"], seconds=order["seconds"]))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
