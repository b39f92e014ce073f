"""The programs of others and their sources, kept under build/programs until `make clean`.

Each program has an environment of its own, filled from `requirements/NAME.txt`. What its authors ship in the source
distribution alone, their tests, comes from the one that `requirements/NAME-source.txt` names. All are locked by hash:

    uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
      --python-version 3.11 - -o requirements/NAME.txt

is given the program's name: c7n, codepiper, "moto[server]" and "pytest>=9", "ansible-core>=2.19,<2.20" and boto3; for
`fetch.txt`, pip and setuptools.
"""

import fcntl
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines_project.launch.installers import install, make_venv
from pipelines_project.launch.places import fingerprint, is_current, run_quietly
from tests.running import ROOT

REQUIREMENTS = Path(__file__).parent / "requirements"
KEPT = ROOT / "build" / "programs"


def environment(name: str) -> Path:
    """Return the folder of the programs in the environment `name`; make it unless it is there as it should be."""
    lock, folder = REQUIREMENTS / f"{name}.txt", KEPT / name
    with made_once(folder, fingerprint([lock], sys.version_info[:3], str(ROOT))) as is_missing:
        if is_missing:
            make_venv(folder)
            install(["--require-hashes", "-r", lock], what=f"Installing {name}", venv=folder)
    return folder / "bin"


def source(name: str, *parts: str) -> Path:
    """Return the top folder of the source distribution of `name`, with those paths unpacked that start with `parts`."""
    lock, folder = REQUIREMENTS / f"{name}-source.txt", KEPT / f"{name}-source"
    with made_once(folder, fingerprint([lock], parts)) as is_missing:
        if is_missing:
            unpack(fetch(lock, folder), parts, folder)
    return next(path for path in folder.iterdir() if path.is_dir())


def fetch(lock: Path, folder: Path) -> Path:
    """Return the source distribution that a lock file names. pip also prepares it for building, which takes a while."""
    python = environment("fetch") / "python"
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--require-hashes"]
    command = [python, "-m", "pip", "download", *options, "-r", lock, "-d", folder]
    run_quietly(command, what=f"Fetching {lock.stem}")
    return next(folder.glob("*.tar.gz"))


def unpack(archive: Path, parts: tuple[str, ...], folder: Path) -> None:
    with tarfile.open(archive) as opened:
        wanted = [each for each in opened if each.name.partition("/")[2].startswith(parts)]
        opened.extractall(folder, members=wanted, filter="data")
    archive.unlink()


def locked_version(lock: str, distribution: str) -> str:
    """Return the version of a distribution that `requirements/<lock>.txt` names."""
    found = re.search(rf"^{re.escape(distribution)}==([^ ;\\]+)", (REQUIREMENTS / f"{lock}.txt").read_text(), re.M)
    assert found, f"{lock}.txt names no {distribution}"
    return found[1]


@contextmanager
def made_once(folder: Path, value: str) -> Iterator[bool]:
    """Say whether `folder` is to be made, empty it for that, and remember `value` once it was made."""
    KEPT.mkdir(parents=True, exist_ok=True)
    stamp = KEPT / f".{folder.name}"
    with (KEPT / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_missing = not (folder.exists() and is_current(stamp, value))
        if is_missing:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        yield is_missing
        if is_missing:
            stamp.write_text(value)
