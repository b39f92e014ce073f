"""FLT-23: a web host and a worker host whose clocks are ten minutes off, one ahead of the database's and one behind.

Where a host's own clock decided, what the one makes due would wait for ten or twenty minutes on the other, and what
the one grants until a moment would have ended for the other before it began.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.rows import move_back
from tests.journeys.test_api_sources import Watched
from tests.journeys.workshop import APPROVAL, action, declare, noop, take, unique
from tests.plugins.repositories import commit
from tests.reliability.machines import OnPostgres
from tests.reliability.one_stage import of_one_stage, sign_by, standing, starts, status
from tests.reliability.shifted import ShiftedHost
from tests.reliability.test_faults_alone import nothing_was_taken_away
from tests.running import Account, Headrace, until
from tests.tooling.services import postgres_server

pytestmark = [pytest.mark.faults, pytest.mark.slow]
OFF_SECONDS = 600
SOON_SECONDS = 6
ACKNOWLEDGE_SECONDS = 8
LEASE_SECONDS = 6
FIVE_MINUTES = timedelta(minutes=5)
NEAR = timedelta(seconds=SOON_SECONDS)
TELL = "SELECT {column} FROM jobs_job WHERE action_execution_id = %s"


@dataclass(frozen=True)
class Hosts(OnPostgres):
    """Web and queue on one host, the worker on another. `ahead` is by how many seconds the web host is ahead."""

    ahead: int


@pytest.fixture(scope="module", params=[OFF_SECONDS, -OFF_SECONDS], ids=["web ahead", "worker ahead"])
def hosts(request, tmp_path_factory) -> Iterator[Hosts]:
    folder, ahead = tmp_path_factory.mktemp("clocks"), request.param
    environment = {
        "HEADRACE_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "HEADRACE_ACKNOWLEDGE_SECONDS": str(ACKNOWLEDGE_SECONDS),
        "HEADRACE_LOG_LEVEL": "ERROR",
    }
    with postgres_server() as server:
        headrace = Headrace(environment={**environment, "HEADRACE_DATABASE_URL": server.url})
        try:
            headrace.manage("migrate", "--verbosity", "0")
            ShiftedHost(headrace, folder / "web", ["web", "queue"]).start(ahead)
            ShiftedHost(headrace, folder / "worker", ["worker"]).start(-ahead)
            headrace.wait_ready()
            yield Hosts(headrace, server, ahead)
        finally:
            headrace.close()


@pytest.fixture(autouse=True)
def signed_by_the_web_hosts_time(hosts, monkeypatch) -> None:
    sign_by(monkeypatch, lambda: hosts.ahead)


@pytest.fixture(scope="module")
def account(hosts) -> Account:
    return hosts.headrace.create_account("Clocks")


@pytest.fixture
def api(hosts, account) -> Any:
    return hosts.headrace.client(account)


def test_jobs_begin_at_once_keep_their_leases_and_run_once(hosts, api, account):
    """The web host makes the first job, the worker host the others; each is longer than a lease."""
    long = {"Behaviour": f"sleep:{LEASE_SECONDS + 2}"}
    began = datetime.now(UTC)
    name = of_one_stage(api, account, action("Make", noop("Build"), configuration=long))
    until(lambda: standing(api, name).get("status") == "InProgress", seconds=SOON_SECONDS, what="the second action")
    until(lambda: status(api, name) == "Succeeded", seconds=2 * LEASE_SECONDS + 2, what="success")
    (summary,) = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert abs(summary["startTime"] - began) < NEAR
    assert abs(summary["lastUpdateTime"] - datetime.now(UTC)) < NEAR
    nothing_was_taken_away(hosts.headrace, account)


def test_a_job_for_outside_is_offered_soon_and_is_theirs_until_they_were_to_acknowledge_it(hosts, api, account):
    type_id = declare(api)
    name = of_one_stage(api, account, action("Make", type_id))
    poll = lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"]  # noqa: E731
    (job,) = until(poll, seconds=SOON_SECONDS, what="the offer")
    offered_at = time.monotonic()
    while time.monotonic() < offered_at + ACKNOWLEDGE_SECONDS - 2:
        assert poll() == [], "it was offered a second time before its lease had ended"
        time.sleep(0.5)
    assert api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
    api.put_job_success_result(jobId=job["id"])
    until(lambda: status(api, name) == "Succeeded", seconds=SOON_SECONDS, what="success")


def test_an_offer_that_nobody_acknowledges_is_made_again_when_its_lease_ends(hosts, api, account):
    type_id = declare(api)
    of_one_stage(api, account, action("Make", type_id))
    poll = lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"]  # noqa: E731
    (job,) = until(poll, seconds=SOON_SECONDS, what="the offer")
    offered_at = time.monotonic()
    (again,) = until(poll, seconds=ACKNOWLEDGE_SECONDS + SOON_SECONDS, what="the second offer")
    assert again["id"] == job["id"]
    assert time.monotonic() - offered_at > ACKNOWLEDGE_SECONDS - 1


def test_a_job_that_goes_on_after_a_pause_is_offered_after_it(hosts, api, account):
    type_id = declare(api)
    of_one_stage(api, account, action("Make", type_id))
    job = take(api, type_id)
    told_at = time.monotonic()
    api.put_job_success_result(jobId=job["id"], continuationToken="go on")
    poll = lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"]  # noqa: E731
    (following,) = until(poll, seconds=SOON_SECONDS, what="the job's going on")
    assert time.monotonic() - told_at > float(hosts.headrace.environment["HEADRACE_CONTINUATION_PAUSE_SECONDS"])
    assert following["id"] != job["id"]
    assert following["data"]["continuationToken"] == "go on"


def test_an_approval_expires_when_it_has_to_by_the_databases_clock(hosts, api, account):
    began = datetime.now(UTC)
    ask = action("Release", APPROVAL, timeoutInMinutes=5)
    hasty, patient = of_one_stage(api, account, ask), of_one_stage(api, account, ask)
    for name in (hasty, patient):
        until(lambda name=name: standing(api, name).get("token"), seconds=SOON_SECONDS, what="the question")
    attempt = standing(api, hasty)["actionExecutionId"]
    ((expires_at,),) = hosts.ask(TELL.format(column="deadline_at"), attempt)
    assert abs(expires_at - began - FIVE_MINUTES) < NEAR
    ahead = timedelta(minutes=4, seconds=54)  # six seconds are left
    move_back(hosts.headrace, "jobs.Job", "deadline_at", days=ahead / timedelta(days=1), action_execution_id=attempt)
    time.sleep(max(0.0, (expires_at - ahead - datetime.now(UTC)).total_seconds() - 1))
    assert standing(api, hasty)["status"] == "InProgress"
    until(lambda: standing(api, hasty)["status"] == "Failed", seconds=SOON_SECONDS, what="the end of the time limit")
    assert datetime.now(UTC) > expires_at - ahead
    where = {"pipelineName": patient, "stageName": "Work", "actionName": "Release"}
    token = standing(api, patient)["token"]
    api.put_approval_result(**where, token=token, result={"status": "Approved", "summary": "Fine"})
    until(lambda: status(api, patient) == "Succeeded", seconds=SOON_SECONDS, what="success")


def test_a_source_is_looked_at_and_what_is_new_starts(hosts, api, account):
    """The web host says when, the worker host hands the look to the queue, the web host's queue takes it."""
    watched = Watched(hosts.headrace, api, account)
    commit(watched.repository, "Go on", more__md="more")
    found = until(lambda: [each for each in watched.executions() if each["status"] == "Succeeded"], what="a start")
    assert {each["trigger"]["triggerType"] for each in found} == {"PollForSourceChanges"}


def test_a_schedule_of_each_minute_starts_once_and_not_before(hosts, api, account):
    name = of_one_stage(api, account, action("Make", noop("Build")))
    rest = hosts.headrace.rest(hosts.headrace.token(account))
    address = f"/accounts/{account['account_id']}/schedules/{unique('minutely')}/"
    put = rest.put(address, json={"pipeline": name, "expression": "rate(1 minute)"})
    assert put.status_code == 201, put.text
    begun = time.monotonic()
    started = lambda: [each for each in starts(api, name) if each == "CloudWatchEvent"]  # noqa: E731
    until(started, seconds=60 + SOON_SECONDS, what="the start")
    assert time.monotonic() - begun > 60 - 2
    time.sleep(SOON_SECONDS)
    assert len(started()) == 1
    assert rest.delete(address).status_code == 204
