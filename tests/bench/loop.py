"""The bare loop itself: one process, the ORM, the product's own settings of the database, a statement a row.

No lock, no engine, no worker, no HTTP. Run in a Headrace's environment, with an order in JSON:
python -m tests.bench.loop '{"pipelines": 200, "inserts": 27, "updates": 23, "transactions": 4}'
"""

import json
import sys
import time
from itertools import cycle, islice
from typing import Any

WARM_UPS = 10


def shares(rows: int, transactions: int) -> list[int]:
    """Return how many rows each transaction has: as evenly as can be, the earlier ones no fewer."""
    least, more = divmod(rows, transactions)
    return [least + (number < more) for number in range(transactions)]


def run(model: Any, plan: list[tuple[int, int]]) -> None:
    """Commit the rows of one pipeline. Shapes: `plan` has inserts and updates of each transaction."""
    from django.db import transaction

    rows: list[Any] = []
    updated = 0
    for inserts, updates in plan:
        with transaction.atomic():
            for _ in range(inserts):
                rows.append(model.objects.create(parent=rows[0].pk if rows else None, name=f"row-{len(rows)}"))
            for row in islice(cycle(rows), updated, updated + updates):
                row.state = "Succeeded"
                row.save(update_fields=["state", "at"])
            updated += updates


def fresh_table() -> Any:
    """Return a model whose table is new, also after a round before."""
    from django.db import connection, models

    class Row(models.Model):
        parent = models.BigIntegerField(null=True, db_index=True)
        name = models.CharField(max_length=100)
        state = models.CharField(max_length=20, default="InProgress")
        facts = models.JSONField(default=dict)
        at = models.DateTimeField(auto_now=True)

        class Meta:
            app_label = "bench"

        def __str__(self) -> str:
            return self.name

    is_there = Row._meta.db_table in connection.introspection.table_names()
    with connection.schema_editor() as editor:
        if is_there:
            editor.delete_model(Row)
        editor.create_model(Row)
    return Row


def main(order: dict[str, int]) -> None:
    import django

    django.setup()
    model, transactions = fresh_table(), order["transactions"]
    plan = list(zip(shares(order["inserts"], transactions), shares(order["updates"], transactions), strict=True))
    durations = []
    for _ in range(WARM_UPS + order["pipelines"]):
        started = time.perf_counter()
        run(model, plan)
        durations.append(time.perf_counter() - started)
    json.dump(durations[WARM_UPS:], sys.stdout)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
