"""One request from its bytes to the bytes of its answer."""

import logging
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any

from apps.awsapi.authentication import Signers
from apps.awsapi.caller import Caller
from apps.awsapi.connections import on_lasting_connection
from apps.awsapi.errors import AwsError, internal_failure, to_aws
from apps.awsapi.permissions import check_permission
from apps.awsapi.protocols import Headers, Protocol, Route, check_content_type
from apps.awsapi.registry import Operation
from apps.awsapi.shapes import parse_input, serialise_output
from apps.awsapi.sigv4 import SignedRequest
from apps.awsapi.throttling import check_rate
from apps.core.in_place import NotInPlace, carrying, unchanged

LARGEST_KEPT_BYTES = 65_536

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    """A request as it was received. `request_id` is ours."""

    method: str
    raw_path: bytes
    query_string: bytes
    headers: Headers
    body: bytes
    request_id: str


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes


class Handling:
    """One request on its way to its answer. It may be begun where one can only read, and be done again elsewhere."""

    def __init__(self, received: Received, route: Route, operations: Mapping[str, Operation], signers: Signers) -> None:
        self.received, self.route, self.operations, self.signers = received, route, operations, signers
        self._admitted: tuple[Caller, Operation, dict[str, Any]] | None = None  # counted to its account by then
        self._read: dict[Hashable, Any] = {}

    def run(self) -> Answer:
        """Return the answer; whatever goes wrong becomes an answer in the request's protocol. Raises: NotInPlace."""
        protocol = self.route.protocol
        try:
            if self._admitted is None:
                self._admitted = self._admit()
            caller, operation, request = self._admitted
            with carrying(self._read):
                return on_lasting_connection(
                    lambda: self._answer(caller, operation, request), retry_safe=operation.retry_safe
                )
        except NotInPlace:
            raise
        except Exception as error:
            return error_answer(protocol, told(error, self.received.request_id, self.route.operation))

    def _answer(self, caller: Caller, operation: Operation, request: dict[str, Any]) -> Answer:
        protocol = self.route.protocol

        def made() -> Answer:
            result = serialise_output(operation.name, operation.run(caller, request))
            return Answer(200, protocol.headers, protocol.encode(result))

        if not operation.tells_rows_alone:
            return made()
        key = (caller.account.pk, operation.name, protocol.name, self.received.body)
        return unchanged(key, made, is_kept=_is_small)

    def _admit(self) -> tuple[Caller, Operation, dict[str, Any]]:
        received, route = self.received, self.route
        signed = SignedRequest(
            received.method,
            received.raw_path,
            received.query_string,
            received.headers,
            sha256(received.body).hexdigest(),
        )
        credentials = on_lasting_connection(lambda: self.signers.authenticate(signed), retry_safe=True)
        check_rate(credentials.account, route.operation)
        operation = self.operations.get(route.operation)
        if operation is None:
            raise AwsError("UnknownOperationException", "The service has no operation of this name.")
        check_content_type(route.protocol, signed.header(b"content-type"), _signed_value(signed, b"smithy-protocol"))
        request = parse_input(operation.name, route.protocol.decode(received.body))
        caller = _caller(credentials, received.request_id)
        on_lasting_connection(lambda: check_permission(caller, operation.name, request), retry_safe=True)
        return caller, operation, request


def _is_small(answer: Answer) -> bool:
    return len(answer.body) <= LARGEST_KEPT_BYTES


def told(error: BaseException, request_id: str, operation: str = "") -> AwsError:
    """Return the error as callers see it, and log those that are ours to mend."""
    known = to_aws(error, operation)
    if known is None:
        logger.error("Request %s failed unexpectedly.", request_id, exc_info=error)
        return internal_failure(request_id)
    if known.status >= 500:
        logger.warning("Request %s was answered %s: %r", request_id, known.code, error)
    return known


def error_answer(protocol: Protocol, error: AwsError) -> Answer:
    body = protocol.encode({"__type": error.code, "message": error.message})
    headers = (*protocol.headers, (b"x-amzn-errortype", error.code.encode()))
    if error.retry_after is not None:
        headers += ((b"x-amz-retry-after", str(ceil(error.retry_after * 1000)).encode()),)
    return Answer(error.status, headers, body)


def _signed_value(signed: SignedRequest, name: bytes) -> bytes | None:
    """Return a header's value if the sender vouched for it: one that anybody could have added decides nothing."""
    authorization = signed.header(b"authorization") or b""
    names = authorization.partition(b"SignedHeaders=")[2].partition(b",")[0].split(b";")
    return signed.header(name) if name in names else None


def _caller(credentials: Any, request_id: str) -> Caller:
    return Caller(
        account=credentials.account,
        account_number=credentials.account_number,
        principal_arn=credentials.principal_arn,
        grant=credentials.grant,
        access_key_id=credentials.access_key_id,
        request_id=request_id,
    )
