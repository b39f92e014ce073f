"""A small ASGI application for the server's tests: it says what it got, or behaves as the path says."""

import asyncio
import json

LARGE_BYTES = 20_000_000  # more than the kernel takes for a reader that waits


async def application(scope, receive, send):
    if scope["type"] == "websocket":
        return await greet(receive, send)
    behaviours = {
        "/deaf": refuse_at_once,
        "/flood": flood,
        "/slow": read_slowly,
        "/fail": fail,
        "/large": answer_at_length,
    }
    await behaviours.get(scope["path"], reflect)(scope, receive, send)


async def reflect(scope, receive, send):
    size, messages = 0, 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, messages = size + len(message["body"]), messages + 1
        if not message["more_body"]:
            break
    await answer(send, 200, {"path": scope["path"], "method": scope["method"], "size": size, "messages": messages})


async def refuse_at_once(scope, receive, send):
    await answer(send, 403, {"refused": True})


async def read_slowly(scope, receive, send):
    await asyncio.sleep(0.5)
    await reflect(scope, receive, send)


async def fail(scope, receive, send):
    raise RuntimeError("as the test wants it")


async def answer_at_length(scope, receive, send):
    body = b"x" * LARGE_BYTES
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def flood(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    sent = 0
    for _ in range(200):
        try:
            await asyncio.wait_for(send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True}), 1)
        except TimeoutError:
            break
        sent += 1
    print(f"flood: {sent} MB were taken", flush=True)


async def answer(send, status, facts):
    body = json.dumps(facts).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def greet(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "welcome"})
    await receive()
