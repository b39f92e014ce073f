"""The limit: a bare Django loop that commits as many rows as a three-stage pipeline does, with nothing around it.

How many those are is counted in the same run (`rows.py`). They are spread over as many transactions as the product's
protocol needs, each of which waits for the disk.
"""

import json
import subprocess
import sys
from typing import Any

from tests.bench.figures import Results, spread
from tests.bench.rows import Written, rows_of_a_pipeline
from tests.running import ROOT, Account, Headrace

PIPELINES = 200
BARE, BARE_OUTSIDE = "bare Django loop, the same rows", "bare Django loop, the same rows, outside workers"
# The start and three results, each with the claim that follows it.
TRANSACTIONS = 4
# The start; claim and result of the source's job; offer, acknowledgement and result of each of the two others.
TRANSACTIONS_OUTSIDE = 9


def bare_loop(headrace: Headrace, account: Account) -> Results:
    """Return how long the loop takes for a pipeline, on a table of its own in the database of this Headrace."""
    in_process, outside = rows_of_a_pipeline()
    return {
        BARE: _looped(headrace, in_process, TRANSACTIONS),
        BARE_OUTSIDE: _looped(headrace, outside, TRANSACTIONS_OUTSIDE),
    }


def _looped(headrace: Headrace, rows: Written, transactions: int) -> dict[str, Any]:
    assert rows.deletes == 0, "The product deletes rows now. So must the loop."
    order = {"pipelines": PIPELINES, "inserts": rows.inserts, "updates": rows.updates, "transactions": transactions}
    command = [sys.executable, "-m", "tests.bench.loop", json.dumps(order)]
    done = subprocess.run(command, cwd=ROOT, env=headrace.environment, stdout=subprocess.PIPE, text=True, check=True)
    durations: list[float] = json.loads(done.stdout)
    figures = {**spread(durations), "per_second": round(len(durations) / sum(durations), 1)}
    return {**figures, "inserts": rows.inserts, "updates": rows.updates, "transactions": transactions}
