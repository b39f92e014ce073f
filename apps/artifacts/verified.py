"""Reading a whole object, with its digest checked on the way."""

from hashlib import sha256

from apps.artifacts.errors import ArtifactDamaged
from apps.artifacts.models import StoredObject
from apps.artifacts.store import BlobReader, current_store


class VerifiedReader:
    """Reads an object to its end. The read that would give the last bytes raises ArtifactDamaged when they are not
    those that were written, so nobody who waits for the end takes a damaged artifact for a whole one.
    """

    def __init__(self, stored: StoredObject, reader: BlobReader) -> None:
        self._stored, self._reader = stored, reader
        self._seen = 0
        self._digest = sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Raises ArtifactDamaged."""
        data = self._reader.read(size)
        self._seen += len(data)
        self._digest.update(data)
        stored = self._stored
        is_at_end = not data or size < 0 or self._seen >= stored.size
        if is_at_end and size != 0 and (self._seen != stored.size or self._digest.hexdigest() != stored.sha256):
            raise ArtifactDamaged(
                f"The stored bytes of '{stored.key}' are not those that were written. "
                "Run the action that made it again."
            )
        return data

    def close(self) -> None:
        self._reader.close()


def read_verified(stored: StoredObject) -> VerifiedReader:
    """Open an object for reading it whole. Raises ArtifactDamaged, here or while reading."""
    return VerifiedReader(stored, current_store().open_read(stored.blob))


def read_stretch(stored: StoredObject, start: int, length: int) -> BlobReader:
    """Open a part of an object. A part cannot be checked. Raises ArtifactDamaged when the bytes are gone."""
    return current_store().open_read(stored.blob, start, length)
