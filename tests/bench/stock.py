"""The yardsticks on the same server: Django as it comes, with a JSON view that makes one query, and a bare stub.

No middleware, no signature, no account: what stock Django costs at least.
"""

import json
import os

from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

# What the stub answers to each operation: the bytes that the product answered, so that a client has the same to read.
ANSWERS: dict[str, str] = json.loads(os.environ.get("BENCH_ANSWERS", "{}"))


def fill() -> None:
    """Make the table that the view reads."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE thing (id integer PRIMARY KEY, name text, body text)")
        cursor.execute("INSERT INTO thing VALUES (7, 'seven', %s)", ["x" * 2000])


def view(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, body FROM thing WHERE id = 7")
        number, name, body = cursor.fetchone()
    return JsonResponse({"id": number, "name": name, "size": len(body)})


urlpatterns = [path("query", view)]


async def stub(scope, receive, send) -> None:
    """Read a request and answer fixed bytes."""
    while (await receive()).get("more_body"):
        continue
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode()
    body = ANSWERS.get(target.partition(".")[2], "{}").encode()
    headers = [
        (b"content-type", b"application/x-amz-json-1.1"),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", b"00000000-0000-0000-0000-000000000000"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


pages = get_asgi_application()


async def application(scope, receive, send) -> None:
    """Stock Django for its one view, the stub for everything else."""
    if scope["type"] == "http" and scope["path"] == "/query":
        await pages(scope, receive, send)
    else:
        await stub(scope, receive, send)
