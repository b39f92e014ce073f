"""The digests of bytes that pass by once: SHA-256 and MD5 always, one of S3's checksums when somebody asks. Pure."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from apps.artifacts.crc import crc32c, crc64nvme


class Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc32:
    def __init__(self) -> None:
        self._state = 0

    def update(self, data: bytes) -> None:
        self._state = zlib.crc32(data, self._state)

    def digest(self) -> bytes:
        return self._state.to_bytes(4, "big")


def _sha1() -> Hasher:
    return hashlib.sha1(usedforsecurity=False)


CHECKSUMS: Mapping[str, Callable[[], Hasher]] = {
    "CRC32": Crc32,
    "CRC32C": crc32c,
    "CRC64NVME": crc64nvme,
    "SHA1": _sha1,
    "SHA256": hashlib.sha256,
}


@dataclass(frozen=True)
class Claims:
    """What the sender says that the bytes are; only what is said is compared.

    Shapes: `sha256` and `md5` are hex; `checksums` maps a name of CHECKSUMS to base64.
    """

    size: int | None = None
    sha256: str | None = None
    md5: str | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)


class Digests:
    """Takes bytes as they pass and knows their size and digests."""

    def __init__(self, algorithms: Iterable[str] = ()) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)  # S3's ETag
        self._others = {algorithm: CHECKSUMS[algorithm]() for algorithm in algorithms}

    def update(self, data: bytes) -> None:
        self.size += len(data)
        self._sha256.update(data)
        self._md5.update(data)
        for hasher in self._others.values():
            hasher.update(data)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    def checksums(self) -> dict[str, str]:
        return {name: base64.b64encode(hasher.digest()).decode() for name, hasher in self._others.items()}

    def first_difference(self, claims: Claims) -> str | None:
        """Return the name of a digest that is not as claimed, or None."""
        if claims.sha256 is not None and claims.sha256 != self.sha256:
            return "x-amz-content-sha256"
        if claims.md5 is not None and claims.md5 != self.md5:
            return "Content-MD5"
        found = self.checksums()
        for name, value in claims.checksums.items():
            if found[name] != value:
                return name
        return None


def digest_of(algorithm: str, data: bytes) -> bytes:
    hasher = CHECKSUMS[algorithm]()
    hasher.update(data)
    return hasher.digest()
