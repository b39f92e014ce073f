"""Running a seed, replaying a history, and cutting a failing one down."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from django.conf import settings
from django.test.utils import override_settings

from apps.core.errors import HeadraceError
from tests.simulation import workers  # noqa: F401  workers registers its steps
from tests.simulation.checks import Checker
from tests.simulation.faults import AFTER, BEFORE, ProcessDied, dying_at
from tests.simulation.settling import settle
from tests.simulation.steps import STEPS
from tests.simulation.world import World, world

MOST_ACTIVE = 6  # of a QUEUED or PARALLEL pipeline: low, so that runs meet the limit
DEATHS = 0.06  # how often a step's process dies at a commit


@dataclass(frozen=True)
class Taken:
    """One step of a history, as it can be written down and taken again. `dies_at`: 0 is never."""

    kind: str
    arguments: dict[str, Any]
    dies_at: int = 0
    dies: str = AFTER


@dataclass(frozen=True)
class Run:
    """What became of a run. `problem` is None when every invariant held."""

    seed: int
    history: tuple[Taken, ...]
    problem: str | None

    def as_json(self) -> dict[str, Any]:
        return {"seed": self.seed, "problem": self.problem, "history": [asdict(taken) for taken in self.history]}


def nobody(world: World) -> None:
    """Look at nothing."""


def run_seed(seed: int, steps: int, *, look: Callable[[World], None] = nobody) -> Run:
    """Take `steps` random steps from a seed, then let everything come to its end. `look` sees the world then."""
    rng = Random(seed)
    history: list[Taken] = []
    with override_settings(MOST_ACTIVE_EXECUTIONS=MOST_ACTIVE), world(seed) as one:
        checker = Checker(one)
        try:
            checker.check()
            while len(history) < steps:
                if taken := draw(one, rng):
                    history.append(taken)
                    take(one, checker, taken)
            settle(one, checker)
            look(one)
        except Exception as error:
            return Run(seed, tuple(history), told(error))
    return Run(seed, tuple(history), None)


def draw(one: World, rng: Random) -> Taken | None:
    kinds = list(STEPS)
    kind = rng.choices(kinds, [STEPS[name][0] for name in kinds])[0]
    arguments = STEPS[kind][1](one, rng)
    dies_at = rng.choice([1, 1, 1, 2, 3]) if rng.random() < DEATHS else 0
    return None if arguments is None else Taken(kind, arguments, dies_at, rng.choice([BEFORE, AFTER]))


def take(one: World, checker: Checker, taken: Taken) -> None:
    """Take a step and check what holds. A refusal of ours is an answer; any other exception is a fault."""
    do = STEPS[taken.kind][2]
    before = checker.log.sequence
    try:
        with dying_at(taken.dies_at, taken.dies):
            do(one, **taken.arguments)
    except HeadraceError as refused:
        checker.check()
        if checker.log.sequence != before:
            raise AssertionError(f"INV-03: {taken.kind} was refused and left events: {refused}") from refused
        return
    except ProcessDied:
        pass
    checker.check()


def replay(seed: int, history: Sequence[Taken], *, look: Callable[[World], None] = nobody) -> Run:
    """Take the steps of a history again, from the same beginning. `look` sees the world at its end."""
    with override_settings(MOST_ACTIVE_EXECUTIONS=MOST_ACTIVE), world(seed) as one:
        checker = Checker(one)
        number = 0
        try:
            checker.check()
            for number, taken in enumerate(history, 1):  # noqa: B007  read when a step fails
                take(one, checker, taken)
            settle(one, checker)
            look(one)
        except Exception as error:
            return Run(seed, tuple(history[:number]), told(error))
    return Run(seed, tuple(history), None)


def told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def kind_of(problem: str | None) -> str:
    """Return what two failures of one cause have in common: the invariant's number, or the exception's class."""
    return (problem or "").split(": ")[1 if (problem or "").startswith(("Violation", "AssertionError")) else 0]


def shortened(failed: Run, *, tries: int = 400) -> Run:
    """Return the shortest history found that fails in the same way: chunks are left out as long as it still does."""
    best, chunk = failed, max(1, len(failed.history) // 2)
    while chunk and tries > 0:
        start, cut = 0, False
        while start < len(best.history) and tries > 0:
            tries -= 1
            kept = best.history[:start] + best.history[start + chunk :]
            again = replay(failed.seed, kept)
            if again.problem and kind_of(again.problem) == kind_of(failed.problem):
                best, cut = again, True
            else:
                start += chunk
        chunk = chunk if cut and chunk > 1 else chunk // 2
    return best


assert settings.configured
