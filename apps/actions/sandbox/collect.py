"""Packs what a command left behind into a zip file, trusting none of it. See T-22."""

import os
import shutil
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import beneath
from .command import MIB
from .errors import CollectRefused
from .globs import matches

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3
GIB = 1024 * MIB


@dataclass(frozen=True)
class CollectLimits:
    """How much is kept. Units: `path_bytes` is the longest path, `depth` the most levels of folders."""

    entries: int = 100_000
    entry_bytes: int = 5 * GIB
    total_bytes: int = 10 * GIB
    path_bytes: int = 1024
    depth: int = 32


def collect(
    root: Path, patterns: Sequence[str], destination_zip: Path, limits: CollectLimits = CollectLimits()
) -> list[str]:
    """Pack the files below `root` that match one of `patterns`, and return their paths in order.

    `*` and `?` stay within one name, `**` stands for any number of folders, and a pattern that names a folder takes
    all of it. A link is packed as the file that it leads to, if that lies below `root`; links to folders below
    `root` are left out. The same files give the same bytes. Without a match the zip is empty.
    Raises: CollectRefused for a link that leads out of `root`, anything that is no ordinary file, too much of anything.
    """
    partial = destination_zip.with_name(f"{destination_zip.name}.part")
    try:
        with beneath.root_of(str(root)) as folder, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
            taken = _pack(folder, patterns, packed, limits)
        partial.replace(destination_zip)
    except PermissionError as error:
        name = beneath.printable(os.fsdecode(error.filename or "a file"))
        raise CollectRefused(f"'{name}' may not be read. Let the command make it readable.") from None
    finally:
        partial.unlink(missing_ok=True)
    return taken


def _pack(folder: int, patterns: Sequence[str], packed: zipfile.ZipFile, limits: CollectLimits) -> list[str]:
    found = [entry for entry in beneath.walk(folder, depth=limits.depth) if _wanted(entry.path, patterns)]
    if len(found) > limits.entries:
        raise CollectRefused(f"More than {limits.entries} files match. Keep fewer, or pack them into one file.")
    taken: list[str] = []
    left = limits.total_bytes
    for entry in sorted(found, key=lambda entry: entry.path):
        try:
            with beneath.opened(folder, _checked(entry.path, limits)) as descriptor:
                left -= _add(packed, entry.path, descriptor, min(left, limits.entry_bytes))
        except IsADirectoryError:
            continue
        taken.append(entry.path)
    return taken


def _wanted(path: str, patterns: Sequence[str]) -> bool:
    return any(matches(pattern, path) for pattern in patterns)


def _checked(path: str, limits: CollectLimits) -> str:
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        raise CollectRefused(f"'{beneath.printable(path)}' is not named in UTF-8.") from None
    if length > limits.path_bytes:
        raise CollectRefused(f"'{path[:80]}…' is a path of more than {limits.path_bytes} bytes.")
    return path


def _add(packed: zipfile.ZipFile, path: str, descriptor: int, most_bytes: int) -> int:
    """Add one file. Its size counts before a byte is read, so that a sparse file of any size costs nothing."""
    status = os.fstat(descriptor)
    if status.st_size > most_bytes:
        raise CollectRefused(f"'{beneath.printable(path)}' has {status.st_size} bytes, more than may be kept.")
    info = zipfile.ZipInfo(path, FIXED_TIME)
    info.create_system = UNIX
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | (0o755 if status.st_mode & 0o111 else 0o644)) << 16
    info.file_size = status.st_size
    with open(descriptor, "rb", closefd=False) as source, packed.open(info, "w") as target:
        shutil.copyfileobj(source, target, MIB)
    return status.st_size
