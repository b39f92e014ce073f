"""Requests to a running Headrace that no SDK would send: signed as they should be, and wrong in the way we choose."""

import http.client
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.running import REGION, Account, Headrace

JSON_TYPE, CBOR_TYPE = "application/x-amz-json-1.1", "application/cbor"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return cbor2.loads(self.raw) if self.headers["content-type"] == CBOR_TYPE else json.loads(self.raw)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.body.get("__type", "")


def post_json(headrace: Headrace, account: Account, operation: str, body: bytes = b"{}", **headers: str) -> Reply:
    """Call an operation over AWS JSON 1.1. Headers are given with `_` for `-`."""
    named = {"content-type": JSON_TYPE, "x-amz-target": f"CodePipeline_20150709.{operation}"}
    return post(headrace, account, "/", body, named | _headers(headers))


def post_cbor(headrace: Headrace, account: Account, operation: str, body: bytes = b"\xa0", **headers: str) -> Reply:
    """Call an operation over RPC v2 CBOR. Headers are given with `_` for `-`."""
    named = {"content-type": CBOR_TYPE, "accept": CBOR_TYPE, "smithy-protocol": "rpc-v2-cbor"}
    path = f"/service/CodePipeline_20150709/operation/{operation}"
    return post(headrace, account, path, body, named | _headers(headers))


def post(headrace: Headrace, account: Account, path: str, body: bytes, headers: dict[str, str]) -> Reply:
    request = AWSRequest("POST", f"{headrace.url}{path}", data=body, headers=headers)
    keys = Credentials(account["access_key_id"], account["secret_access_key"])
    SigV4Auth(keys, "codepipeline", REGION).add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", headrace.port, timeout=30)
    try:
        # A server may answer before it has read all, and hang up; the answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", path, body, dict(request.headers.items()))
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}
