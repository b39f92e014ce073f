"""Tables of what must hold: which tests show each row, and what is not shown yet and why.

A test is named by its file below tests/ and its function: "jobs/test_leases.py::test_a_renewed_lease_holds". A row may
stand among those shown and among those open: then the reason says which part is missing.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.running import ROOT


@dataclass(frozen=True)
class Table:
    """Rows numbered from 1 to `total`, as "T-01"."""

    title: str
    prefix: str
    total: int
    shown: Mapping[str, Sequence[str]]
    open: Mapping[str, str]

    def every(self) -> list[str]:
        return [f"{self.prefix}-{number:02}" for number in range(1, self.total + 1)]

    def covered(self) -> list[str]:
        return [row for row in self.every() if row in self.shown and row not in self.open]

    def report(self, *, tests: bool = False) -> Iterator[str]:
        parts = sorted(set(self.shown) & set(self.open))
        yield f"{self.title}: {len(self.covered())} / {self.total} shown, {len(parts)} in part."
        for row, reason in self.open.items():
            yield f"  {row} {'(in part)' if row in self.shown else '(open)'}: {reason}"
        if tests:
            yield from (f"  {row}: {', '.join(self.shown[row])}" for row in self.every() if row in self.shown)


@cache
def functions_of(file: Path) -> frozenset[str]:
    found = ast.walk(ast.parse(file.read_text()))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def exists(test: str) -> bool:
    """Tell whether a test of this name is there. Shapes: "FILE::FUNCTION" below tests/."""
    name, _, function = test.partition("::")
    file = ROOT / "tests" / name
    return file.is_file() and function in functions_of(file)
