"""How the size of a work folder is held: by a file system of that size, or by looking at it again and again."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from .command import Limits
from .owner import new_tag, owner_lives

PREFIX = "work-"
LOOK_EVERY_SECONDS = 1.0
SHARE_OF_TIME = 10  # looking takes at most about a tenth of the time
FULL_BYTES = 64 * 1024
TOOLS = "/usr/sbin:/usr/bin:/sbin:/bin"


@contextmanager
def work_folder(parent: Path, limits: Limits) -> Iterator[Path]:
    """Make a folder for one run and remove it afterwards: a file system of its own where one can be mounted."""
    folder = parent / f"{PREFIX}{new_tag()}"
    folder.mkdir(mode=0o700)
    try:
        _mount_image(folder, limits)
        yield folder
    finally:
        discard(folder)


def discard(folder: Path) -> None:
    """Remove a work folder with its image, whatever a command left in it."""
    if os.path.ismount(folder):
        _quiet("umount", "--lazy", str(folder))
    # rm instead of shutil: it takes trees that are deeper than Python's stack and longer than a path may be.
    subprocess.run(["rm", "-rf", "--one-file-system", "--", folder, _image(folder)], check=False)


def sweep(parent: Path) -> int:
    """Remove the work folders of processes that are gone. Returns how many."""
    left = [path for path in parent.glob(f"{PREFIX}*") if not owner_lives(path.name.removeprefix(PREFIX))]
    folders = {path.with_suffix("") for path in left}
    for folder in folders:
        discard(folder)
    return len(folders)


def is_sized(folder: Path) -> bool:
    """Tell whether `folder` is a file system of its own, so that the kernel holds its size."""
    return os.path.ismount(folder)


def is_full(folder: Path) -> bool:
    """Tell whether a file system of its own has no room for another file."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize < FULL_BYTES or room.f_favail == 0


def excess(folder: Path, limits: Limits, *, full_counts: bool = False) -> str:
    """Return what is beyond the limits in `folder`, in words, or an empty text. Follows no link."""
    most_bytes = limits.disk_bytes - 1 if full_counts else limits.disk_bytes
    entries = taken = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listing:
                for entry in listing:
                    entries += 1
                    taken += _taken(entry)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    if taken > most_bytes or entries > limits.inodes:
                        return "too many bytes" if taken > most_bytes else "too many files"
        except FileNotFoundError:  # removed while we looked
            continue
        except OSError:  # longer than a path may be, and so beyond what can be measured
            return "folders nested too deep"
    return ""


class DiskWatch:
    """Looks at a work folder while a command runs. `found` says what is beyond the limits, once something is."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.found = ""
        self._folder, self._limits = folder, limits
        self._stop = threading.Event()
        self._thread = None if is_sized(folder) else threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "DiskWatch":
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def at_the_end(self, *, failed: bool) -> str:
        """Look once more after the command ended. That there is no room left matters only if it `failed`."""
        if self._thread:
            return self.found or excess(self._folder, self._limits, full_counts=failed)
        return "no space left" if failed and is_full(self._folder) else ""

    def _look(self) -> None:
        pause = LOOK_EVERY_SECONDS
        while not self.found and not self._stop.wait(pause):
            started = time.monotonic()
            self.found = excess(self._folder, self._limits)
            pause = max(LOOK_EVERY_SECONDS, SHARE_OF_TIME * (time.monotonic() - started))


def _taken(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:
        return 0


def _image(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.img")


def _mount_image(folder: Path, limits: Limits) -> bool:
    """Mount an ext4 file system of the limits' size on `folder` if this process may. It takes space as it fills."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4", path=TOOLS) is None:
        return False
    image = _image(folder)
    with image.open("xb") as file:
        file.truncate(limits.disk_bytes)
    made = _quiet("mkfs.ext4", "-q", "-F", "-m0", "-O^has_journal", f"-N{limits.inodes}", str(image)) and _quiet(
        "mount", "-o", "loop,nosuid,nodev", str(image), str(folder)
    )
    if not made:
        image.unlink()
        return False
    (folder / "lost+found").rmdir()
    return True


def _quiet(*argv: str) -> bool:
    return subprocess.run(argv, env={"PATH": TOOLS}, capture_output=True, check=False).returncode == 0
