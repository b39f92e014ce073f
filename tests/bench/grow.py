"""Fills tables by copies that the database makes itself, of a row that the product wrote. Runs with its environment.

python -m tests.bench.grow history PIPELINE ROWS     executions of a pipeline, and as many actions
python -m tests.bench.grow jobs ACTION_TYPE ROWS     queued jobs of an account under other action types
python -m tests.bench.grow fewer-jobs                those away again
"""

import sys
from typing import Any

import django
from django.db import connection, transaction

FOREIGN = "Build/Custom/Foreign-"
NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
EARLIER = {
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', {column}, '-' || n.i || ' seconds')",
    "postgresql": "{column} - n.i * interval '1 second'",
}


def copies(model: Any, template: Any, rows: int, **changes: str) -> None:
    """Insert `rows` copies of one row. Shapes: `changes` maps columns to SQL, in which n.i counts from 1."""
    columns = [field.column for field in model._meta.concrete_fields if field.column in changes or not serial(field)]
    name = connection.ops.quote_name
    values = ", ".join(changes.get(column, f"one.{name(column)}") for column in columns)
    table, written = name(model._meta.db_table), ", ".join(map(name, columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({written}) "  # noqa: S608  names of fields, and what stands in this file
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            f"SELECT {values} FROM {table} AS one, n WHERE one.id = %s",
            [rows, model._meta.pk.get_db_prep_value(template, connection)],
        )
        assert cursor.rowcount == rows


def serial(field: Any) -> bool:
    return field.primary_key and field.get_internal_type().endswith("AutoField")


def history(pipeline_name: str, rows: int) -> None:
    """Give a pipeline of one ended execution `rows` in all, of one action each, each a second older than the next."""
    from apps.executions.models import ActionExecution, PipelineExecution
    from apps.pipelines.models import Pipeline

    pipeline = Pipeline.objects.get(name=pipeline_name)
    execution = PipelineExecution.objects.get(pipeline=pipeline, ended_at__isnull=False)
    action = ActionExecution.objects.filter(pipeline=pipeline).order_by("started_at").first()
    assert action is not None
    fresh, earlier = NEW_ID[connection.vendor], EARLIER[connection.vendor]
    # Numbers of a pipeline go up with time. Those of the copies lie below the first one's.
    PipelineExecution.objects.filter(pk=execution.pk).update(number=rows)
    Pipeline.objects.filter(pk=pipeline.pk).update(last_execution_number=rows)
    moment = {"started_at": earlier.format(column="one.started_at")}
    copies(PipelineExecution, execution.pk, rows - 1, id=fresh, number="one.number - n.i", **moment)
    copies(ActionExecution, action.pk, rows - 1, id=fresh, **moment)
    analyse()


def jobs(action_type: str, rows: int) -> None:
    from apps.jobs.models import Job

    job = Job.objects.filter(action_type=action_type, state="Queued").order_by("created_at").first()
    assert job is not None
    fresh = NEW_ID[connection.vendor]
    copies(Job, job.pk, rows, id=fresh, action_execution_id=fresh, action_type=f"'{FOREIGN}' || (n.i %% 100) || '/1'")
    analyse()


def fewer_jobs() -> None:
    from apps.jobs.models import Job

    Job.objects.filter(action_type__startswith=FOREIGN)._raw_delete(connection.alias)
    analyse()


def analyse() -> None:
    """What PostgreSQL does by itself within a minute: count the rows, and clear away what was deleted."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def main() -> None:
    django.setup()
    what, *words = sys.argv[1:]
    if what == "history":
        history(words[0], int(words[1]))
    elif what == "jobs":
        jobs(words[0], int(words[1]))
    else:
        fewer_jobs()


if __name__ == "__main__":
    main()
