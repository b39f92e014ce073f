"""The record that the shim keeps: each change of a folder, in the order in which all processes made them."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEAD = struct.Struct("=c7xQqII")
CREATED, WRITTEN, CUT, SYNCED, FOLDER_SYNCED, FOLDER_MADE = "C", "W", "T", "S", "F", "M"
REMOVED, RENAMED, LINKED, TOLD = "U", "R", "L", "A"


class Step(NamedTuple):
    """One change. Shapes: `file` is its number in the file system; `data` of a rename or a link is where it leads."""

    kind: str
    file: int
    offset: int
    path: str
    data: bytes


def steps(record: Path) -> Iterator[Step]:
    with record.open("rb") as stream:
        while head := stream.read(HEAD.size):
            kind, file, offset, path_size, data_size = HEAD.unpack(head)
            path = stream.read(path_size).decode()
            yield Step(kind.decode(), file, offset, path, stream.read(data_size))


class Teller:
    """Puts what a client was told into the record: all that stands before it had happened by then."""

    def __init__(self, record: Path) -> None:
        self._file = os.open(record, os.O_WRONLY | os.O_APPEND)

    def tell(self, what: str) -> None:
        data = what.encode()
        os.write(self._file, HEAD.pack(TOLD.encode(), 0, 0, 0, len(data)) + data)

    def close(self) -> None:
        os.close(self._file)
