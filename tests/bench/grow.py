"""Fills tables by copies that the database makes itself, of rows that the product wrote. Runs with its environment.

python -m tests.bench.grow history PIPELINE ROWS     executions of a pipeline, and as many actions
python -m tests.bench.grow past PIPELINE ROWS        the same with all that belongs to them: stages, jobs, events
python -m tests.bench.grow jobs ACTION_TYPE ROWS     queued jobs of an account under other action types
python -m tests.bench.grow fewer-jobs                those away again
"""

import sys
from typing import Any

import django
from django.core.management.color import no_style
from django.db import connection, transaction

FOREIGN = "Build/Custom/Foreign-"
NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
EARLIER = {
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', {column}, '-' || n.i || ' seconds')",
    "postgresql": "{column} - n.i * interval '1 second'",
}
# The same for each row that is copied: what points to a copy can be copied too.
TWIN = {
    "sqlite": "substr({column}, 1, 16) || printf('%%016x', n.i)",
    "postgresql": "(substr(replace({column}::text, '-', ''), 1, 16) || lpad(to_hex(n.i), 16, '0'))::uuid",
}
ABOVE_ALL_SEQUENCES = 1_000_000_000


def copies(model: Any, template: Any, rows: int, **changes: str) -> None:
    """Insert `rows` copies of one row. Shapes: `changes` maps columns to SQL, in which n.i counts from 1."""
    columns = [field.column for field in model._meta.concrete_fields if field.column in changes or not serial(field)]
    name = connection.ops.quote_name
    values = ", ".join(changes.get(column, f"one.{name(column)}") for column in columns)
    table, written = name(model._meta.db_table), ", ".join(map(name, columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({written}) "  # noqa: S608  names of fields, and what stands in this file
            "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
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
    fresh, moment = NEW_ID[connection.vendor], {"started_at": earlier("started_at")}
    # Numbers of a pipeline go up with time. Those of the copies lie below the first one's.
    PipelineExecution.objects.filter(pk=execution.pk).update(number=rows)
    Pipeline.objects.filter(pk=pipeline.pk).update(last_execution_number=rows)
    copies(PipelineExecution, execution.pk, rows - 1, id=fresh, number="one.number - n.i", **moment)
    copies(ActionExecution, action.pk, rows - 1, id=fresh, **moment)
    analyse()


def past(pipeline_name: str, rows: int) -> None:
    """Give a pipeline of one ended execution `rows` in all, each with its stages, actions, jobs and events."""
    from apps.events.models import Event
    from apps.executions.models import ActionExecution, PipelineExecution, StageExecution
    from apps.jobs.models import Job
    from apps.pipelines.models import Pipeline

    pipeline = Pipeline.objects.get(name=pipeline_name)
    execution = PipelineExecution.objects.get(pipeline=pipeline, ended_at__isnull=False)
    PipelineExecution.objects.filter(pk=execution.pk).update(number=rows)
    Pipeline.objects.filter(pk=pipeline.pk).update(last_execution_number=rows)
    first, last = (StageExecution.objects.order_by(order).values_list("pk", flat=True)[0] for order in ("id", "-id"))
    later = f"{{column}} + n.i * {last - first + 1}"
    belongs = {"execution_id": twin("execution_id")}
    acted = {"action_execution_id": twin("action_execution_id")}
    copies(
        PipelineExecution, execution.pk, rows - 1,
        id=twin("id"), number="one.number - n.i", started_at=earlier("started_at"),
    )  # fmt: skip
    for stage in StageExecution.objects.filter(execution=execution):
        copies(StageExecution, stage.pk, rows - 1, id=later.format(column="one.id"), is_latest="false", **belongs)
    for action in ActionExecution.objects.filter(execution=execution):
        stage_execution = later.format(column="one.stage_execution_id")
        moment = {"started_at": earlier("started_at")}
        copies(
            ActionExecution, action.pk, rows - 1, id=twin("id"), stage_execution_id=stage_execution, **belongs, **moment
        )
        for job in Job.objects.filter(action_execution_id=action.pk):
            copies(Job, job.pk, rows - 1, id=twin("id"), **acted)
    for event in Event.objects.filter(execution_id=execution.pk):
        order = f"-(n.i * {ABOVE_ALL_SEQUENCES} + one.sequence)"  # below all, where the chain does not go on
        copies(Event, event.pk, rows - 1, sequence=order, **belongs, **acted)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [StageExecution]):
            cursor.execute(statement)
    analyse()


def twin(column: str) -> str:
    return TWIN[connection.vendor].format(column=f"one.{column}")


def earlier(column: str) -> str:
    return EARLIER[connection.vendor].format(column=f"one.{column}")


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
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")  # the product's statements have half a minute
    what, *words = sys.argv[1:]
    if what == "history":
        history(words[0], int(words[1]))
    elif what == "past":
        past(words[0], int(words[1]))
    elif what == "jobs":
        jobs(words[0], int(words[1]))
    else:
        fewer_jobs()


if __name__ == "__main__":
    main()
