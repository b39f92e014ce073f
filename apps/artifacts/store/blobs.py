"""What every store can do, and the names it gives to blobs: random, so that nothing a caller says becomes a path."""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

_BLOB = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{28}", re.ASCII)


class BlobReader(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...

    def close(self) -> None: ...


class BlobWriter(Protocol):
    """Bytes on their way in. Ends with `commit` or `discard`; `discard` after `commit` does nothing."""

    def write(self, data: bytes) -> None:
        """Raises StoreFull."""

    def commit(self) -> str:
        """Return the name of the blob, whose bytes are now safe. Raises StoreFull."""

    def discard(self) -> None: ...


class BlobStore(Protocol):
    """Keeps blobs under names of its own making."""

    def create(self) -> BlobWriter:
        """Raises StoreFull."""

    def open_read(self, blob: str, start: int = 0, length: int | None = None) -> BlobReader:
        """Read `length` bytes from `start`, or all that follow it. Raises ArtifactDamaged when the blob is gone."""

    def delete(self, blob: str) -> None:
        """Remove a blob; one that is gone already is fine."""

    def names(self, *, older_than: datetime) -> Iterator[str]:
        """Return the blobs that were written before a moment."""

    def sweep_unfinished(self, *, older_than: datetime) -> int:
        """Remove what writers that died left behind, and return how many."""


def new_blob_name() -> str:
    """Return a name in two levels of folders: `ab/cd/abcd…`."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name}"


def checked(blob: str) -> str:
    """Return a blob's name as it is. Raises ValueError when no store made it."""
    if not _BLOB.fullmatch(blob):
        raise ValueError(f"{blob!r} is not the name of a blob.")
    return blob
