"""Many signed requests to a running Headrace, over a few connections that stay open."""

import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import local
from typing import Any, Self

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.journeys.wire import CBOR_TYPE, JSON_TYPE, Reply
from tests.running import CBOR, JSON, REGION, Account, Headrace

CONNECTIONS = 4


class Line:
    """Sends bodies of one account. Shapes: `protocol` is JSON or CBOR of tests.running."""

    def __init__(self, headrace: Headrace, account: Account) -> None:
        self.headrace = headrace
        self.signer = SigV4Auth(
            Credentials(account["access_key_id"], account["secret_access_key"]), "codepipeline", REGION
        )
        self.threads = ThreadPoolExecutor(CONNECTIONS)
        self.own = local()
        self.opened: list[http.client.HTTPConnection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.threads.shutdown()
        for connection in self.opened:
            connection.close()

    def ask_all(self, protocol: str, operation: str, bodies: Sequence[bytes]) -> list[Reply]:
        """Return the reply to each body, in order."""
        return list(self.threads.map(lambda body: self.ask(protocol, operation, body), bodies))

    def ask(self, protocol: str, operation: str, body: bytes) -> Reply:
        path, headers = head(protocol, operation)
        request = AWSRequest("POST", f"{self.headrace.url}{path}", data=body, headers=headers)
        self.signer.add_auth(request)
        signed = dict(request.headers.items())
        try:
            return self._exchange(path, body, signed)
        except (http.client.RemoteDisconnected, ConnectionError):  # the server closed it after an earlier answer
            self._connection().close()
            return self._exchange(path, body, signed)

    def _exchange(self, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        connection = self._connection()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self.own, "connection"):
            self.own.connection = http.client.HTTPConnection("127.0.0.1", self.headrace.port, timeout=60)
            self.opened.append(self.own.connection)
        connection: http.client.HTTPConnection = self.own.connection
        return connection


def head(protocol: str, operation: str) -> tuple[str, dict[str, str]]:
    if protocol == JSON:
        return "/", {"content-type": JSON_TYPE, "x-amz-target": f"CodePipeline_20150709.{operation}"}
    path = f"/service/CodePipeline_20150709/operation/{operation}"
    return path, {"content-type": CBOR_TYPE, "accept": CBOR_TYPE, "smithy-protocol": "rpc-v2-cbor"}


def encoded(protocol: str, request: Any) -> bytes:
    if protocol == CBOR:
        return cbor2.dumps(request, datetime_as_timestamp=True)
    return json.dumps(request, default=datetime.timestamp).encode()
