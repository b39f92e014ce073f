"""What the clients showed, as data: one file a client in `results/`, from which docs/compatibility.md is made.

COMPAT_RESULTS names the folder that a test run writes its results to; without it nothing is written. To bring the
committed ones up to date, set it to `tests/compat/results`, run the client's tests, then `python -m tests.compat.page`.
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

    Shapes: `operations` has the operations that were answered with a success inside a test that passed, each "passed",
    and those of tests that failed as "failed"; what the client did not call is not in it. `steps` are those of a walk
    that it passed, `notes` sentences for people. Results of one `client` may lie in several files.
    """

    client: str
    version: str
    operations: Mapping[str, str]
    steps: Sequence[str] = field(default_factory=tuple)
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
        (folder / f"{name}.json").write_text(json.dumps(asdict(result), indent=2, ensure_ascii=False) + "\n")


def read_all(folder: Path = COMMITTED) -> dict[str, Result]:
    """Return the results in a folder, by the name of their file."""
    return {path.stem: Result(**json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))}
