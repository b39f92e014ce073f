"""FLT-10: PostgreSQL is restarted at once (`-m immediate`), under a worker that has a connection in each thread.

The lease is longer than the tests, so a job that was left to it is seen.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.workshop import Details, action, definition, noop, stage, unique
from tests.reliability.machines import OnPostgres
from tests.reliability.test_faults_alone import nothing_was_taken_away
from tests.running import Account, Headrace, until
from tests.tooling.services import postgres_server

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SLOTS = 4
LEASE_SECONDS = 300
AT_ONCE_SECONDS = 10
AWAY_SECONDS = 5
RESTED_SECONDS = 3 + 2
RESTED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'
AND query NOT LIKE 'LISTEN%%' AND query <> 'SELECT 1'
AND state_change < now() - interval '3 seconds'
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[OnPostgres]:
    environment = {
        "HEADRACE_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "HEADRACE_WORKER_SLOTS": str(SLOTS),
        "HEADRACE_LOG_LEVEL": "ERROR",
    }
    with (
        postgres_server(durable=True) as server,
        Headrace(environment={**environment, "HEADRACE_DATABASE_URL": server.url}) as headrace,
    ):
        yield OnPostgres(headrace, server)


@pytest.fixture
def account(machine) -> Account:
    return machine.headrace.create_account("Restarts")


@pytest.fixture
def busy(machine, account) -> Iterator["Busy"]:
    busy = Busy(machine.headrace, account)
    busy.warm_up()
    yield busy
    nothing_was_taken_away(machine.headrace, account)


class Busy:
    """A pipeline whose builds take a second each, and of which any number may be in flight.

    Each begins with a look into the database, for its input.
    """

    def __init__(self, headrace: Headrace, account: Account) -> None:
        self.api: Any = headrace.client(account)
        self.name = unique("busy")
        code = [{"name": "Code"}]
        build = action("Make", noop("Build"), configuration={"Behaviour": "sleep:1"}, inputArtifacts=code)
        stages = [stage("Source", action("Start", noop("Source"), outputArtifacts=code)), stage("Build", build)]
        members = {"pipelineType": "V2", "executionMode": "PARALLEL"}
        self.api.create_pipeline(pipeline=definition(account, self.name, stages, **members))

    def warm_up(self) -> None:
        """Have each thread of the worker do something."""
        self.start(2 * SLOTS)
        self.wait(60)

    def start(self, number: int) -> None:
        for _ in range(number):
            self.api.start_pipeline_execution(name=self.name)

    def executions(self) -> list[Details]:
        pages = self.api.get_paginator("list_pipeline_executions").paginate(pipelineName=self.name)
        return [each for page in pages for each in page["pipelineExecutionSummaries"]]

    def wait(self, seconds: float) -> None:
        until(self._has_ended, seconds=seconds, what="success of every execution")

    def _has_ended(self) -> bool:
        try:
            return {each["status"] for each in self.executions()} == {"Succeeded"}
        except self.api.exceptions.ClientError as refused:
            if refused.response["ResponseMetadata"]["HTTPStatusCode"] != 503:
                raise
            return False


@pytest.mark.parametrize("rest_seconds", [0, 4])
def test_jobs_begin_at_once_after_a_restart_that_nobody_was_busy_in(machine, busy, rest_seconds):
    """Each thread's connection is dead, and has been used just before, or not for a while."""
    time.sleep(rest_seconds)
    machine.server.end_at_once()
    machine.server.start()
    until(lambda: started(busy), seconds=AT_ONCE_SECONDS, what="a start")
    busy.start(2 * SLOTS - 1)
    busy.wait(AT_ONCE_SECONDS)


def started(busy: Busy) -> bool:
    try:
        busy.start(1)
    except busy.api.exceptions.ClientError:
        return False
    return True


def test_jobs_that_waited_over_a_restart_begin_at_once(machine, busy):
    """Some run, more wait."""
    busy.start(4 * SLOTS)
    machine.server.end_at_once()
    machine.server.start()
    busy.wait(4 + AT_ONCE_SECONDS)


def test_jobs_begin_at_once_though_the_servers_of_threads_that_rested_were_ended(machine, busy):
    """As a firewall does: the loop's own connection goes on, so nobody has noticed when the threads begin."""
    time.sleep(RESTED_SECONDS)
    ended = len(machine.ask(RESTED))
    assert ended >= SLOTS
    until(lambda: started(busy), seconds=AT_ONCE_SECONDS, what="a start")
    busy.start(2 * SLOTS - 1)
    busy.wait(AT_ONCE_SECONDS)


def test_a_result_waits_for_a_database_that_stays_away(machine, busy):
    """The steps end meanwhile, and are not done again."""
    busy.start(SLOTS)
    until(lambda: len(running(busy)) == SLOTS, what="four builds")
    machine.server.end_at_once()
    time.sleep(AWAY_SECONDS)
    machine.server.start()
    busy.wait(AT_ONCE_SECONDS)


def running(busy: Busy) -> list[str]:
    builds = busy.api.list_action_executions(pipelineName=busy.name)["actionExecutionDetails"]
    return [
        each["actionExecutionId"] for each in builds if (each["stageName"], each["status"]) == ("Build", "InProgress")
    ]
