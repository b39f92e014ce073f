"""Print how many conformance statements the journeys show, where we differ on purpose, and what is missing.

Run: python -m tests.compat.coverage [--journeys], with the journeys of each statement.
"""

import argparse
from collections.abc import Iterator, Mapping

from tests.compat.statements import NOT_YET, ON_PURPOSE, TOTAL, every, listed, names, shown


def report(*, journeys: bool = False) -> Iterator[str]:
    by_number = shown()
    covered = by_number.keys() & every()
    yield f"{len(covered)} / {TOTAL} conformance statements are shown by a journey."
    yield from _reasons("Differ on purpose", ON_PURPOSE)
    yield from _reasons("Not shown yet", NOT_YET)
    if unexplained := names(every() - covered - listed(NOT_YET)):
        yield f"\nMissing without a reason: {', '.join(unexplained)}"
    if journeys:
        yield "\nShown by:"
        for number in sorted(covered):
            yield f"  {names([number])[0]}  {', '.join(by_number[number])}"


def _reasons(title: str, reasons: Mapping[str, str]) -> Iterator[str]:
    if reasons:
        yield f"\n{title} ({len(listed(reasons))}):"
        yield from (f"  {statements}: {reason}" for statements, reason in reasons.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.compat.coverage", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--journeys", action="store_true", help="name the journeys that show each statement")
    for line in report(journeys=parser.parse_args().journeys):
        print(line)
