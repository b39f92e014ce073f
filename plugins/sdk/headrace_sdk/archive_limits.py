"""How large an archive may be, and the error for one that is refused."""

from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


class ArchiveRefused(Exception):
    """An archive is broken, hostile or too large. The text names the entry and is meant for people."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Units: bytes, except `entries`, `depth` (folders) and `ratio` (unpacked to packed, above `ratio_from`)."""

    packed: int = 5 * GIB
    unpacked: int = 10 * GIB
    entry: int = 5 * GIB
    entries: int = 100_000
    directory: int = 64 * MIB  # of the archive's own table of contents
    path: int = 1024
    depth: int = 32
    ratio: int = 200
    ratio_from: int = MIB
