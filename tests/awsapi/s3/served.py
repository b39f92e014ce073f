"""What the server tests run under daphne and uvicorn: the artifact endpoint alone, with real accounts and keys."""

import django

django.setup()

from apps.awsapi.s3.asgi import S3Endpoint  # noqa: E402

endpoint = S3Endpoint()


async def application(scope, receive, send):
    if endpoint.dispatches(scope):
        await endpoint(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"not for s3"})
