"""The wire API in this process: a stub operation, signers of our choice, a clock that stands still."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from types import SimpleNamespace
from typing import Any

import cbor2

from apps.awsapi.asgi import WireApi
from apps.awsapi.registry import Operation
from apps.tenancy.errors import ExpiredSessionToken, InvalidSessionToken, UnknownAccessKey
from apps.tenancy.grants import Grant
from apps.tenancy.roles import Role
from tests.awsapi.signing import NOW, SECRET, Raw, sign

ROOT = "http://127.0.0.1:8000/"
JSON_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return cbor2.loads(self.raw) if self.headers["content-type"] == "application/cbor" else json.loads(self.raw)

    @property
    def error(self) -> str:
        return self.body.get("__type", "")


def signers(key_id: str, token: str | None) -> SimpleNamespace:
    """Find one key of each kind by its id: a role's name, or TEMPORARY with the token "live" or "old"."""
    if key_id == "TEMPORARY":
        if token == "old":
            raise ExpiredSessionToken("The security token included in the request is expired.")
        if token != "live":
            raise InvalidSessionToken("The security token included in the request is invalid.")
        return credentials(Role.ADMIN, artifact_scope=object())
    if token is not None:
        raise InvalidSessionToken("The security token included in the request is invalid.")
    if key_id not in list(Role):
        raise UnknownAccessKey("The security token included in the request is invalid.")
    return credentials(Role(key_id))


def credentials(role: Role, artifact_scope: object = None) -> SimpleNamespace:
    return SimpleNamespace(
        account=SimpleNamespace(pk=1, number="111122223333", reads_per_second=0, changes_per_second=0),
        account_number="111122223333",
        secret=SECRET,
        principal_arn=f"arn:aws:iam::111122223333:user/{role}",
        grant=Grant(role=role),
        access_key_id=str(role),
        artifact_scope=artifact_scope,
    )


def wire(*operations: Operation, **arguments: Any) -> WireApi:
    by_name: Mapping[str, Operation] = {operation.name: operation for operation in operations}
    return WireApi(operations=by_name, find_credentials=signers, clock=lambda: NOW, **arguments)


def json_call(operation: str, request: Any, *, url: str = ROOT, **more: Any) -> Raw:
    """Return a signed JSON request. Shapes: `request` is the body's value, or the body itself as bytes."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    headers = {"X-Amz-Target": f"CodePipeline_20150709.{operation}", "Content-Type": JSON_TYPE}
    headers |= more.pop("headers", {})
    return sign(url, body=body, headers=headers, key_id=more.pop("key_id", "admin"), **more)


def cbor_call(operation: str, request: Any, *, url: str = ROOT, **more: Any) -> Raw:
    body = request if isinstance(request, bytes) else cbor2.dumps(request)
    headers = {"smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor", "Content-Type": "application/cbor"}
    path = f"{url}service/CodePipeline_20150709/operation/{operation}"
    headers |= more.pop("headers", {})
    return sign(path, body=body, headers=headers, key_id=more.pop("key_id", "admin"), **more)


async def send(app: WireApi, raw: Raw, chunks: Iterable[bytes] | None = None) -> Reply:
    """Hand one request to the application as an ASGI server does.

    `chunks` replaces the body; they are taken one by one, as the application asks for them.
    """
    pieces = chain([raw.body] if chunks is None else chunks, [b""])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        piece = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def take(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = scope_of(raw)
    assert app.dispatches(scope)
    await app(scope, receive, take)
    start, end = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], headers, end["body"])


def scope_of(raw: Raw) -> dict[str, Any]:
    return {
        "type": "http",
        "method": raw.method,
        "path": raw.path.decode("latin-1"),
        "raw_path": raw.path,
        "query_string": raw.query,
        "headers": list(raw.headers),
    }
