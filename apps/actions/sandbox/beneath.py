"""Opens what a command left behind without ever leaving its folder, and only if it is an ordinary file. See T-22."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import CollectRefused

SAFE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MAX_LINKS = 40
KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


@dataclass(frozen=True)
class Found:
    """An entry of the tree: its path below the root, and its mode."""

    path: str
    mode: int


@contextmanager
def root_of(folder: str) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def walk(folder: int, *, depth: int, above: str = "") -> Iterator[Found]:
    """Yield everything below the open `folder` but folders. Raises CollectRefused for more than `depth` levels."""
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{above}{entry.name}"
        mode = entry.stat(follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode):
            yield Found(path, mode)
            continue
        if depth <= 1:
            raise CollectRefused(f"'{printable(path)}' lies too deep. Use fewer levels of folders.")
        below = os.open(entry.name, SAFE | os.O_DIRECTORY, dir_fd=folder)
        try:
            yield from walk(below, depth=depth - 1, above=f"{path}/")
        finally:
            os.close(below)


@contextmanager
def opened(root: int, path: str) -> Iterator[int]:
    """Open the ordinary file at `path` below the open folder `root`, through links that stay below it.

    Raises: CollectRefused. A link to a folder below the root gives IsADirectoryError.
    """
    folder = os.dup(root)
    try:
        *folders, name = resolved(root, path)
        for part in folders:
            below = os.open(part, SAFE | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = below
        descriptor = _open_ordinary(folder, name, path)
    finally:
        os.close(folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def resolved(root: int, path: str) -> list[str]:
    """Return the names that lead from `root` to `path` with every link on the way replaced. Raises CollectRefused."""
    done: list[str] = []
    waiting = path.split("/")[::-1]
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            if not done:
                raise CollectRefused(f"'{printable(path)}' is a link that leads out of the work folder.")
            done.pop()
        elif part not in ("", "."):
            target = _link_target(root, [*done, part], path)
            if target is None:
                done.append(part)
                continue
            links += 1
            if target.startswith("/") or links > MAX_LINKS:
                raise CollectRefused(f"'{printable(path)}' is a link that leads out of the work folder.")
            waiting += target.split("/")[::-1]
    return done or ["."]


def printable(path: str) -> str:
    """Return `path` for people: what is not text or would not show is escaped."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in path)


def _link_target(root: int, parts: list[str], path: str) -> str | None:
    """Return where the link at `parts` leads, None if it is none. All of `parts` but the last are known to be none."""
    try:
        return os.readlink("/".join(parts), dir_fd=root)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise CollectRefused(f"'{printable(path)}' is a link to something that does not exist.") from None


def _open_ordinary(folder: int, name: str, path: str) -> int:
    """Open without waiting for a pipe's other end. What is no ordinary file is refused before it is opened."""
    kind = stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(path)
    if kind != stat.S_IFREG:
        raise CollectRefused(f"'{printable(path)}' is {KINDS.get(kind, 'no file')}. Only ordinary files are kept.")
    descriptor = os.open(name, SAFE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CollectRefused(f"'{printable(path)}' changed while it was read.")
    return descriptor
