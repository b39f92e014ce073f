"""What a journey does to the rows of a running Headrace behind its back: where a test cannot wait for thirty days."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.running import Headrace

MOVE = """
from datetime import timedelta
from django.apps import apps
from django.db.models import F
rows = apps.get_model({model!r}).objects.filter(**{found_by!r})
moved = rows.update(**{{name: F(name) - timedelta(days={days!r}) for name in {fields!r}}})
assert moved == 1, moved
"""


def move_back(headrace: Headrace, model: str, *fields: str, days: float, **found_by: str) -> None:
    """Make one row look as if its moments in `fields` had been `days` earlier."""
    code = MOVE.format(model=model, fields=fields, days=days, found_by=found_by)
    headrace.manage("shell", "--verbosity", "0", "--command", code)


@contextmanager
def held(headrace: Headrace, pipeline: str) -> Iterator[None]:
    """Hold the lock under which a pipeline is decided about, as a request that does not come to an end would."""
    address = headrace.environment.get("HEADRACE_DATABASE_URL")
    if address is None:
        with closing(sqlite3.connect(headrace.data / "headrace.sqlite3", isolation_level=None, timeout=20)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            yield
            writer.execute("ROLLBACK")
        return
    import psycopg

    with psycopg.connect(address) as connection:
        connection.execute("SELECT 1 FROM pipelines_pipeline WHERE name = %s FOR UPDATE", [pipeline])
        yield
        connection.rollback()
