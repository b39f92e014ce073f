"""A program of others: how it is run, and what it has shown so far in this test run."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.compat.results import Result, passed, record


@dataclass
class Program:
    """Each test module names its own as PROGRAM. Shapes: `operations` were answered inside a test that passed."""

    name: str
    title: str
    version: str
    notes: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)

    def record(self) -> None:
        record(self.name, Result(self.title, self.version, passed(self.operations), notes=self.notes))


def run(
    command: Sequence[str | Path], surroundings: Mapping[str, str], folder: Path, *, expected: Sequence[int] = (0,)
) -> str:
    """Run a program to its end and return what it printed. It fails the test by any status that is not `expected`."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180
    )
    assert done.returncode in expected, f"{words} ended with {done.returncode}\n{done.stdout}"
    return done.stdout
