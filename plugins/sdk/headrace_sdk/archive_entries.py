"""Reads a zip file's table of contents, strictly: one way to read it, no second opinion for another tool.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (ends).
"""

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .archive_limits import ArchiveLimits, ArchiveRefused

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR64 = struct.Struct("<4sLQL")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
LONGEST_COMMENT = 65535
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
ENCRYPTED, UTF8 = 0x1, 0x800
STORED, DEFLATED = 0, 8
READ_AT_ONCE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table of contents."""

    name: str
    raw_name: bytes
    method: int
    crc: int
    packed: int
    unpacked: int
    offset: int
    mode: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the table of contents lies and how many lines it claims."""

    offset: int
    size: int
    entries: int


def find_directory(archive: BinaryIO, limits: ArchiveLimits) -> Directory:
    """Return where the table of contents lies. Raises ArchiveRefused."""
    size = archive.seek(0, os.SEEK_END)
    if size > limits.packed:
        raise ArchiveRefused(f"The archive has {size} bytes; {limits.packed} are allowed.")
    start = max(0, size - END.size - LONGEST_COMMENT)
    archive.seek(start)
    tail = archive.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < END.size:
        raise ArchiveRefused("The file is no zip archive, or was cut short.")
    _, disk, first_disk, here, total, length, offset, comment = END.unpack_from(tail, at)
    end = start + at
    if comment != len(tail) - at - END.size or disk or first_disk or here != total:
        raise ArchiveRefused("The archive's end record is broken, or the archive is in several parts.")
    directory = Directory(offset, length, total)
    if FULL32 in (length, offset) or total == FULL16:
        directory, end = _zip64_directory(archive, end)
    if directory.offset + directory.size != end:
        raise ArchiveRefused("The archive's table of contents is not where it says.")
    if directory.entries > limits.entries:
        raise ArchiveRefused(f"The archive has {directory.entries} entries; {limits.entries} are allowed.")
    if directory.size > limits.directory:
        raise ArchiveRefused(f"The archive's table of contents has {directory.size} bytes.")
    return directory


def _zip64_directory(archive: BinaryIO, end: int) -> tuple[Directory, int]:
    archive.seek(max(0, end - LOCATOR64.size))
    locator = archive.read(LOCATOR64.size)
    if len(locator) < LOCATOR64.size or not locator.startswith(b"PK\x06\x07"):
        raise ArchiveRefused("The archive says that it is large, and has no record of it.")
    at = LOCATOR64.unpack(locator)[2]
    archive.seek(min(at, end))
    record = archive.read(END64.size)
    if len(record) < END64.size or not record.startswith(b"PK\x06\x06"):
        raise ArchiveRefused("The archive's record of its size is broken.")
    *_, here, total, length, offset = END64.unpack(record)
    if here != total:
        raise ArchiveRefused("The archive is in several parts.")
    return Directory(offset, length, total), at


def read_entries(archive: BinaryIO, directory: Directory) -> Iterator[Entry]:
    """Yield the lines of the table of contents. Raises ArchiveRefused."""
    archive.seek(directory.offset)
    left = directory.size
    for _ in range(directory.entries):
        head = archive.read(CENTRAL.size)
        if len(head) < CENTRAL.size or not head.startswith(b"PK\x01\x02") or left < CENTRAL.size:
            raise ArchiveRefused("The archive's table of contents is broken.")
        fields = CENTRAL.unpack(head)
        lengths = fields[10:13]
        left -= CENTRAL.size + sum(lengths)
        name, extra, _ = (archive.read(length) for length in lengths)
        if left < 0:
            raise ArchiveRefused("The archive's table of contents is broken.")
        yield _entry(fields, name, extra)
    if left:
        raise ArchiveRefused("The archive's table of contents holds more than it says.")


def _entry(fields: tuple[int, ...], raw_name: bytes, extra: bytes) -> Entry:
    _, _, _, flags, method, _, _ = fields[:7]
    crc, packed, unpacked = fields[7:10]
    mode, offset = fields[15] >> 16, fields[16]
    try:
        name = raw_name.decode("utf-8" if flags & UTF8 else "cp437")
    except UnicodeDecodeError:
        raise ArchiveRefused(f"Entry {raw_name[:80]!r} has a name that is not UTF-8.") from None
    if flags & ENCRYPTED:
        raise ArchiveRefused(f"Entry '{name}' is encrypted.")
    if method not in (STORED, DEFLATED):
        raise ArchiveRefused(f"Entry '{name}' is packed by method {method}; only stored and deflated are read.")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused(f"Entry '{name}' is {kind_of(mode)}. Only files and folders are allowed.")
    unpacked, packed, offset = _zip64_numbers(name, extra, unpacked, packed, offset)
    entry = Entry(name, raw_name, method, crc, packed, unpacked, offset, mode)
    if entry.is_folder != stat.S_ISDIR(mode) and stat.S_IFMT(mode):
        raise ArchiveRefused(f"Entry '{name}' is a file by one word and a folder by another.")
    if entry.is_folder and unpacked:
        raise ArchiveRefused(f"Folder '{name}' has content.")
    return entry


def _zip64_numbers(name: str, extra: bytes, *numbers: int) -> tuple[int, ...]:
    if FULL32 not in numbers:
        return numbers
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        wanted = numbers.count(FULL32)
        if kind == 1 and length >= 8 * wanted and at + 4 + 8 * wanted <= len(extra):
            large = iter(struct.unpack_from(f"<{wanted}Q", extra, at + 4))
            return tuple(next(large) if number == FULL32 else number for number in numbers)
        at += 4 + length
    raise ArchiveRefused(f"Entry '{name}' says that it is large, and not how large.")


def kind_of(mode: int) -> str:
    """Return in words what kind of file `mode` is of."""
    kinds = {
        stat.S_IFLNK: "a link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFDIR: "a folder",
    }
    return kinds.get(stat.S_IFMT(mode), "of an unknown kind")


def data_start(archive: BinaryIO, entry: Entry) -> int:
    """Return where the bytes of `entry` begin. Raises ArchiveRefused if its own header tells another story."""
    archive.seek(entry.offset)
    head = archive.read(LOCAL.size)
    if len(head) < LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise ArchiveRefused(f"Entry '{entry.name}' is not where the table of contents says.")
    fields = LOCAL.unpack(head)
    if fields[3] != entry.method or archive.read(fields[9]) != entry.raw_name:
        raise ArchiveRefused(f"Entry '{entry.name}' has two names or two methods.")
    return entry.offset + LOCAL.size + int(fields[9]) + int(fields[10])
