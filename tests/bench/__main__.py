"""Measures Headrace on each database, beside yardsticks: `make bench`, or `make bench ARGS="--only latency,burst"`."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import bare, deciding, measures, outside, peer, scale, wire
from tests.bench.buildbot import buildbot
from tests.bench.databases import DATABASES, Database
from tests.bench.figures import Results, line_of, of_rounds
from tests.bench.ratios import ratios
from tests.running import ROOT, Account, Headrace
from tests.tooling.services import ServiceError

# Whatever the database is, so once, and first.
ONCE = {"buildbot": buildbot, "decisions": deciding.decisions}
# Compared with each other, so in turn, for some rounds.
IN_ROUNDS = {
    "latency": measures.latency,
    "burst": measures.burst,
    "outside": outside.outside_workers,
    "bare": bare.bare_loop,
}
MEASURES = {
    "throughput": wire.throughput,
    "round_trip": wire.round_trip,
    "updates": measures.updates,
    "idle": measures.idle,
}
# Minutes each, so only where they are named: --only history,growth or --scale.
AT_SCALE = {"history": scale.history, "growth": scale.growth, "polls": scale.polls, "memory": scale.memory}
BY_DEFAULT = [*ONCE, *IN_ROUNDS, *MEASURES]
# The burst asks one pipeline for 200 executions at once, as the peers' bench does; by default it may have 50.
MANY_EXECUTIONS = {"HEADRACE_MOST_ACTIVE_EXECUTIONS": peer.SETTINGS["HEADRACE_MOST_ACTIVE_EXECUTIONS"]}


def main() -> None:
    given = parser().parse_args()
    if given.peers or os.environ.get("PEERS") == "1":
        sys.exit(peer.run(given.rest))
    os.environ["HEADRACE_SERVER"] = given.server
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        os.environ["HEADRACE_DATA_DIR"] = folder  # where a running Headrace keeps what several may share
        results = measured(given.only, {name: DATABASES[name] for name in given.database}, given.rounds)
    facts = {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "server": given.server,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
    }
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps({**facts, "results": results}, indent=2) + "\n")
    print(f"\nAs JSON: {os.path.relpath(given.json)}")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make bench", description=__doc__)
    known = [*BY_DEFAULT, *AT_SCALE]
    made.add_argument("--json", type=Path, default=ROOT / "var" / "bench" / "latest.json", help="where to write")
    made.add_argument("--only", type=some_of(known), default=BY_DEFAULT, help=f"of {', '.join(known)}")
    made.add_argument("--scale", action="store_const", dest="only", const=[*AT_SCALE], help="at full size")
    databases = [*DATABASES]
    made.add_argument("--database", type=some_of(databases), default=databases, help=f"of {', '.join(databases)}")
    made.add_argument("--rounds", type=int, default=3, help=f"of {', '.join(IN_ROUNDS)}")
    made.add_argument("--server", default=os.environ.get("HEADRACE_SERVER", "daphne"), help="daphne or uvicorn")
    made.add_argument("--peers", action="store_true", help="run the peers beside it (also: PEERS=1)")
    made.add_argument("rest", nargs="*", help="after --, with --peers: options of the peers' own script")
    return made


def some_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what reads names separated by commas, and refuses those it does not know."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not of {', '.join(known)}")
        return names

    return read


def measured(names: Sequence[str], databases: Mapping[str, Database], rounds: int) -> dict[str, Any]:
    """Return the results of what needs no database of ours, under "once", and those of each database."""
    results: dict[str, Any] = {"once": {}}
    for name in names:
        if name in ONCE:
            results["once"] |= told(ONCE[name]())
    rest = [name for name in names if name not in ONCE]
    for database, (title, served) in databases.items() if rest else ():
        with ExitStack() as stack:
            try:
                stack.enter_context(served())
            except ServiceError as error:
                print(f"\n{title} is not measured: {error}", flush=True)
                results[database] = {"not measured": str(error)}
            else:
                print(f"\nOn {title}", flush=True)
                results[database] = measured_here(rest, rounds, results["once"])
    return results


def measured_here(names: Sequence[str], rounds: int, once: Results) -> Results:
    """Return the results on the database that the environment names. What is compared comes first."""
    results: Results = {}
    with Headrace(environment=MANY_EXECUTIONS) as headrace:
        account = headrace.create_account("Bench")
        headrace.client(account).create_pipeline(pipeline=measures.noop_pipeline(account))
        if compared := [name for name in names if name in IN_ROUNDS]:
            found = [one_round(compared, headrace, account) for _ in range(rounds)]
            results |= told(of_rounds(found))
            results |= told(ratios(found, once))
        for name in names:
            if name not in IN_ROUNDS:
                results |= told((MEASURES | AT_SCALE)[name](headrace, account))
    return results


def one_round(names: Sequence[str], headrace: Headrace, account: Account) -> Results:
    results: Results = {}
    for name in names:
        results |= IN_ROUNDS[name](headrace, account)
    return results


def told(results: Results) -> Results:
    """Print results, and return them."""
    for measure, figures in results.items():
        print(line_of(measure, figures), flush=True)
    return results


if __name__ == "__main__":
    main()
