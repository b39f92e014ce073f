"""What the clients showed, as data: one file a client in `results/`, from which docs/compatibility.md is made.

COMPAT_RESULTS names the folder that a test run writes its results to; without it nothing is written. To bring the
committed ones up to date: `COMPAT_RESULTS=tests/compat/results`, then the tests of that client.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from tests.running import ROOT

COMMITTED: Final = ROOT / "tests" / "compat" / "results"
PASSED: Final = "passed"


@dataclass(frozen=True)
class Result:
    """What one client showed.

    Shapes: `operations` has the operations that were answered with a success inside a test that passed, each "passed";
    what the client did not call is not in it. `steps` are those of a walk that it passed, `notes` sentences for people.
    """

    client: str
    version: str
    operations: Mapping[str, str]
    steps: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def passed(operations: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(sorted(operations), PASSED)


def recording_folder() -> Path | None:
    folder = os.environ.get("COMPAT_RESULTS")
    return ROOT / folder if folder else None


def record(name: str, result: Result) -> None:
    """Write a client's result to the folder that COMPAT_RESULTS names, if it names one."""
    if folder := recording_folder():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(asdict(result), indent=2) + "\n")


def read(name: str, folder: Path = COMMITTED) -> Result | None:
    """Return the result of a client; None when there is none."""
    path = folder / f"{name}.json"
    return Result(**json.loads(path.read_text())) if path.exists() else None
