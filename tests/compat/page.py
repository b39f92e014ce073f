"""Make docs/compatibility.md from test results: operation by operation, client by client.

python -m tests.compat.page                  writes the page from the committed results
python -m tests.compat.page --check FOLDER   says which committed results the fresh ones in FOLDER do not confirm
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from botocore.loaders import Loader

from tests.compat.results import PASSED, Result, read_all
from tests.compat.statements import NOT_YET, ON_PURPOSE, TOTAL, listed
from tests.running import ROOT

PAGE: Final = ROOT / "docs" / "compatibility.md"
FIRST: Final = (
    "boto3, JSON",
    "boto3, CBOR",
    "boto3 1.34",
    "aws CLI v1",
    "JavaScript SDK v3, JSON",
    "JavaScript SDK v3, CBOR",
)  # the others follow in the order of the alphabet
SHOWN: Final = {PASSED: "✓", "failed": "✗", "": "·"}
INTRODUCTION: Final = """\
# Compatibility

What clients and programs that others made, unmodified but for endpoint and credentials, have done with a running
Headrace. This page is made from test results by `python -m tests.compat.page`; the results lie in
`tests/compat/results/`, and `.ci/run` fails when a fresh run confirms less than they say.
"""
LEGEND: Final = """\
✓ the client called the operation and got a success, in a test that passed; ✗ in a test that failed; · not exercised.
What was called is read off the wire or told by the client's own hooks: nobody lists it. An operation that is younger
than a client is not exercised by it either.
"""


def operations() -> list[str]:
    return sorted(Loader().load_service_model("codepipeline", "service-2")["operations"])


def by_client(results: Iterable[Result]) -> dict[str, Result]:
    """Return one result a client, of all that it showed in different tests, in the order of the page."""
    joined: dict[str, Result] = {}
    for each in results:
        other = joined.get(each.client, each)
        failed = {name: word for name, word in other.operations.items() if word != PASSED}
        joined[each.client] = Result(
            each.client,
            each.version,
            {**other.operations, **each.operations, **failed},
            list(dict.fromkeys([*other.steps, *each.steps])),
            list(dict.fromkeys([*other.notes, *each.notes])),
        )
    return {title: joined[title] for title in sorted(joined, key=_place)}


def _place(title: str) -> tuple[int, str]:
    return (FIRST.index(title) if title in FIRST else len(FIRST), title.lower())


def page(results: Iterable[Result]) -> str:
    clients = by_client(results)
    sections = (_clients(clients), _operations(clients), _steps(clients), _statements(), _differences(clients))
    return "\n".join([INTRODUCTION, *("\n".join([*lines, ""]) for lines in map(list, sections))])


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _table(head: list[str], rows: Iterable[list[object]]) -> Iterator[str]:
    yield _row(*head)
    yield f"|{'---|' * len(head)}"
    yield from (_row(*row) for row in rows)


def _clients(clients: Mapping[str, Result]) -> Iterator[str]:
    yield "## Clients\n"
    total = len(operations())
    counted = {title: sum(word == PASSED for word in each.operations.values()) for title, each in clients.items()}
    rows = ([title, each.version, f"{counted[title]} / {total}"] for title, each in clients.items())
    yield from _table(["Client", "Version", "Operations"], rows)


def _operations(clients: Mapping[str, Result]) -> Iterator[str]:
    yield "## Operations\n"
    yield LEGEND
    rows: Iterable[list[object]] = (
        [name, *(SHOWN[each.operations.get(name, "")] for each in clients.values())] for name in operations()
    )
    yield from _table(["Operation", *clients], rows)
    shown = {name for each in clients.values() for name, word in each.operations.items() if word == PASSED}
    if missing := [name for name in operations() if name not in shown]:
        yield f"\nNot exercised by any client: {', '.join(missing)}."


def _steps(clients: Mapping[str, Result]) -> Iterator[str]:
    """Every client of the matrix takes the same steps; those that one cannot take are missing from its column."""
    walked = {title: each for title, each in clients.items() if each.steps}
    steps = list(dict.fromkeys(step for each in walked.values() for step in each.steps))
    yield "## The same walk with each client\n"
    yield "Each step asserts what the client handed to its caller (tests/compat/clients/).\n"
    rows: Iterable[list[object]] = (
        [step, *(SHOWN[PASSED] if step in each.steps else SHOWN[""] for each in walked.values())] for step in steps
    )
    yield from _table(["Step", *walked], rows)


def _statements() -> Iterator[str]:
    yield "## Conformance statements\n"
    yield covered()
    yield "`python -m tests.compat.coverage --journeys` names the tests of each."
    if NOT_YET:
        yield "\nNot shown yet:\n"
        yield from _table(["Statements", "Why"], ([statements, reason] for statements, reason in NOT_YET.items()))


def covered() -> str:
    """Return the sentence on coverage; that nothing else is missing is what test_statements.py shows."""
    return (
        f"Of the {TOTAL} statements on what CodePipeline does (CP-001 to CP-{TOTAL}), "
        f"{TOTAL - len(listed(NOT_YET))} are shown by a test that names them."
    )


def _differences(clients: Mapping[str, Result]) -> Iterator[str]:
    yield "## What differs on purpose\n"
    yield from _table(["Statement", "Headrace"], ([statement, reason] for statement, reason in ON_PURPOSE.items()))
    for title, each in clients.items():
        if each.notes:
            yield f"\n{title}:\n"
            yield from (f"- {note}" for note in each.notes)


def unconfirmed(committed: Mapping[str, Result], fresh: Mapping[str, Result]) -> Iterator[str]:
    """Give what is committed and was not seen again."""
    for name, claimed in committed.items():
        if (seen := fresh.get(name)) is None:
            yield f"{name}: there is no fresh result"
            continue
        if seen.version != claimed.version:
            yield f"{name}: version {claimed.version} is committed, {seen.version} was tested"
        for operation, word in claimed.operations.items():
            if (now := seen.operations.get(operation, "not called")) != word:
                yield f"{name}: {operation} is committed as {word}, and was {now}"
        yield from (f"{name}: step '{step}' was not taken" for step in claimed.steps if step not in seen.steps)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compat.page", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="compare the committed results with fresh ones")
    fresh = parser.parse_args().check
    committed = read_all()
    if fresh is None:
        PAGE.write_text(page(committed.values()))
        return 0
    complaints = list(unconfirmed(committed, read_all(fresh)))
    print("\n".join(complaints or [f"{len(committed)} committed results are confirmed."]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
