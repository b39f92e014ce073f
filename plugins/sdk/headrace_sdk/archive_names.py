"""Judges the names inside an archive, and matches them against patterns.

Source: docs/plugins/writing-a-provider.md; the rules are those of an extractor that writes on any file system, so names
that differ only in case are one name.
"""

import unicodedata
from collections.abc import Sequence

from .archive_limits import ArchiveLimits, ArchiveRefused

LONGEST_COMPONENT = 255  # bytes; Linux file systems hold no longer name


def judged_parts(name: str, limits: ArchiveLimits) -> tuple[str, ...]:
    """Return the folders and the file that `name` means. Raises ArchiveRefused if it is no plain relative path."""
    if "\0" in name or any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ArchiveRefused(f"Entry {name!r} has a control character in its name.")
    if name.startswith("/"):
        raise ArchiveRefused(f"Entry '{name}' has an absolute path.")
    if "\\" in name or (len(name) > 1 and name[1] == ":" and name[0].isalpha()):
        raise ArchiveRefused(f"Entry '{name}' has a backslash or a drive letter in its path.")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ArchiveRefused(f"Entry '{name}' leaves the folder it is unpacked in.")
    if len(name.encode("utf-8", "surrogateescape")) > limits.path:
        raise ArchiveRefused(f"Entry '{name[:80]}...' has a path longer than {limits.path} bytes.")
    if len(parts) > limits.depth:
        raise ArchiveRefused(f"Entry '{name}' lies deeper than {limits.depth} folders.")
    if any(len(part.encode("utf-8", "surrogateescape")) > LONGEST_COMPONENT for part in parts):
        raise ArchiveRefused(f"Entry '{name[:80]}...' has a name longer than {LONGEST_COMPONENT} bytes.")
    return parts


class SeenNames:
    """Remembers paths, and refuses one that is there already, in this or another case, or as file and folder."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._files: dict[str, str] = {}

    def add(self, parts: tuple[str, ...], *, is_folder: bool) -> None:
        """Take note of one entry. Raises ArchiveRefused."""
        for length in range(1, len(parts)):
            self._add_folder("/".join(parts[:length]))
        path = "/".join(parts)
        if is_folder:
            return self._add_folder(path) if path else None
        key = fold(path)
        if key in self._files or key in self._folders:
            other = self._files.get(key) or self._folders[key]
            raise ArchiveRefused(f"Entry '{path}' is there twice: as '{other}' too.")
        self._files[key] = path

    def _add_folder(self, path: str) -> None:
        key = fold(path)
        if key in self._files or self._folders.setdefault(key, path) != path:
            other = self._files.get(key) or self._folders[key]
            raise ArchiveRefused(f"Folder '{path}' and '{other}' are one name.")


def fold(path: str) -> str:
    """Return what a file system that ignores case takes `path` for."""
    return unicodedata.normalize("NFC", path).casefold()


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Say whether one of `patterns` matches. `*` and `?` stay within a folder, `**` crosses folders."""
    parts = path.split("/")
    return any(_matches_parts(parts, pattern.removeprefix("./").split("/")) for pattern in patterns)


def _matches_parts(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    reachable = {0}  # how many of `parts` the pattern up to here may have used: linear, whatever the pattern
    for piece in pattern:
        if piece == "**":
            reachable = set(range(min(reachable), len(parts) + 1)) if reachable else set()
        else:
            reachable = {at + 1 for at in reachable if at < len(parts) and _matches_name(parts[at], piece)}
    return len(parts) in reachable


def _matches_name(name: str, pattern: str) -> bool:
    at, used, star, resume = 0, 0, -1, 0
    while at < len(name):
        if used < len(pattern) and pattern[used] == "*":
            star, resume, used = used, at, used + 1
        elif used < len(pattern) and pattern[used] in ("?", name[at]):
            at, used = at + 1, used + 1
        elif star >= 0:
            resume, at, used = resume + 1, resume + 1, star + 1
        else:
            return False
    return all(character == "*" for character in pattern[used:])
