"""Replaces the symbolic links in an archive that git made, because artifacts hold none.

A link to a file of the same commit becomes a copy of that file. Any other link is left out: to a folder, to nothing, or
to a place outside of the repository.
"""

import posixpath
import shutil
import stat
import zipfile
from pathlib import Path

MOST_HOPS = 8


def replace_links(archive: Path) -> None:
    """Rewrite `archive` without links."""
    rewritten = archive.with_suffix(".links")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(rewritten, "w", zipfile.ZIP_DEFLATED) as new:
        entries = {info.filename: info for info in old.infolist()}
        for info in entries.values():
            source = _file_meant(old, entries, info)
            if source is None:
                continue
            copy = zipfile.ZipInfo(info.filename, info.date_time)
            copy.compress_type, copy.external_attr = zipfile.ZIP_DEFLATED, source.external_attr
            copy.create_system, copy.file_size = 3, source.file_size
            with old.open(source) as reader, new.open(copy, "w") as writer:
                shutil.copyfileobj(reader, writer)
    rewritten.replace(archive)


def _file_meant(
    archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], info: zipfile.ZipInfo
) -> zipfile.ZipInfo | None:
    for _ in range(MOST_HOPS):
        if not stat.S_ISLNK(info.external_attr >> 16):
            return info
        target = archive.read(info).decode("utf-8", "replace")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(info.filename), target))
        if path not in entries:
            return None
        info = entries[path]
    return None
