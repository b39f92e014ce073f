"""The limit: a bare Django loop that commits the rows of a three-stage pipeline, with nothing around it.

One process, the ORM, the product's own settings of the database; four transactions a pipeline, as many as the product
commits without its workers' claims, and as many rows: an execution, three stages, actions and jobs, and 14 events. No
lock, no engine, no worker, no HTTP. Run by itself: python -m tests.bench.bare PIPELINES, in a Headrace's environment.
"""

import json
import subprocess
import sys
import time
from typing import Any

from tests.bench.figures import spread
from tests.running import ROOT, Account, Headrace

PIPELINES = 200
STAGES = 3
EVENTS_A_STEP = (5, 3, 3, 3)


def bare_loop(headrace: Headrace, account: Account) -> dict[str, dict[str, Any]]:
    """Return how long the loop takes for a pipeline, on a table of its own in the database of this Headrace."""
    command = [sys.executable, "-m", "tests.bench.bare", str(PIPELINES)]
    done = subprocess.run(command, cwd=ROOT, env=headrace.environment, stdout=subprocess.PIPE, text=True, check=True)
    durations: list[float] = json.loads(done.stdout)
    per_second = round(len(durations) / sum(durations), 1)
    return {"bare Django loop, three stages": {**spread(durations), "per_second": per_second}}


def main(pipelines: int) -> None:
    import django

    django.setup()
    from django.db import connection, models, transaction

    class Row(models.Model):
        kind = models.CharField(max_length=20)
        parent = models.BigIntegerField(null=True, db_index=True)
        name = models.CharField(max_length=100)
        state = models.CharField(max_length=20)
        facts = models.JSONField(default=dict)
        at = models.DateTimeField(auto_now=True)

        class Meta:
            app_label = "bench"

        def __str__(self) -> str:
            return self.name

    with connection.schema_editor() as editor:
        editor.create_model(Row)

    def made(kind: str, parent: Any, name: str) -> Any:
        return Row.objects.create(kind=kind, parent=parent and parent.pk, name=name, state="InProgress")

    def ended(row: Any) -> None:
        row.state = "Succeeded"
        row.save(update_fields=["state", "at"])

    def run() -> None:
        execution: Any = None
        running: list[Any] = []
        for step in range(STAGES + 1):
            with transaction.atomic():
                execution = execution or made("execution", None, "noop")
                for row in running:
                    ended(row)
                if step < STAGES:
                    stage = made("stage", execution, f"stage-{step}")
                    action = made("action", stage, "act")
                    running = [stage, action, made("job", action, "act")]
                else:
                    ended(execution)
                for number in range(EVENTS_A_STEP[step]):
                    made("event", execution, f"event-{number}")

    durations = []
    for _ in range(pipelines):
        started = time.perf_counter()
        run()
        durations.append(time.perf_counter() - started)
    json.dump(durations, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
