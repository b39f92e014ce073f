"""What may lie on a disk after the power was cut, made from the record of what processes did.

A model of less than POSIX promises. Of what was written since a file's last sync each sector is there or not, whatever
the others are; so is each change of its size. Of the names that came, went or were changed since a folder's last sync
each is there or not. Nothing else is lost, and nothing comes to be that was not written.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.reliability.disk import record
from tests.reliability.disk.record import Step

SECTORS = (512, 4096)
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)  # of what was not synced, of which a cut leaves one


@dataclass
class File:
    """Bytes that are safe, and what was done since: (offset, data), or (size, None) where it was cut or grew."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for at, data in self.since:
            change(self.safe, at, data)
        self.since.clear()

    def after(self, cut: "Cut") -> bytearray:
        left = bytearray(self.safe)
        for at, data in self.since:
            if data is None:
                if cut.leaves():
                    change(left, at, None)
            else:
                for start, piece in sectors(at, data, cut.sector):
                    if cut.leaves():
                        change(left, start, piece)
        return left


@dataclass
class Folder:
    """Names that are safe, those of now, and how they came to be: (name, what it leads to)."""

    safe: dict[str, "File | Folder"] = field(default_factory=dict)
    now: dict[str, "File | Folder"] = field(default_factory=dict)
    since: list[tuple[str, "File | Folder | None"]] = field(default_factory=list)

    def put(self, name: str, node: "File | Folder | None") -> None:
        self.since.append((name, node))
        lead(self.now, name, node)

    def sync(self) -> None:
        self.safe = dict(self.now)
        self.since.clear()

    def after(self, cut: "Cut") -> dict[str, "File | Folder"]:
        left = dict(self.safe)
        for name, node in self.since:
            if cut.leaves():
                lead(left, name, node)
        return left


class Cut:
    """One cut of the power. `share` of what was not safe is left of it, in sectors of `sector` bytes."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.share, self.sector = chance.choice(SHARES), chance.choice(SECTORS)

    def leaves(self) -> bool:
        return self._chance.random() < self.share

    def __str__(self) -> str:
        return f"{self.share:.0%} of the unsynced left, sectors of {self.sector} bytes"


class Disk:
    """A disk that holds what lies in `folder` safely, to which steps are done one after the other."""

    def __init__(self, folder: Path) -> None:
        self._place = str(folder)
        self._files: dict[int, File] = {}
        self._root = self._found(folder)
        self.told: list[str] = []

    def _found(self, folder: Path) -> Folder:
        made = Folder()
        for entry in os.scandir(folder):
            if entry.is_dir():
                made.now[entry.name] = self._found(Path(entry.path))
            elif entry.is_file() and is_kept(entry.name):
                self._files[entry.inode()] = made.now[entry.name] = File(bytearray(Path(entry.path).read_bytes()))
        made.sync()
        return made

    def do(self, step: Step) -> None:
        match step.kind:
            case record.CREATED:
                self._files[step.file] = File()
                self._name(step.path, self._files[step.file])
            case record.WRITTEN:
                self._files[step.file].since.append((step.offset, step.data))
            case record.CUT:
                self._files[step.file].since.append((step.offset, None))
            case record.SYNCED:
                self._files[step.file].sync()
            case record.FOLDER_MADE:
                self._name(step.path, Folder())
            case record.FOLDER_SYNCED:
                node = self._node(step.path)
                assert isinstance(node, Folder)
                node.sync()
            case record.REMOVED:
                self._name(step.path, None)
            case record.LINKED:
                self._name(step.data.decode(), self._node(step.path))
            case record.RENAMED:
                self._name(step.data.decode(), self._node(step.path))
                self._name(step.path, None)
            case record.TOLD:
                self.told.append(step.data.decode())

    def write(self, target: Path, cut: Cut) -> None:
        """Write what a cut leaves into an empty folder."""
        write(self._root, target, cut)

    def __str__(self) -> str:
        return self._place

    def _node(self, path: str) -> File | Folder:
        node: File | Folder = self._root
        for name in path.removeprefix(self._place).split("/")[1:]:
            assert isinstance(node, Folder)
            node = node.now[name]
        return node

    def _name(self, path: str, node: File | Folder | None) -> None:
        """Have a name lead to something, or to nothing. What lies elsewhere is no matter of this disk."""
        if not path.startswith(f"{self._place}/"):
            return
        above, _, name = path.rpartition("/")
        folder = self._node(above)
        assert isinstance(folder, Folder)
        folder.put(name, node)


def is_kept(name: str) -> bool:
    """Tell whether the shim looks at files of this name."""
    return not name.endswith(("-shm", "-turn", "-clock"))


def write(folder: Folder, target: Path, cut: Cut) -> None:
    target.mkdir(exist_ok=True)
    for name, node in folder.after(cut).items():
        if isinstance(node, Folder):
            write(node, target / name, cut)
        else:
            (target / name).write_bytes(node.after(cut))


def lead(names: dict[str, File | Folder], name: str, node: File | Folder | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def change(content: bytearray, at: int, data: bytes | None) -> None:
    """Write `data` at an offset, or cut or lengthen to `at` where there is none. A gap is zeros."""
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    if data is None:
        del content[at:]
    else:
        content[at : at + len(data)] = data


def sectors(at: int, data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Divide what is written at `at` where a sector of the disk ends."""
    start = 0
    while start < len(data):
        end = min(len(data), start + size - (at + start) % size)
        yield at + start, data[start:end]
        start = end
