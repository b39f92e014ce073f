"""Processes whose wall clock a test sets, as if they ran on other hosts."""

from collections.abc import Sequence
from pathlib import Path

from tests.running import ROOT, Headrace


class ShiftedHost:
    """Processes of a Headrace that share a clock, which is off by as many seconds as it was last set to."""

    def __init__(self, headrace: Headrace, file: Path, names: Sequence[str]) -> None:
        self.headrace, self.file, self.names = headrace, file, names

    def set(self, seconds: int) -> None:
        part = self.file.with_suffix(".new")
        part.write_text(str(seconds))
        part.replace(self.file)

    def start(self, seconds: int) -> None:
        """Begin its processes, anew where they run."""
        self.set(seconds)
        shifted = {"PYTHONPATH": str(ROOT / "tests/reliability/shifted_clock"), "CLOCK_OFFSET_FILE": str(self.file)}
        usual = self.headrace.environment
        self.headrace.environment = {**usual, **shifted}
        for name in self.names:
            self.end(name)
            self.headrace.start(name)
        self.headrace.environment = usual

    def end(self, name: str) -> None:
        if name in self.headrace.processes:
            self.headrace.end(name)
