"""Bytes on their way into the store, measured while they pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType

from apps.artifacts.digests import Claims, Digests
from apps.artifacts.errors import DigestMismatch, ObjectTooLarge, SizeMismatch
from apps.artifacts.store import BlobStore


@dataclass(frozen=True)
class Arrived:
    """Bytes that are safely in the store and belong to no object yet. Shapes: `checksums` as in Claims."""

    blob: str
    size: int
    sha256: str
    md5: str
    checksums: dict[str, str]


class Incoming:
    """Takes bytes, keeps them when they are what the sender claims, and leaves nothing behind when they are not.

    Use it as a context manager: what was not finished at its end is discarded.
    """

    def __init__(self, store: BlobStore, *, limit_bytes: int, algorithms: Iterable[str] = ()) -> None:
        self._digests = Digests(algorithms)
        self._limit_bytes = limit_bytes
        self._writer = store.create()

    def write(self, data: bytes) -> None:
        """Raises: ObjectTooLarge, StoreFull."""
        if self._digests.size + len(data) > self._limit_bytes:
            raise ObjectTooLarge(
                f"An object may hold {self._limit_bytes} bytes at most. Split it or leave something out."
            )
        self._digests.update(data)
        self._writer.write(data)

    def finish(self, claims: Claims) -> Arrived:
        """Raises: SizeMismatch, DigestMismatch, StoreFull."""
        digests = self._digests
        if claims.size is not None and claims.size != digests.size:
            raise SizeMismatch(f"{claims.size} bytes were announced and {digests.size} arrived. Send the object again.")
        differs = digests.first_difference(claims)
        if differs:
            raise DigestMismatch(f"The {differs} you specified did not match what we received.", claim=differs)
        blob = self._writer.commit()
        return Arrived(blob, digests.size, digests.sha256, digests.md5, digests.checksums())

    def discard(self) -> None:
        self._writer.discard()

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
