"""Measures the embedded default and prints a table: `make bench`, or `make bench ARGS="--only latency,burst"`."""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import bare, deciding, measures, outside, peer, scale, wire
from tests.bench.figures import line_of
from tests.running import ROOT, Headrace

MEASURES = {
    "latency": measures.latency,
    "burst": measures.burst,
    "outside": outside.outside_workers,
    "bare": bare.bare_loop,
    "throughput": wire.throughput,
    "round_trip": wire.round_trip,
    "updates": measures.updates,
    "idle": measures.idle,
    "decisions": deciding.decisions,
}
# Minutes each, so only where they are named: --only history,growth or --scale.
AT_SCALE = {"history": scale.history, "growth": scale.growth, "polls": scale.polls, "memory": scale.memory}
# The burst asks one pipeline for 200 executions at once, as the peers' bench does; by default it may have 50.
MANY_EXECUTIONS = {"HEADRACE_MOST_ACTIVE_EXECUTIONS": peer.SETTINGS["HEADRACE_MOST_ACTIVE_EXECUTIONS"]}


def main() -> None:
    given = parser().parse_args()
    if given.peers or os.environ.get("PEERS") == "1":
        sys.exit(peer.run(given.rest))
    os.environ["HEADRACE_SERVER"] = given.server
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        os.environ["HEADRACE_DATA_DIR"] = folder  # where a running Headrace keeps what several may share
        results = measured(given.only.split(","))
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
    made.add_argument("--json", type=Path, default=ROOT / "var" / "bench" / "latest.json", help="where to write")
    made.add_argument("--only", default=",".join(MEASURES), help=f"of {', '.join((*MEASURES, *AT_SCALE))}")
    made.add_argument("--scale", action="store_const", dest="only", const=",".join(AT_SCALE), help="at full size")
    made.add_argument("--server", default=os.environ.get("HEADRACE_SERVER", "daphne"), help="daphne or uvicorn")
    made.add_argument("--peers", action="store_true", help="run the peers beside it (also: PEERS=1)")
    made.add_argument("rest", nargs="*", help="after --, with --peers: options of the peers' own script")
    return made


def measured(names: list[str]) -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = {}
    with Headrace(environment=MANY_EXECUTIONS) as headrace:
        account = headrace.create_account("Bench")
        headrace.client(account).create_pipeline(pipeline=measures.noop_pipeline(account))
        for name in names:
            for measure, figures in (MEASURES | AT_SCALE)[name](headrace, account).items():
                results[measure] = figures
                print(line_of(measure, figures), flush=True)
    return results


if __name__ == "__main__":
    main()
