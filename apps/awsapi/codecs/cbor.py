"""RPC v2 CBOR: a reader that knows an allow-list of forms, and a writer.

The reader is our own because general ones build whatever a tag asks for, up to compiling a regular expression.
Source: RFC 8949; Smithy RPC v2 CBOR, which leaves maps with text keys and, of the tags, number 1 (epoch seconds).
"""

import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2

from .limits import DEEPEST, LARGEST_INTEGER, LONGEST_STRING, MOST_NODES, SMALLEST_INTEGER, SerializationError

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
INDEFINITE = 31
BREAK = 0xFF
EPOCH_TAG = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIMPLE_VALUES = {20: False, 21: True, 22: None}
_FLOATS = {25: struct.Struct(">e"), 26: struct.Struct(">f"), 27: struct.Struct(">d")}


def decode(body: bytes) -> Any:
    """Return the one value that `body` holds, timestamps as aware datetimes. Raises SerializationError."""
    reader = _Reader(body)
    value = reader.value(0)
    if reader.at != len(body):
        raise SerializationError("The request body goes on after its value.")
    return value


def encode(value: Any) -> bytes:
    """Return CBOR. Shapes: aware datetimes become tag 1 over epoch seconds."""
    return cbor2.dumps(value, datetime_as_timestamp=True)


class _Reader:
    """Walks over one body. `at` is the next byte to read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.nodes = 0

    def value(self, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise SerializationError(f"The request body holds more than {MOST_NODES} values.")
        kind, info = self._head()
        if kind == TEXT:
            return self._text(info)
        if kind in (UNSIGNED, NEGATIVE):
            return self._integer(kind, info)
        if kind == SIMPLE:
            return self._simple(info)
        if kind == BYTES:
            return self._string(BYTES, info)
        if kind == TAG:
            return self._epoch(info, depth)
        if depth >= DEEPEST:
            raise SerializationError(f"The request body is nested deeper than {DEEPEST} levels.")
        return self._map(info, depth + 1) if kind == MAP else self._array(info, depth + 1)

    def _head(self) -> tuple[int, int]:
        if self.at >= len(self.data):
            raise SerializationError("The request body ends too early.")
        head = self.data[self.at]
        self.at += 1
        return head >> 5, head & 31

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise SerializationError("The request body ends too early.")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise SerializationError("The request body has a length of an unknown form.")
        return int.from_bytes(self._take(1 << (info - 24)), "big")

    def _integer(self, kind: int, info: int) -> int:
        argument = self._argument(info)
        number = argument if kind == UNSIGNED else -1 - argument
        if not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
            raise SerializationError("The request body holds an integer that does not fit in 64 bits.")
        return number

    def _simple(self, info: int) -> bool | float | None:
        if info in _SIMPLE_VALUES:
            return _SIMPLE_VALUES[info]
        form = _FLOATS.get(info)
        if form is None:
            raise SerializationError("The request body holds a simple value of an unknown kind.")
        number = float(form.unpack(self._take(form.size))[0])
        if not math.isfinite(number):
            raise SerializationError("The request body holds a number that is not finite.")
        return number

    def _text(self, info: int) -> str:
        try:
            text = self._string(TEXT, info).decode("utf-8")
        except UnicodeDecodeError:
            raise SerializationError("The request body holds a text that is not valid UTF-8.") from None
        if "\0" in text:
            raise SerializationError("The request body holds a string with a NUL character.")
        return text

    def _string(self, kind: int, info: int) -> bytes:
        if info != INDEFINITE:
            length = self._argument(info)
            if length > LONGEST_STRING:
                raise SerializationError(f"The request body holds a string longer than {LONGEST_STRING} bytes.")
            return self._take(length)
        joined = bytearray()
        while not self._at_break():
            self.nodes += 1
            chunk_kind, chunk_info = self._head()
            if chunk_kind != kind or chunk_info == INDEFINITE or self.nodes > MOST_NODES:
                raise SerializationError("The request body holds a string in pieces of a wrong kind.")
            joined += self._string(kind, chunk_info)
            if len(joined) > LONGEST_STRING:
                raise SerializationError(f"The request body holds a string longer than {LONGEST_STRING} bytes.")
        return bytes(joined)

    def _array(self, info: int, depth: int) -> list[Any]:
        if info == INDEFINITE:
            items = []
            while not self._at_break():
                items.append(self.value(depth))
            return items
        return [self.value(depth) for _ in range(self._count(info))]

    def _map(self, info: int, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        left = -1 if info == INDEFINITE else self._count(info)
        while left and not (left < 0 and self._at_break()):
            kind, key_info = self._head()
            if kind != TEXT:
                raise SerializationError("The request body holds a map whose key is no text.")
            name = self._text(key_info)
            if name in members:
                raise SerializationError("The request body holds a map that names a member twice.")
            members[name] = self.value(depth)
            left -= 1
        return members

    def _count(self, info: int) -> int:
        count = self._argument(info)
        if count > MOST_NODES:
            raise SerializationError(f"The request body holds more than {MOST_NODES} values.")
        return count

    def _at_break(self) -> bool:
        if self.at < len(self.data) and self.data[self.at] == BREAK:
            self.at += 1
            return True
        return False

    def _epoch(self, info: int, depth: int) -> datetime:
        if info != EPOCH_TAG:
            raise SerializationError("The request body holds a tag other than 1 (epoch seconds).")
        kind = self.data[self.at] >> 5 if self.at < len(self.data) else SIMPLE
        seconds = self.value(depth) if kind in (UNSIGNED, NEGATIVE, SIMPLE) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise SerializationError("The request body holds a timestamp that is no number.")
        return from_epoch(seconds)


def from_epoch(seconds: int | float) -> datetime:
    """Return the moment that many seconds after 1970. Raises SerializationError when no calendar year holds it."""
    try:
        return EPOCH + timedelta(milliseconds=round(seconds * 1000))
    except (OverflowError, ValueError):
        raise SerializationError("The request body holds a timestamp that is out of range.") from None
