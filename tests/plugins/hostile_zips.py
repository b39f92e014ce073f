"""Archives that must be refused, made byte by byte where a library would not make them."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

Maker = Callable[[], bytes]


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file with these entries."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return buffer.getvalue()


def with_mode(name: str, mode: int, content: bytes = b"/etc/passwd") -> bytes:
    """Return a zip file whose one entry says it is of this kind."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return zipped((info, content))


def with_bytes(old: bytes, new: bytes, *, times: int = -1, content: bytes | None = None) -> bytes:
    """Return a zip file in which some bytes were exchanged for others of the same length."""
    assert len(old) == len(new)
    return (content or zipped(("abcdefgh", b"x" * 50))).replace(old, new, times)


def central_offset(data: bytes) -> int:
    """Return where the table of contents begins."""
    return data.index(b"PK\x01\x02")


def patched(at: int, new: bytes, data: bytes | None = None) -> bytes:
    """Return a zip file with `new` at `at` bytes into its table of contents."""
    data = data or zipped(("abcdefgh", b"x" * 50))
    start = central_offset(data) + at
    return data[:start] + new + data[start + len(new) :]


def bomb(size: int) -> bytes:
    """Return a zip file of `size` zeros."""
    return zipped(("zeros", bytes(size)))


def overlapping() -> bytes:
    """Return a zip file whose second entry lies inside the bytes of the first."""
    inner = zipped(("bbbb", b"x" * 50), method=zipfile.ZIP_STORED)
    inner = inner[: central_offset(inner)]
    data = zipped(("aaaa", inner), ("bbbb", b"x" * 50), method=zipfile.ZIP_STORED)
    at = data.index(b"bbbb", data.index(b"PK\x01\x02") + 60) - 46 + 42
    return data[:at] + struct.pack("<L", data.index(inner)) + data[at + 4 :]


def lying_about_size() -> bytes:
    """Return a zip file whose entry says 10 bytes and holds 5,000."""
    return patched(24, struct.pack("<L", 10), zipped(("a", b"xy" * 2500)))


def many(count: int) -> bytes:
    """Return the end of a zip file with `count` entries, which is all that has to be read to refuse it."""
    central = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0) + b"%07d" % number
        for number in range(count)
    )
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(central), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(central), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(central), 0, 0)
    return central + record + locator + end


GOOD = zipped(("abcdefgh", b"x" * 50))
HOSTILE: dict[str, Maker] = {
    "parent": lambda: zipped(("../evil", b"x")),
    "parent inside": lambda: zipped(("a/../../evil", b"x")),
    "absolute": lambda: zipped(("/tmp/evil", b"x")),
    "drive": lambda: zipped(("C:evil", b"x")),
    "backslash": lambda: zipped(("a\\..\\..\\evil", b"x")),
    "null in the name": lambda: with_bytes(b"abcdefgh", b"abc\0efgh"),
    "escape in the name": lambda: zipped(("a\x1b[31m", b"x")),
    "no UTF-8": lambda: patched(46, b"\xff\xfe", zipped(("éé", b"x"))),
    "link": lambda: with_mode("link", stat.S_IFLNK | 0o777),
    "named pipe": lambda: with_mode("pipe", stat.S_IFIFO | 0o644, b""),
    "character device": lambda: with_mode("device", stat.S_IFCHR | 0o644, b""),
    "block device": lambda: with_mode("device", stat.S_IFBLK | 0o644, b""),
    "socket": lambda: with_mode("socket", stat.S_IFSOCK | 0o644, b""),
    "folder with the name of a file": lambda: with_mode("folder", stat.S_IFDIR | 0o755, b""),
    "duplicate": lambda: with_bytes(b"abcdefgi", b"abcdefgh", content=zipped(("abcdefgh", b"x"), ("abcdefgi", b"y"))),
    "equal but for case": lambda: zipped(("Readme", b"x"), ("README", b"y")),
    "folders equal but for case": lambda: zipped(("Docs/a", b"x"), ("docs/b", b"y")),
    "equal but for composition": lambda: zipped(("é", b"x"), ("e\u0301", b"y")),
    "file and folder": lambda: zipped(("a", b"x"), ("a/b", b"y")),
    "folder and file": lambda: zipped(("a/b", b"x"), ("a", b"y")),
    "long path": lambda: zipped(("a/" * 20 + "b" * 250 + "/" + ("c" * 250 + "/") * 4 + "d", b"x")),
    "long name": lambda: zipped(("a" * 256, b"x")),
    "deep": lambda: zipped(("a/" * 40 + "b", b"x")),
    "encrypted": lambda: patched(8, b"\x01\x00"),
    "packed by bzip2": lambda: zipped(("a", b"x" * 100), method=zipfile.ZIP_BZIP2),
    "packed by lzma": lambda: zipped(("a", b"x" * 100), method=zipfile.ZIP_LZMA),
    "bomb": lambda: bomb(20 * 1024 * 1024),
    "says less than it holds": lying_about_size,
    "says more than it holds": lambda: patched(24, struct.pack("<L", 60)),
    "overlap": overlapping,
    "wrong checksum": lambda: patched(16, struct.pack("<L", zlib.crc32(b"other"))),
    "two names": lambda: patched(46, b"ABCDEFGH"),
    "local header elsewhere": lambda: patched(42, struct.pack("<L", 7)),
    "data beyond the end": lambda: patched(20, struct.pack("<L", 10_000)),
    "cut short": lambda: GOOD[:-10],
    "cut in front": lambda: GOOD[5:],
    "something in front": lambda: b"#!/bin/sh\n" + GOOD,
    "something behind": lambda: GOOD + b"more",
    "more entries than it says": lambda: zipped(("a", b"x"), ("b", b"y")).replace(
        b"\x02\x00\x02\x00", b"\x01\x00\x01\x00"
    ),
    "no entries where it says one": lambda: GOOD.replace(b"PK\x01\x02", b"PK\x09\x09"),
    "large without a record": lambda: GOOD[:-10] + b"\xff\xff\xff\xff" * 2 + b"\0\0",
    "a million entries": lambda: many(1_000_000),
    "not a zip": lambda: b"not a zip at all",
    "nothing": lambda: b"",
}
