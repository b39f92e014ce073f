"""Requests of the wire API that arrive at once, or head and body, as those of SDKs do: a way around the general parser.

The general way of Twisted and daphne (a line at a time, objects for each field, a spool, several callbacks) takes more
processor time than the operation itself. Only what is plainly well formed is read here. Whatever is not, or is no
short POST of an AWS client, goes the general way, which also has the words for refusals.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from pipelines_project.server.bounds import HEAD_BYTES, HEAD_FIELDS

Fields = tuple[tuple[bytes, bytes], ...]
Message = dict[str, Any]

MOST_AWAITED_BYTES: Final = 65_536

_LINE = re.compile(rb"POST (/[!\"$-~]*) HTTP/1\.1\Z")
_FIELD = re.compile(rb"([!#$%&'*+\-.^`|~0-9A-Za-z]+):[ \t]*((?:[!-~\x80-\xff]+(?:[ \t]+[!-~\x80-\xff]+)*)?)[ \t]*\Z")
_LENGTH = re.compile(rb"[0-9]{1,9}\Z")
# What changes how a request is read or answered is left to the general way, and so is what daphne gives a meaning.
_SPECIAL: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection", b"te", b"daphne-root-path"})
_CLOSE: Final = (b"connection", b"close")
_PHRASES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

log = logging.getLogger(__name__)


class Whole(NamedTuple):
    """A request. Shapes: names of `fields` in lower case, in the order of arrival."""

    target: bytes
    fields: Fields
    body: bytes


class Begun(Enum):
    """Stands for a short request whose body has not come, or not all of it. Clients often send it by itself."""

    BODY_TO_COME = "body to come"


def read_whole(data: bytes, most_body_bytes: int) -> Whole | Begun | None:
    """Return the one short request that `data` is or begins with all of its head, or None when it is anything else."""
    end = data.find(b"\r\n\r\n", 0, HEAD_BYTES)
    if end < 0 or not data.startswith(b"POST "):
        return None
    first, *lines = data[:end].split(b"\r\n")
    line = _LINE.match(first)
    if line is None or not 0 < len(lines) <= HEAD_FIELDS:
        return None
    fields, lengths, is_ours = [], [], line[1].startswith(b"/service/")
    for each in lines:
        field = _FIELD.match(each)
        if field is None:
            return None
        name = field[1].lower()
        if name in _SPECIAL and (name, field[2].lower()) != (b"connection", b"keep-alive"):
            return None
        if name == b"content-length":
            lengths.append(field[2])
        is_ours = is_ours or name == b"x-amz-target"
        fields.append((name, field[2]))
    body = data[end + 4 :]
    if not is_ours or len(lengths) != 1 or not _LENGTH.match(lengths[0]):
        return None
    length = int(lengths[0])
    if len(body) > length or not 0 < length <= most_body_bytes:
        return None
    if len(body) < length:
        return Begun.BODY_TO_COME if length <= MOST_AWAITED_BYTES else None
    return Whole(line[1], tuple(fields), body)


class Exchange:
    """One such request and its answer, between a channel and the application.

    `write` takes the bytes of the answer, `end` whether the connection may be used again. `is_ending` tells whether
    it shall not be.
    """

    def __init__(
        self,
        request: Whole,
        write: Callable[[bytes], None],
        end: Callable[[bool], None],
        is_ending: Callable[[], bool],
    ) -> None:
        self.request, self.write, self.end, self.is_ending = request, write, end, is_ending
        self._is_given = self._is_gone = self._is_over = False
        self._gone = asyncio.Event()
        self._head: Message = {}
        self._parts: list[bytes] = []

    def scope(self, client: Any, server: Any) -> dict[str, Any]:
        path, _, query = self.request.target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "root_path": "",
            "scheme": "http",
            "query_string": query,
            "headers": self.request.fields,
            "client": client,
            "server": server,
            "extensions": {"headrace.whole_body": {"body": self.request.body}},
        }

    async def receive(self) -> Message:
        if not self._is_given:
            self._is_given = True
            return {"type": "http.request", "body": self.request.body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer. It is written when it is whole: answers of the wire API are short."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False) and not self._is_over:
            self._answer(self._head["status"], self._head["headers"], b"".join(self._parts))

    def gone(self) -> None:
        """The client hung up."""
        self._is_gone = True
        self._gone.set()

    def ended(self, task: asyncio.Task) -> None:
        """The application returned: it has answered, or it failed, or is cancelled because the server ends."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("Exception inside application: %s", error, exc_info=error)
        if not self._is_over:
            self._answer(500, [_CLOSE], b"")

    def _answer(self, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
        if self._is_gone:
            return
        lines = [_PHRASES[status]]
        has_length, is_kept = False, True
        if self.is_ending() and _CLOSE not in fields:
            fields = [*fields, _CLOSE]
        for name, value in fields:
            if b"\r" in value or b"\n" in value:
                raise ValueError(f"The field {name.decode('latin-1')} of an answer holds a line break.")
            has_length = has_length or name == b"content-length"
            is_kept = is_kept and (name, value) != _CLOSE
            lines.append(name + b": " + value + b"\r\n")
        if not has_length:
            lines.append(b"content-length: %d\r\n" % len(body))
        self._is_over = True
        self._gone.set()
        self.write(b"".join((*lines, b"\r\n", body)))
        self.end(is_kept)
