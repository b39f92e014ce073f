"""Shows FLT-22 on SQLite: the clock of the host, which is all that there is, is set while everything runs.

An hour ahead, two hours back, a day ahead: no lease is lost, nothing that is counted ends early, and nothing stands
still until the clock has come back to where it was. With PostgreSQL see test_faults_alone and test_fault_23_clocks.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.journeys.test_api_sources import Watched
from tests.journeys.workshop import APPROVAL, action, declare, noop, unique
from tests.plugins.repositories import commit
from tests.reliability.one_stage import of_one_stage, sign_by, standing, starts, status
from tests.reliability.shifted import ShiftedHost
from tests.reliability.test_faults_alone import nothing_was_taken_away
from tests.running import Account, Headrace, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
HOUR = 3600
JUMPS = [HOUR, -2 * HOUR, 24 * HOUR, -HOUR]
NOTICED_SECONDS = 1.5
SOON_SECONDS = 8
LEASE_SECONDS = 6
ACKNOWLEDGE_SECONDS = 10


class Host:
    """All processes of a Headrace on SQLite, and their clock."""

    def __init__(self, headrace: Headrace, clock: ShiftedHost) -> None:
        self.headrace, self.clock = headrace, clock
        self.off = 0

    def set(self, seconds: int) -> None:
        self.off = seconds
        self.clock.set(seconds)
        time.sleep(NOTICED_SECONDS)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.off)


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[Host]:
    environment = {
        "HEADRACE_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "HEADRACE_ACKNOWLEDGE_SECONDS": str(ACKNOWLEDGE_SECONDS),
        "HEADRACE_LOG_LEVEL": "WARNING",
    }
    headrace = Headrace(environment=environment)
    try:
        headrace.data.mkdir(exist_ok=True)
        headrace.migrate()
        clock = ShiftedHost(headrace, tmp_path_factory.mktemp("clock") / "off", ["web", "worker", "queue"])
        clock.start(0)
        headrace.wait_ready()
        yield Host(headrace, clock)
    finally:
        headrace.close()


@pytest.fixture(autouse=True)
def signed_by_the_hosts_time(host, monkeypatch) -> Iterator[None]:
    sign_by(monkeypatch, lambda: host.off)
    yield
    host.set(0)


@pytest.fixture(scope="module")
def account(host) -> Account:
    return host.headrace.create_account("Clocks")


@pytest.fixture
def api(host, account) -> Any:
    return host.headrace.client(account)


def test_jobs_keep_their_leases_and_their_time_limits_and_run_once(host, api, account):
    long = {"Behaviour": f"sleep:{len(JUMPS) * NOTICED_SECONDS + LEASE_SECONDS:.0f}"}
    name = of_one_stage(api, account, action("Make", noop("Build"), configuration=long))
    until(lambda: standing(api, name).get("status") == "InProgress", seconds=SOON_SECONDS, what="the action")
    for off in JUMPS:
        host.set(off)
        assert standing(api, name)["status"] == "InProgress"
    until(lambda: status(api, name) == "Succeeded", what="success")
    (summary,) = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert abs(summary["lastUpdateTime"] - host.now()) < timedelta(seconds=SOON_SECONDS)
    nothing_was_taken_away(host.headrace, account)
    assert "clock was set by" in (host.headrace.logs_folder / "worker.log").read_text()


def test_connections_stay_open_as_long_as_they_were_to(host):
    connection = HTTPConnection(urlsplit(host.headrace.url).netloc, timeout=5)
    connection.request("GET", "/readyz")
    assert connection.getresponse().read()
    first = connection.sock
    for off in JUMPS:
        host.set(off)
        connection.request("GET", "/readyz")
        assert connection.getresponse().read()
        assert connection.sock is first
    connection.close()


@pytest.mark.parametrize("off", [24 * HOUR, -2 * HOUR])
def test_an_offer_is_made_once_until_it_had_to_be_acknowledged(off, host, api, account):
    type_id = declare(api)
    name = of_one_stage(api, account, action("Make", type_id))
    poll = lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"]  # noqa: E731
    (job,) = until(poll, seconds=SOON_SECONDS, what="the offer")
    offered_at = time.monotonic()
    host.set(off)
    while time.monotonic() < offered_at + ACKNOWLEDGE_SECONDS - 3:
        assert poll() == [], "it was offered a second time before its lease had ended"
        time.sleep(0.5)
    assert api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
    host.set(0)
    api.put_job_success_result(jobId=job["id"])
    until(lambda: status(api, name) == "Succeeded", seconds=SOON_SECONDS, what="success")


@pytest.mark.parametrize("off", [HOUR, -2 * HOUR])
def test_an_offer_that_nobody_acknowledges_is_made_again_in_time(off, host, api, account):
    type_id = declare(api)
    of_one_stage(api, account, action("Make", type_id))
    poll = lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"]  # noqa: E731
    (job,) = until(poll, seconds=SOON_SECONDS, what="the offer")
    offered_at = time.monotonic()
    host.set(off)
    (again,) = until(poll, seconds=ACKNOWLEDGE_SECONDS + SOON_SECONDS, what="the second offer")
    assert again["id"] == job["id"]
    assert time.monotonic() - offered_at > ACKNOWLEDGE_SECONDS - 1


def test_an_approval_is_asked_for_as_long_as_it_was_to_be(host, api, account):
    name = of_one_stage(api, account, action("Release", APPROVAL, timeoutInMinutes=30))
    token = until(lambda: standing(api, name).get("token"), seconds=SOON_SECONDS, what="the question")
    for off in JUMPS:
        host.set(off)
        assert standing(api, name)["status"] == "InProgress"
    where = {"pipelineName": name, "stageName": "Work", "actionName": "Release"}
    api.put_approval_result(**where, token=token, result={"status": "Approved", "summary": "Fine"})
    until(lambda: status(api, name) == "Succeeded", seconds=SOON_SECONDS, what="success")


def test_nothing_stands_still_while_the_clock_is_back(host, api, account):
    """What was made before, what is made now, looks at sources and schedules."""
    watched = Watched(host.headrace, api, account)
    name = of_one_stage(api, account, action("Make", noop("Build")))
    rest = host.headrace.rest(host.headrace.token(account))
    address = f"/accounts/{account['account_id']}/schedules/{unique('minutely')}/"
    assert rest.put(address, json={"pipeline": name, "expression": "rate(1 minute)"}).status_code == 201
    begun = time.monotonic()
    type_id = declare(api)
    waiting = of_one_stage(api, account, action("Make", type_id))
    until(lambda: standing(api, waiting).get("status") == "InProgress", seconds=SOON_SECONDS, what="the action")
    host.set(-2 * HOUR)
    (job,) = until(lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"], seconds=SOON_SECONDS, what="the offer")
    api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    api.put_job_success_result(jobId=job["id"])
    until(lambda: status(api, waiting) == "Succeeded", seconds=SOON_SECONDS, what="success")
    api.start_pipeline_execution(name=name)
    until(lambda: status(api, name) == "Succeeded", seconds=SOON_SECONDS, what="success")
    commit(watched.repository, "Go on", more__md="more")
    until(lambda: [each for each in watched.executions() if each["status"] == "Succeeded"], what="a start")
    until(lambda: "CloudWatchEvent" in starts(api, name), seconds=60 + SOON_SECONDS, what="the start")
    assert time.monotonic() - begun > 60 - 2
    host.set(24 * HOUR)
    assert starts(api, name).count("CloudWatchEvent") == 1
    assert rest.delete(address).status_code == 204
