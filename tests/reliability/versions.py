"""An earlier Headrace to run beside today's: the oldest commit in history that has today's tables and packages."""

import io
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.running import ROOT

SAME = ("apps/*/migrations/*.py", "pipelines_project/requirements")  # one database and one virtual environment do


Words = Sequence[tuple[str, str]]  # a file, and words that stand in it


@dataclass(frozen=True)
class Version:
    name: str
    root: Path


TODAY = Version("today's", ROOT)


@contextmanager
def earlier_version(*, having: Words = ()) -> Iterator[Version]:
    """Lay the earlier version out in a folder; where history knows none, give today's. `having`: it must have these."""
    commit = oldest_like_today(ROOT, having)
    if commit is None:
        yield TODAY
        return
    with tempfile.TemporaryDirectory(prefix="headrace-earlier-") as folder:
        with tarfile.open(fileobj=io.BytesIO(asked("archive", commit))) as packed:
            packed.extractall(folder, filter="data")
        yield Version(asked("log", "-1", "--format=%h, %s", commit).decode().strip(), Path(folder))


def oldest_like_today(repository: Path, having: Words = ()) -> str | None:
    """Return the first of the latest commits that are like today's files, None when there is none before the last."""
    if not (repository / ".git").exists() or not says("rev-parse", "--verify", "HEAD", of=repository):
        return None  # a copy without history, or one that git refuses to read
    found = None
    for commit in asked("rev-list", "--first-parent", "HEAD", of=repository).decode().split():
        if not is_like_today(repository, commit):
            break
        if all(says("grep", "-qF", words, commit, "--", file, of=repository) for file, words in having):
            found = commit
    return None if found == asked("rev-parse", "HEAD", of=repository).decode().strip() else found


def is_like_today(repository: Path, commit: str) -> bool:
    untracked = asked("ls-files", "--others", "--exclude-standard", "--", *SAME, of=repository)
    declared = tomllib.loads(asked("show", f"{commit}:pyproject.toml", of=repository).decode())["project"]
    return (
        not untracked
        and says("diff", "--quiet", commit, "--", *SAME, of=repository)
        and declared == tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    )


def asked(*words: str, of: Path = ROOT) -> bytes:
    return subprocess.run(["git", *words], cwd=of, check=True, capture_output=True).stdout


def says(*words: str, of: Path = ROOT) -> bool:
    return subprocess.run(["git", *words], cwd=of, capture_output=True).returncode == 0
