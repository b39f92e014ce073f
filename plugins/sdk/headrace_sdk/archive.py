"""Unpacks zip files that nobody vouches for, and packs folders that nobody vouches for.

Extraction judges every name before it writes anything, counts bytes while they come out, and creates files beneath a
folder it holds open, following no link. Source: PKWARE APPNOTE 6.3.10.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from .archive_entries import DEFLATED, READ_AT_ONCE, Directory, Entry, data_start, find_directory, kind_of, read_entries
from .archive_limits import ArchiveLimits, ArchiveRefused
from .archive_names import SeenNames, judged_parts, matches

__all__ = ["ArchiveLimits", "ArchiveRefused", "check", "extract", "pack"]

DEFAULT_LIMITS = ArchiveLimits()
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # so that the same files make the same archive
DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def check(zip_path: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[Entry]:
    """Return the entries of an archive whose names and sizes are in order. Raises ArchiveRefused."""
    with _opened(zip_path) as archive:
        return _judged(archive, limits)[1]


def extract(zip_path: Path, destination: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> None:
    """Unpack `zip_path` below `destination`, which is made if need be.

    What a refused archive had written before the fault was found stays, always below `destination`.
    Raises: ArchiveRefused; OSError when the disk is full.
    """
    with _opened(zip_path) as archive:
        directory, entries = _judged(archive, limits)
        destination.mkdir(parents=True, exist_ok=True)
        root = os.open(destination, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            end_of_last = 0
            for entry in sorted(entries, key=lambda entry: entry.offset):
                start = data_start(archive, entry)
                if entry.offset < end_of_last or start + entry.packed > directory.offset:
                    raise ArchiveRefused(f"Entry '{entry.name}' lies over another one.")
                end_of_last = start + entry.packed
                _write_entry(archive, start, entry, root, judged_parts(entry.name, limits))
        finally:
            os.close(root)


@contextmanager
def _opened(zip_path: Path) -> Iterator[BinaryIO]:
    try:
        archive = zip_path.open("rb")
    except FileNotFoundError:
        raise ArchiveRefused(f"The archive '{zip_path.name}' is missing.") from None
    with archive:
        yield archive


def _judged(archive: BinaryIO, limits: ArchiveLimits) -> tuple[Directory, list[Entry]]:
    directory = find_directory(archive, limits)
    seen, entries, total = SeenNames(), [], 0
    for entry in read_entries(archive, directory):
        seen.add(judged_parts(entry.name, limits), is_folder=entry.is_folder)
        if entry.unpacked > limits.entry:
            raise ArchiveRefused(f"Entry '{entry.name}' has {entry.unpacked} bytes; {limits.entry} are allowed.")
        if entry.unpacked > limits.ratio_from and entry.unpacked > limits.ratio * max(entry.packed, 1):
            raise ArchiveRefused(f"Entry '{entry.name}' grows more than {limits.ratio} times when unpacked.")
        total += entry.unpacked
        if total > limits.unpacked:
            raise ArchiveRefused(f"The archive unpacks to more than {limits.unpacked} bytes.")
        entries.append(entry)
    return directory, entries


def _write_entry(archive: BinaryIO, start: int, entry: Entry, root: int, parts: tuple[str, ...]) -> None:
    folders = parts if entry.is_folder else parts[:-1]
    folder = _open_folders(root, folders)
    try:
        if entry.is_folder:
            return
        mode = 0o755 if entry.mode & 0o100 else 0o644
        target = os.open(parts[-1], CREATE_FLAGS, mode, dir_fd=folder)
        with os.fdopen(target, "wb") as file:
            _inflate(archive, start, entry, file)
    except FileExistsError:
        raise ArchiveRefused(f"Entry '{entry.name}' would overwrite a file.") from None
    finally:
        os.close(folder)


def _open_folders(root: int, folders: Sequence[str]) -> int:
    held = os.dup(root)
    for name in folders:
        try:
            os.mkdir(name, 0o755, dir_fd=held)
        except FileExistsError:
            pass  # a folder, as a rule; whatever else it is, the next line refuses it
        except OSError:
            os.close(held)
            raise
        try:
            inner = os.open(name, DIRECTORY_FLAGS, dir_fd=held)
        except NotADirectoryError:
            raise ArchiveRefused(f"Folder '{'/'.join(folders)}' meets a file or a link on its way.") from None
        finally:
            os.close(held)
        held = inner
    return held


def _inflate(archive: BinaryIO, start: int, entry: Entry, file: IO[bytes]) -> None:
    archive.seek(start)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == DEFLATED else None
    packed_left, written, crc, waiting = entry.packed, 0, 0, b""
    while waiting or packed_left:
        if not waiting:
            waiting = archive.read(min(READ_AT_ONCE, packed_left))
            packed_left -= len(waiting)
            if not waiting:
                raise ArchiveRefused(f"Entry '{entry.name}' ends too early.")
        chunk, waiting = _inflated(entry, inflater, waiting)
        written += len(chunk)
        crc = zlib.crc32(chunk, crc)
        if written > entry.unpacked:
            raise ArchiveRefused(f"Entry '{entry.name}' is larger than it says.")
        file.write(chunk)
    if (inflater is not None and not inflater.eof) or written != entry.unpacked or crc != entry.crc:
        raise ArchiveRefused(f"Entry '{entry.name}' is damaged: its size or checksum does not agree.")


def _inflated(entry: Entry, inflater: "zlib._Decompress | None", waiting: bytes) -> tuple[bytes, bytes]:
    if inflater is None:
        return waiting, b""
    if inflater.eof:
        raise ArchiveRefused(f"Entry '{entry.name}' goes on after its end.")
    try:
        chunk = inflater.decompress(waiting, 1024 * 1024)
    except zlib.error:
        raise ArchiveRefused(f"Entry '{entry.name}' is damaged: it cannot be inflated.") from None
    return chunk, inflater.unconsumed_tail or inflater.unused_data


def pack(
    directory: Path,
    destination_zip: Path,
    patterns: Sequence[str] | None = None,
    limits: ArchiveLimits = DEFAULT_LIMITS,
) -> None:
    """Write the files below `directory` that match `patterns` (all, without patterns) as a zip file.

    The same files make the same bytes. Only regular files are taken; a match that is anything else refuses the whole.
    Raises: ArchiveRefused; OSError when the disk is full.
    """
    root = os.open(directory, DIRECTORY_FLAGS)
    try:
        with zipfile.ZipFile(destination_zip, "w", zipfile.ZIP_DEFLATED) as archive:
            taken = _pack_folder(archive, root, patterns, limits)
        if patterns is not None and not taken:
            raise ArchiveRefused(f"No file matches {', '.join(patterns)}.")
    except BaseException:
        destination_zip.unlink(missing_ok=True)  # half an archive is none
        raise
    finally:
        os.close(root)


def _pack_folder(archive: zipfile.ZipFile, root: int, patterns: Sequence[str] | None, limits: ArchiveLimits) -> int:
    taken = total = 0
    with closing(_walk(root, "", limits, 0)) as found:
        for path, mode, folder in found:
            if patterns is not None and not matches(path, patterns):
                continue
            taken += 1
            if taken > limits.entries:
                raise ArchiveRefused(f"More than {limits.entries} files were to be packed.")
            total += _pack_file(archive, path, mode, folder, limits)
            if total > limits.unpacked:
                raise ArchiveRefused(f"More than {limits.unpacked} bytes were to be packed.")
    return taken


def _walk(folder: int, prefix: str, limits: ArchiveLimits, depth: int) -> Generator[tuple[str, int, int]]:
    """Yield (path, mode, descriptor of its folder) of everything that is no folder, in the order of names."""
    if depth > limits.depth:
        raise ArchiveRefused(f"Folder '{prefix}' lies deeper than {limits.depth} folders.")
    for name in sorted(os.listdir(folder)):
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode):
            yield prefix + name, mode, folder
            continue
        inner = os.open(name, DIRECTORY_FLAGS, dir_fd=folder)
        try:
            yield from _walk(inner, f"{prefix}{name}/", limits, depth + 1)
        finally:
            os.close(inner)


def _pack_file(archive: zipfile.ZipFile, path: str, mode: int, folder: int, limits: ArchiveLimits) -> int:
    if not stat.S_ISREG(mode):
        raise ArchiveRefused(f"'{path}' is {kind_of(mode)}. Only files can be packed.")
    judged_parts(path, limits)
    descriptor = os.open(path.rpartition("/")[2], READ_FLAGS, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ArchiveRefused(f"'{path}' is {kind_of(status.st_mode)}. Only files can be packed.")
        if status.st_size > limits.entry:
            raise ArchiveRefused(f"'{path}' has {status.st_size} bytes; {limits.entry} are allowed.")
        info = zipfile.ZipInfo(path, FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = (stat.S_IFREG | (0o755 if status.st_mode & 0o100 else 0o644)) << 16
        info.file_size = status.st_size
        with archive.open(info, "w") as packed:
            left = status.st_size  # a file that grows meanwhile is taken as long as it was
            while left and (chunk := file.read(min(READ_AT_ONCE, left))):
                packed.write(chunk)
                left -= len(chunk)
    return status.st_size
