"""What the tests of a database's faults share: one PostgreSQL server and one Headrace on it."""

from collections.abc import Iterator

import pytest

from tests.reliability.machines import ANSWER_SECONDS, LEASE_SECONDS, OnPostgres
from tests.running import Headrace
from tests.tooling.services import postgres_server


@pytest.fixture(scope="session")
def on_postgres() -> Iterator[OnPostgres]:
    environment = {
        "HEADRACE_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "HEADRACE_DATABASE_ANSWER_SECONDS": str(ANSWER_SECONDS),
        "HEADRACE_JOB_MAX_CRASHES": "1000",
        "HEADRACE_LOG_LEVEL": "ERROR",
    }
    with (
        postgres_server(durable=True) as server,
        Headrace(environment={**environment, "HEADRACE_DATABASE_URL": server.url}) as headrace,
    ):
        yield OnPostgres(headrace, server)
