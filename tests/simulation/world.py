"""One account with one pipeline name, its clock, and what its job workers remember."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from apps.actions.services import create_custom_action_type
from apps.core.ticks import DUTIES
from apps.executions.models import PipelineExecution
from apps.jobs.models import Job
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.services import create_pipeline
from apps.tenancy.models import Account
from tests.simulation.shapes import OUTSIDE, OUTSIDE_SOURCE, declaration_of

NAME = "web"
BY = "arn:aws:iam::111122223333:user/simulated"
BEGIN = datetime(2030, 1, 31, 9, tzinfo=UTC)
SIMULATED_DUTIES = ("expire jobs", "end leases")


@dataclass
class Held:
    """A job as some worker remembers it, whether or not it still holds it."""

    job_id: UUID
    nonce: str
    outside: bool
    acknowledged: bool = False
    answers: list[Any] = field(default_factory=list)


class World:
    """Everything that a run knows. The database is the product's own; time and chance are ours."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now = self.checked_time = self.began = BEGIN
        self.account = Account.objects.create(name=f"seed {seed} {uuid.uuid4().hex[:6]}")
        self.held: list[Held] = []
        self.tokens: dict[str, UUID] = {}
        self.promised: set[UUID] = set()
        self.approved: dict[UUID, set[str]] = {}
        for type_id in (OUTSIDE, OUTSIDE_SOURCE):
            bounds = {"minimumCount": 0, "maximumCount": 0 if type_id is OUTSIDE_SOURCE else 5}
            create_custom_action_type(
                self.account,
                {
                    **{key: type_id[key] for key in ("category", "provider", "version")},
                    "inputArtifactDetails": bounds,
                    "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
                },
                {},
                now=self.now,
            )
        self.create(seed)

    def create(self, shape: int, mode: str | None = None) -> None:
        declaration = declaration_of(self.account, NAME, Random(shape), mode=mode)
        create_pipeline(self.account, declaration, tags={}, by=BY, now=self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def do_duties(self) -> None:
        """Do what the worker process does between jobs, as often as it takes."""
        for duty in DUTIES:
            if duty.name in SIMULATED_DUTIES:
                duty.run(self.now)
        self.checked_time = self.now

    def pipeline(self) -> Pipeline | None:
        rows = Pipeline.objects.for_account(self.account).filter(name=NAME, deleted_at=None)
        return rows.order_by().first()

    def declaration(self) -> dict[str, Any] | None:
        rows = PipelineVersion.objects.for_account(self.account).filter(pipeline__deleted_at=None)
        found = rows.order_by("-version").first()
        return found.declaration if found else None

    def stage_names(self) -> list[str]:
        declaration = self.declaration()
        return [stage["name"] for stage in declaration["stages"]] if declaration else []

    def executions(self) -> list[PipelineExecution]:
        rows = PipelineExecution.objects.for_account(self.account).filter(pipeline__deleted_at=None)
        return list(rows.order_by("number"))

    def execution(self, number: int) -> PipelineExecution | None:
        return next((row for row in self.executions() if row.number == number), None)

    def job(self, held: Held) -> Job:
        return Job.objects.for_account(self.account).get(pk=held.job_id)


@contextmanager
def world(seed: int) -> Iterator[World]:
    """Make a world, and leave nothing of it behind."""
    with repeatable_ids(seed):
        made = World(seed)
        try:
            yield made
        finally:
            forget_everything()


@contextmanager
def repeatable_ids(seed: int) -> Iterator[None]:
    """Draw ids from a seed: rows of one moment are found in the order of their ids, so that order repeats too."""
    chance, real = Random(seed), uuid.uuid4
    uuid.uuid4 = lambda: UUID(int=chance.getrandbits(128), version=4)
    try:
        yield
    finally:
        uuid.uuid4 = real


def forget_everything() -> None:
    """Empty every table that a run writes to: each run starts in an empty database."""
    from django.apps import apps
    from django.db import connection, transaction

    labels = {"tenancy", "events", "actions", "jobs", "pipelines", "executions", "triggers", "artifacts", "django_q"}
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    ours = [table for table in tables if any(table.startswith(f"{label}_") for label in labels)]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
            for table in ours:
                cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608  our own models' names
        else:
            cursor.execute(f"TRUNCATE {', '.join(ours)} CASCADE")
