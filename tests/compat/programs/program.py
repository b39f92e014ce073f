"""A program of others, and what it has shown so far in this test run."""

from dataclasses import dataclass, field

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
