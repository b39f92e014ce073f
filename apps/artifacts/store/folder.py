"""Blobs as files. A blob appears whole or not at all, and once it is there a power cut does not take it away."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from apps.artifacts.errors import ArtifactDamaged, StoreFull

from .blobs import BlobReader, checked, new_blob_name

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderStore:
    """Keeps blobs below `root`: `blobs/ab/cd/<name>`, and those on their way in `incoming/`."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"

    def create(self) -> "FolderWriter":
        blob = new_blob_name()
        with _room_needed():
            self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
            return FolderWriter(blob, self._incoming / blob[6:], self._blobs)

    def open_read(self, blob: str, start: int = 0, length: int | None = None) -> BlobReader:
        try:
            file = (self._blobs / checked(blob)).open("rb", buffering=0)
        except FileNotFoundError:
            raise ArtifactDamaged("The bytes of this artifact are gone from the store. Run its action again.") from None
        file.seek(start)
        return Stretch(file, length)

    def delete(self, blob: str) -> None:
        (self._blobs / checked(blob)).unlink(missing_ok=True)

    def names(self, *, older_than: datetime) -> Iterator[str]:
        for path in self._blobs.glob("??/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than.timestamp():
                    yield path.relative_to(self._blobs).as_posix()

    def sweep_unfinished(self, *, older_than: datetime) -> int:
        removed = 0
        for path in self._incoming.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than.timestamp():
                    path.unlink()
                    removed += 1
        return removed


class FolderWriter:
    """Writes a temporary file and moves it to its place when all of it lies on the disk."""

    def __init__(self, blob: str, temporary: Path, blobs: Path) -> None:
        self._blob, self._temporary, self._blobs = blob, temporary, blobs
        self._descriptor = os.open(temporary, CREATE, 0o600)
        self._is_open = True

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        with self._kept_or_gone():
            while view:
                view = view[os.write(self._descriptor, view) :]

    def commit(self) -> str:
        target = self._blobs / self._blob
        with self._kept_or_gone():
            os.fchmod(self._descriptor, 0o400)
            os.fsync(self._descriptor)
            self._close()
            _make_folders(target.parent)
            self._temporary.rename(target)
            _sync_folder(target.parent)
        return self._blob

    def discard(self) -> None:
        if self._is_open:
            self._close()
            self._temporary.unlink(missing_ok=True)

    @contextmanager
    def _kept_or_gone(self) -> Iterator[None]:
        try:
            with _room_needed():
                yield
        except BaseException:
            if self._is_open:
                self._close()
            self._temporary.unlink(missing_ok=True)
            raise

    def _close(self) -> None:
        self._is_open = False
        os.close(self._descriptor)


class Stretch:
    """A part of a file, read from where the file stands."""

    def __init__(self, file: BlobReader, length: int | None) -> None:
        self._file, self._left = file, length

    def read(self, size: int = -1, /) -> bytes:
        if self._left is None:
            return self._file.read(size)
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


@contextmanager
def _room_needed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StoreFull(
            "The artifact store is full; nothing of this file was kept. Ask an operator to make room on its disk."
        ) from error


_safe: set[Path] = set()  # upper folders whose names this process has seen to


def _make_folders(folder: Path) -> None:
    """Make a blob's two folders and those above, each name safe on the disk before anything is put into it.

    One that is there may be the work of somebody who has not yet come to syncing its name, or was killed before that.
    """
    blobs = folder.parent.parent
    for level in (blobs.parent, blobs, folder.parent, folder):
        is_new = not level.is_dir()
        if is_new:
            level.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_new or level not in _safe:
            _sync_folder(level.parent)
        if level != folder:  # of these there are too many to remember
            _safe.add(level)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
