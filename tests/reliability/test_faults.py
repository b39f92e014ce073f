"""Real processes fail at random moments while two hundred pipelines run: nothing is lost and nothing runs twice.

Named after the rows of the fault table. Each fault is followed by a look at how soon a start is served and its job is
offered again. The seed is printed; the same seed makes the same choices.
"""

import random
import signal
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.journeys.workshop import unique
from tests.reliability import history
from tests.reliability.onlookers import Onlookers
from tests.reliability.storm import Storm
from tests.running import Headrace, until
from tests.tooling.services import Server, postgres_server, redis_server

pytestmark = [pytest.mark.faults, pytest.mark.slow]
PIPELINES = 200
SEED = 20_330_713
RECOVERY_SECONDS = 10
END_SECONDS = 240
LEASE_SECONDS = 3


class Machine:
    """What a fault can reach."""

    def __init__(self, headrace: Headrace, database: Server | None = None, redis: Server | None = None) -> None:
        self.headrace, self.database, self.redis = headrace, database, redis

    def wait_until_back(self) -> None:
        """Wait until the processes and servers are there again: from then on the time to recover counts."""
        until(self._is_back, seconds=60, what="the return of the web process")

    def _is_back(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.headrace.url}/healthz", timeout=2).status == 200
        except OSError:
            return False

    def kill(self, name: str) -> None:
        self.headrace.kill(name)
        self.headrace.start(name)

    def fault_04_kill_the_web_process(self) -> None:
        self.kill("web")

    def fault_01_kill_the_worker(self) -> None:
        self.kill("worker")

    def fault_03_kill_the_queue(self) -> None:
        self.kill("queue")

    def fault_14_stop_the_worker_for_longer_than_a_lease(self) -> None:
        process = self.headrace.processes["worker"]
        process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE_SECONDS + 1)
        process.send_signal(signal.SIGCONT)

    def fault_31_kill_everything(self) -> None:
        for name in list(self.headrace.processes):
            self.headrace.kill(name)
        for name in ("web", "web-2", "worker", "worker-2", "queue"):
            self.headrace.start(name)

    def fault_10_restart_the_database_at_once(self) -> None:
        assert self.database is not None
        self.database.end_at_once()
        self.database.start()

    def fault_11_drop_every_connection(self) -> None:
        assert self.database is not None
        with psycopg.connect(self.headrace.environment["HEADRACE_DATABASE_URL"], autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def fault_21_lose_redis(self) -> None:
        assert self.redis is not None
        self.redis.end_at_once()
        time.sleep(1)
        self.redis.start()


EVERYWHERE = [
    Machine.fault_04_kill_the_web_process,
    Machine.fault_01_kill_the_worker,
    Machine.fault_03_kill_the_queue,
    Machine.fault_14_stop_the_worker_for_longer_than_a_lease,
    Machine.fault_31_kill_everything,
]
WITH_SERVERS = [
    *EVERYWHERE,
    Machine.fault_10_restart_the_database_at_once,
    Machine.fault_11_drop_every_connection,
    Machine.fault_21_lose_redis,
]
ENVIRONMENT = {
    "HEADRACE_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
    "HEADRACE_ACKNOWLEDGE_SECONDS": "20",
    "HEADRACE_LOG_LEVEL": "ERROR",
}


@pytest.fixture
def embedded() -> Iterator[Machine]:
    with Headrace(environment=ENVIRONMENT) as headrace:
        headrace.start("worker-2")
        headrace.start("web-2")
        yield Machine(headrace)


@pytest.fixture
def distributed(monkeypatch) -> Iterator[Machine]:
    with postgres_server(durable=True) as database, redis_server() as redis:
        environment = {
            **ENVIRONMENT, "HEADRACE_DATABASE_URL": database.url, "HEADRACE_REDIS_URL": redis.url
        }  # fmt: skip
        with Headrace(environment=environment) as headrace:
            headrace.start("worker-2")
            headrace.start("web-2")
            yield Machine(headrace, database, redis)


def test_the_embedded_default_loses_nothing(embedded: Machine):
    weather(embedded, EVERYWHERE)


def test_postgresql_and_redis_lose_nothing(distributed: Machine):
    weather(distributed, WITH_SERVERS)


def weather(machine: Machine, faults: list[Callable[[Machine], None]]) -> None:
    """Have every fault happen twice, in an order and at moments that the seed decides."""
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    storm = Storm(machine.headrace, PIPELINES)
    probe = Storm(machine.headrace, 1, mode="PARALLEL")
    probe.create()
    storm.create()
    threads = [threading.Thread(target=storm.work, daemon=True) for _ in range(6)]
    starter = threading.Thread(target=storm.start_all, daemon=True)
    onlookers = Onlookers(storm, machine.headrace.url_of("web-2"), SEED)
    for thread in (*threads, starter):
        thread.start()
    onlookers.start()
    try:
        for fault in chance.sample([*faults, *faults], k=2 * len(faults)):
            time.sleep(chance.uniform(0.3, 2))
            fault(machine)
            machine.wait_until_back()
            took = recovery(probe)
            print(f"{fault.__name__}: served after {took:.1f} s")
            assert took < RECOVERY_SECONDS, fault.__name__
        starter.join(END_SECONDS)
        until(lambda: not storm.going(), seconds=END_SECONDS, what="the end of every execution")
    finally:
        storm.done.set()
        for thread in threads:
            thread.join(30)
    onlookers.join()
    history.check(storm)
    print(f"{len(storm.journal.calls)} calls, {Counter(call.operation for call in storm.journal.calls)}")


def recovery(probe: Storm) -> float:
    """Return how many seconds it takes until a start is served and its job is offered."""
    began, name = time.monotonic(), probe.names[0]
    started = probe.stubbornly(probe.api.start_pipeline_execution, name=name, clientRequestToken=unique("probe"))
    execution = started["pipelineExecutionId"]

    def is_offered() -> bool:
        jobs = probe.stubbornly(probe.api.poll_for_jobs, actionTypeId=probe.types[0])["jobs"]
        return any(job["data"]["pipelineContext"]["pipelineExecutionId"] == execution for job in jobs)

    until(is_offered, what="the offer of the first job")
    took = time.monotonic() - began
    probe.stubbornly(probe.api.stop_pipeline_execution, pipelineName=name, pipelineExecutionId=execution, abandon=True)
    return took
