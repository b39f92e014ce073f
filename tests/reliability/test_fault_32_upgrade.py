"""FLT-32: an earlier version and today's work side by side under load, and take each other's place.

As an operator does it on PostgreSQL and Redis: new processes are started beside the old ones, the balancer is told, and
the old ones are ended with SIGTERM, one after another. HEADRACE_UPGRADE_SECONDS is the time side by side: 300 is that
of the fault table.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.reliability import history
from tests.reliability.balancer import Balancer
from tests.reliability.reads import stale_reads
from tests.reliability.upgrades import Load
from tests.reliability.versions import TODAY, Version, earlier_version
from tests.running import Account, Headrace, until
from tests.simulation.test_simulation import simulate
from tests.tooling.services import postgres_server, redis_server

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SIDE_BY_SIDE_SECONDS = float(os.environ.get("HEADRACE_UPGRADE_SECONDS", "3"))
PACE_SECONDS = max(0.3, SIDE_BY_SIDE_SECONDS / 50)  # a long run makes as many pipelines as a short one
NOTICE_SECONDS = 0.3  # from telling the balancer until nobody is on the way to the old process any more
HELD_UP_SECONDS = 0.5
END_SECONDS = 15
SOON_SECONDS = 30  # of a lease of 60: whoever waits for its end is late
ENVIRONMENT = {
    "HEADRACE_JOB_LEASE_SECONDS": "60",
    "HEADRACE_ACKNOWLEDGE_SECONDS": "60",
    "HEADRACE_LOG_LEVEL": "WARNING",
}
KINDS = ("web", "worker", "queue")
ORDERS = [("web", "worker", "queue"), ("queue", "worker", "web"), ("worker", "web", "queue")]
# What does not end in good order without these is ended as it was then, and somebody waits for a lease.
QUEUE_DRAINS = ("apps/notifications/tasks.py", "BUDGET_SECONDS = 2.0")
DAPHNE_DRAINS = ("pipelines_project/server/draining.py", "async def drained(")
DRAINS = {"uvicorn": [QUEUE_DRAINS], "daphne": [QUEUE_DRAINS, DAPHNE_DRAINS]}
HELD = "SELECT count(*) FROM jobs_job WHERE holder LIKE %s"
KEPT = "from tests.simulation.kept import KeptHistory; print(KeptHistory.of_account('{number}').as_json())"


@pytest.mark.parametrize("server", sorted(DRAINS))
def test_flt_32_versions_replace_one_another_under_load_and_no_request_fails(server, tmp_path):
    with (
        earlier_version(having=DRAINS[server]) as earlier,
        postgres_server(durable=True) as database,
        redis_server() as redis,
    ):
        same = ": both sides are the same version, for history has no earlier one that fits" * (earlier is TODAY)
        print(f"{earlier.name} beside {TODAY.name}{same}")
        services = {"HEADRACE_DATABASE_URL": database.url, "HEADRACE_REDIS_URL": redis.url}
        with Headrace(environment=ENVIRONMENT | services, server=server, root=earlier.root) as headrace:
            balancer = Balancer(headrace)
            load = Load(balancer, tmp_path, pace_seconds=PACE_SECONDS)
            try:
                with load:
                    roll(Fleet(headrace, balancer), [TODAY, earlier, TODAY])
                    load.start_no_more()
                    all_is_done(load)
            finally:
                print(f"served: {dict(balancer.served)}; failed: {balancer.failures}")
            assert balancer.failures == []
            history.check(load.outside)
            assert stale_reads(load.inside.journal.calls) == []
            load.inside.ran_once()
            for account in (load.outside.account, load.inside.account):
                decided_again(headrace, account, tmp_path)


class Fleet:
    """The processes that serve: web, worker and queue of one version, and for a while those of the next."""

    def __init__(self, headrace: Headrace, balancer: Balancer) -> None:
        self.headrace, self.balancer = headrace, balancer
        self.names = {kind: kind for kind in KINDS}

    def add(self, version: Version, number: int) -> dict[str, str]:
        """Start further processes, of a version, and return their names when all serve."""
        self.headrace.root = version.root
        new = {kind: f"{kind}-{number}" for kind in KINDS}
        for name in new.values():
            self.headrace.start(name)
        until(lambda: self._is_ready(new["web"]), seconds=60, what="being ready")
        self.balancer.turn_to(self.names["web"], new["web"])
        until(lambda: self.balancer.served[new["web"]], what="a call")
        until(lambda: self.jobs(new["worker"]), seconds=60, what="a job")
        return new

    def _is_ready(self, web: str) -> bool:
        try:
            return httpx2.get(f"{self.headrace.url_of(web)}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def jobs(self, worker: str, *, condition: str = "") -> int:
        """Return how many jobs a worker holds or held last."""
        holder = f"%/{self.headrace.processes[worker].pid}/%"
        with psycopg.connect(self.headrace.environment["HEADRACE_DATABASE_URL"]) as connection:
            (number,) = connection.execute(f"{HELD} {condition}".encode(), (holder,)).fetchone() or (0,)
            return int(number)

    def end_web(self, successor: str) -> None:
        """End it while calls are open, which wait for a table that somebody else has locked."""
        name = self.names["web"]
        with psycopg.connect(self.headrace.environment["HEADRACE_DATABASE_URL"]) as connection:
            connection.execute("LOCK TABLE jobs_job IN ACCESS EXCLUSIVE MODE")
            until(lambda: self.balancer.under_way[name] >= 3, seconds=3, what="calls that wait")
            self.balancer.turn_to(successor)
            time.sleep(NOTICE_SECONDS)
            self.headrace.processes[name].send_signal(signal.SIGTERM)
            time.sleep(HELD_UP_SECONDS)
            print(f"{name} is asked to end and has {self.balancer.under_way[name]} requests open")
        self.has_ended(name)
        until(lambda: not self.balancer.under_way[name], seconds=END_SECONDS, what="hearing of the last answers")

    def end_worker(self) -> None:
        """End it while it holds a job."""
        name = self.names["worker"]
        until(lambda: self.jobs(name, condition="AND state = 'InProgress'"), what="a job that is held")
        self.headrace.processes[name].send_signal(signal.SIGTERM)
        self.has_ended(name)

    def end_queue(self) -> None:
        self.headrace.processes[self.names["queue"]].send_signal(signal.SIGTERM)
        self.has_ended(self.names["queue"])

    def has_ended(self, name: str) -> None:
        process, began = self.headrace.processes.pop(name), time.monotonic()
        assert process.wait(END_SECONDS) in {0, -signal.SIGTERM}, self.headrace.logs()
        print(f"{name} ended after {time.monotonic() - began:.1f} s")


def roll(fleet: Fleet, versions: Sequence[Version]) -> None:
    """Have each version take the place of the one before."""
    for number, version in enumerate(versions, 1):
        new = fleet.add(version, number)
        time.sleep(SIDE_BY_SIDE_SECONDS)
        print(f"{version.name} takes over")
        for kind in ORDERS[(number - 1) % len(ORDERS)]:
            match kind:
                case "web":
                    fleet.end_web(new["web"])
                case "worker":
                    fleet.end_worker()
                case "queue":
                    fleet.end_queue()
        fleet.names = new


def all_is_done(load: Load) -> None:
    """Nothing was left behind to a lease, or to the queue's second try."""
    until(lambda: not load.outside.going(), seconds=SOON_SECONDS, what="the end of what outside workers do")
    until(load.inside.has_ended, seconds=SOON_SECONDS, what="the end of what our own worker does")
    executions = set(load.inside.executions())
    until(lambda: load.told() >= executions, seconds=SOON_SECONDS, what="news of every execution")


def decided_again(headrace: Headrace, account: Account, folder: Path) -> None:
    """INV-30: what several versions decided, today's decides too."""
    file = folder / f"{account['account_id']}.json"
    file.write_text(headrace.manage("shell", "-v", "0", "-c", KEPT.format(number=account["account_id"])))
    done = simulate("--again", str(file), on_sqlite=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
