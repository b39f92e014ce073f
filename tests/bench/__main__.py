"""Measures the embedded default and prints a table: `make bench`, or `make bench ARGS="--json FILE --only latency"`."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import measures
from tests.bench.figures import table
from tests.running import ROOT, Headrace

MEASURES = {
    "latency": measures.latency,
    "burst": measures.burst,
    "reads": measures.reads,
    "updates": measures.updates,
    "idle": measures.idle,
}
MANY_EXECUTIONS = {"HEADRACE_MOST_ACTIVE_EXECUTIONS": "1000"}  # the burst is one pipeline's


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", type=Path, default=ROOT / "var" / "bench" / "latest.json", help="where to write")
    parser.add_argument("--only", default=",".join(MEASURES), help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--server", default=os.environ.get("HEADRACE_SERVER", "daphne"), help="daphne or uvicorn")
    parser.add_argument("--peers", action="store_true", help="run the peers beside it (needs ../shared/bench)")
    given = parser.parse_args()
    os.environ["HEADRACE_SERVER"] = given.server
    if given.peers:
        sys.exit(peers())
    results: dict[str, dict[str, Any]] = {}
    with Headrace(environment=MANY_EXECUTIONS) as headrace:
        account = headrace.create_account("Bench")
        headrace.client(account).create_pipeline(pipeline=measures.noop_pipeline(account))
        for name in given.only.split(","):
            results |= MEASURES[name](headrace, account)
    facts = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "server": given.server, "python": platform.python_version()}
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps({**facts, "cores": os.cpu_count(), "results": results}, indent=2) + "\n")
    print(table(results))
    print(f"\nAs JSON: {os.path.relpath(given.json)}")


def peers() -> int:
    """Run the shared bench with ours beside Buildbot and the bare Django floor."""
    script = ROOT.parent / "shared" / "bench" / "peers.py"
    if not script.is_file():
        print("The peers' bench is not beside this repository (../shared/bench/peers.py).")
        return 1
    start = f"{sys.executable} -m tests.bench.peer --port {{port}} --data {{data}}"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HEADRACE_START": start,
        "HEADRACE_PIPELINE": "/dev/null",
    }
    return subprocess.run([sys.executable, "-m", "tests.bench.peer", "--run", str(script)], env=environment).returncode


if __name__ == "__main__":
    main()
