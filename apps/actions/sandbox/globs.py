"""Patterns of paths, matched in time proportional to pattern times path, whatever the pattern."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


def matches(pattern: str, path: str) -> bool:
    """Tell whether `path`, relative and with "/", is what `pattern` names or lies in a folder that it names.

    `*` and `?` stay within one name, `**` stands for any number of folders; nothing else is special.
    """
    wanted = [part for part in pattern.split("/") if part not in ("", ".")]
    names = path.split("/")
    if wanted and wanted[-1] == "**":
        return _match(wanted, names, "**", _name_matches)
    return any(_match(wanted, names[:length], "**", _name_matches) for length in range(1, len(names) + 1))


def _name_matches(pattern: str, name: str) -> bool:
    return _match(pattern, name, "*", lambda wanted, found: wanted in ("?", found))


def _match(wanted: Sequence[Part], found: Sequence[Part], star: str, same: Callable[[Part, Part], bool]) -> bool:
    """Match with one wildcard for any number of items; on a mismatch only the last wildcard takes one item more."""
    at = position = 0
    star_at, star_took = -1, 0
    while position < len(found):
        if at < len(wanted) and wanted[at] == star:
            star_at, star_took = at, position
            at += 1
        elif at < len(wanted) and same(wanted[at], found[position]):
            at, position = at + 1, position + 1
        elif star_at >= 0:
            star_took += 1
            at, position = star_at + 1, star_took
        else:
            return False
    return all(item == star for item in wanted[at:])
