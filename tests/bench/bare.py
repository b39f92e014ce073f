"""The limit: a bare Django loop that commits as many rows as a three-stage pipeline does, with nothing around it.

How many those are is counted in the same run (`rows.py`). They are spread over as many transactions as the product has
that wait for the disk.
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
# Of a pipeline that is done in-process, and of one by outside workers. PostgreSQL: the start; the first claim; three
# results, each with the claim that follows it; in place of two of these results the offer, acknowledgement and result
# of an outside job. On SQLite claims and offers do not wait (docs/decisions/0028).
TRANSACTIONS = {"sqlite": (4, 6), "postgresql": (5, 9)}


def bare_loop(headrace: Headrace, account: Account) -> Results:
    """Return how long the loop takes for a pipeline, on a table of its own in the database of this Headrace."""
    in_process, outside = rows_of_a_pipeline()
    database = "postgresql" if "HEADRACE_DATABASE_URL" in headrace.environment else "sqlite"
    fewer, more = TRANSACTIONS[database]
    return {BARE: _looped(headrace, in_process, fewer), BARE_OUTSIDE: _looped(headrace, outside, more)}


def _looped(headrace: Headrace, rows: Written, transactions: int) -> dict[str, Any]:
    assert rows.deletes == 0, "The product deletes rows now. So must the loop."
    order = {"pipelines": PIPELINES, "inserts": rows.inserts, "updates": rows.updates, "transactions": transactions}
    command = [sys.executable, "-m", "tests.bench.loop", json.dumps(order)]
    done = subprocess.run(command, cwd=ROOT, env=headrace.environment, stdout=subprocess.PIPE, text=True, check=True)
    durations: list[float] = json.loads(done.stdout)
    figures = {**spread(durations), "per_second": round(len(durations) / sum(durations), 1)}
    return {**figures, "inserts": rows.inserts, "updates": rows.updates, "transactions": transactions}
