"""Buildbot from its package, by the shared bench beside this repository: three steps of its master that do nothing."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import peer
from tests.bench.figures import Results
from tests.bench.measures import BURST, POSTERS

PEER = "buildbot-noop"
OTHERS = "others_share_of_the_machine"  # of its processors, while it was measured
BUILDBOT, BUILDBOT_BURST = "Buildbot, three steps, trigger to end", f"Buildbot, {BURST} submitted at once"


def buildbot(script: Path = peer.SCRIPT) -> Results:
    """Return how long Buildbot takes for three steps, and how fast for as many at once as we are asked for."""
    if not script.is_file():
        return _not_measured("the shared bench is not beside this repository (../shared/bench/peers.py)")
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        words = ["--only", PEER, "--rounds", "1", "--history", "", "--idle", "0"]
        words += ["--burst", str(BURST), "--posters", str(POSTERS)]
        environment = {**os.environ, "HEADRACE_BENCH_RESULTS": folder}
        command = [sys.executable, str(script), *words]
        subprocess.run(command, env=environment, cwd=script.parent, stdout=sys.stderr, check=True)
        (written,) = Path(folder).glob("peers-*.json")
        return figures_of(json.loads(written.read_text())["peers"][PEER])


def figures_of(told: dict[str, Any]) -> Results:
    """Return our figures of what the shared bench wrote of a peer."""
    if "error" in told:
        return _not_measured(told["error"])
    total, burst = told["total"], told["bursts"][0]
    if burst["finished"] != burst["n"]:
        return _not_measured(f"it finished {burst['finished']} of {burst['n']} at once")
    return {
        BUILDBOT: {
            "p50_ms": round(total["p50"], 1),
            "p95_ms": round(total["p95"], 1),
            "samples": total["n"],
            OTHERS: told["foreign_cpu_median"],
            "version": told["install"]["version"],
        },
        BUILDBOT_BURST: {
            "executions_per_second": round(burst["pipelines_per_s"], 1),
            "drained_s": round(burst["drain_s"], 2),
            OTHERS: burst["foreign_cpu"],
        },
    }


def _not_measured(why: str) -> Results:
    return {"Buildbot": {"not measured": why}}
