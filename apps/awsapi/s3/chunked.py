"""The aws-chunked body: chunks with or without a signature each, and headers that trail behind them. Pure.

Source: S3 API reference, "Signature calculations: transferring payload in multiple chunks", with and without trailers.
"""

import re
from collections.abc import Iterator
from enum import Enum
from hashlib import sha256

from apps.awsapi.sigv4 import ChunkSignatures, InvalidSignature

from .errors import S3Error

LONGEST_LINE = 1024
MOST_TRAILER_BYTES = 8192
HEADER = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?[ \t]*", re.ASCII)
TRAILER = re.compile(rb"([A-Za-z0-9-]{1,100}):[ \t]*([ -~]*?)[ \t]*", re.ASCII)


class Expects(Enum):
    HEADER = "the size of a chunk"
    DATA = "the bytes of a chunk"
    END_OF_DATA = "the line end behind a chunk"
    TRAILER = "a trailing header"
    NOTHING = "nothing more"


class AwsChunked:
    """Takes the body as it arrives and gives back the object's bytes.

    `signatures` is None where chunks are not signed; where they are, an unsigned chunk is refused.
    After the end `trailers` holds the trailing headers, names in lower case.
    Raises: S3Error IncompleteBody, SignatureDoesNotMatch; InvalidSignature.
    """

    def __init__(self, signatures: ChunkSignatures | None, *, signed_trailer: bool = False) -> None:
        self.trailers: dict[str, str] = {}
        self._signatures = signatures
        self._signed_trailer = signed_trailer
        self._state = Expects.HEADER
        self._line = bytearray()
        self._left = 0
        self._digest = sha256()
        self._signature = ""
        self._trailer_lines: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[bytes]:
        view = memoryview(data)
        while view:
            if self._state is Expects.DATA:
                piece, view = view[: self._left], view[self._left :]
                yield self._taken(bytes(piece))
            else:
                view = self._take_line(view)

    def finish(self) -> None:
        if self._state is not Expects.NOTHING:
            raise S3Error("IncompleteBody", f"The body ended where {self._state.value} was expected.")

    def _taken(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._signatures:
            self._digest.update(piece)
        if not self._left:
            self._check_chunk()
            self._state = Expects.END_OF_DATA
        return piece

    def _take_line(self, view: memoryview) -> memoryview:
        if self._state is Expects.NOTHING:
            raise S3Error("IncompleteBody", "The body goes on behind its last chunk.")
        head = bytes(view[: LONGEST_LINE + 1 - len(self._line)])
        end = head.find(b"\n")
        self._line += head if end < 0 else head[:end]
        if len(self._line) > LONGEST_LINE:
            raise S3Error(
                "IncompleteBody", f"A line of more than {LONGEST_LINE} bytes stands where {self._state.value} should."
            )
        if end >= 0:
            line = bytes(self._line).removesuffix(b"\r")
            self._line.clear()
            self._on_line(line)
        return view[len(head) if end < 0 else end + 1 :]

    def _on_line(self, line: bytes) -> None:
        if self._state is Expects.HEADER:
            self._begin_chunk(line)
        elif self._state is Expects.TRAILER:
            self._on_trailer(line)
        elif line:
            raise S3Error("IncompleteBody", "A chunk holds more bytes than it says.")
        else:
            self._state = Expects.HEADER

    def _begin_chunk(self, line: bytes) -> None:
        match = HEADER.fullmatch(line)
        if match is None:
            raise S3Error("IncompleteBody", "The size of a chunk cannot be read.")
        if self._signatures and match[2] is None:
            raise S3Error("SignatureDoesNotMatch", "A chunk is not signed.")
        self._left = int(match[1], 16)
        self._signature = (match[2] or b"").decode()
        self._digest = sha256()
        self._state = Expects.DATA
        if not self._left:
            self._check_chunk()
            self._state = Expects.TRAILER

    def _check_chunk(self) -> None:
        if self._signatures:
            self._signatures.check_chunk(self._digest.hexdigest(), self._signature)

    def _on_trailer(self, line: bytes) -> None:
        if not line:
            return self._end()
        match = TRAILER.fullmatch(line)
        self._trailer_lines.append(line)
        if match is None or sum(map(len, self._trailer_lines)) > MOST_TRAILER_BYTES:
            raise S3Error("IncompleteBody", "A trailing header cannot be read.")
        name = match[1].decode().lower()
        if name in self.trailers:
            raise S3Error("IncompleteBody", f"The trailing header {name} came twice.")
        self.trailers[name] = match[2].decode()

    def _end(self) -> None:
        self._state = Expects.NOTHING
        signature = self.trailers.pop("x-amz-trailer-signature", None)
        if not (self._signatures and self._signed_trailer):
            return
        if signature is None:
            raise InvalidSignature("The trailing headers are not signed.")
        signed = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
        self._signatures.check_trailer(signed.encode(), signature)
