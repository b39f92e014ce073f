"""Faults that want a scene of their own: clocks that jump, two of everything, a database that is away, a dead child.

Named after the rows of the fault table. All on real processes.
"""

import json
import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.workshop import Details, action, definition, noop, stage, unique
from tests.reliability.shifted import ShiftedHost
from tests.running import Account, Headrace, until
from tests.tooling.services import Server, postgres_server

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SEED = 20_330_714
HOUR = 3600
JUMPS = (HOUR, -2 * HOUR, 24 * HOUR, -600, 0)
ENVIRONMENT = {"HEADRACE_JOB_LEASE_SECONDS": "10", "HEADRACE_LOG_LEVEL": "ERROR"}
FACTS = """
import json
from apps.executions.models import ActionExecution
from apps.jobs.models import Job
jobs = Job.objects.filter(account__number="{number}")
actions = ActionExecution.objects.filter(account__number="{number}")
print(json.dumps({{
    "jobs": [[str(job.action_execution_id), job.state, job.crashes] for job in jobs],
    "attempts": sorted(set(actions.values_list("attempt", flat=True))),
}}))
"""


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    with postgres_server(durable=True) as server:
        yield server


@pytest.fixture(scope="module")
def headrace(database: Server) -> Iterator[Headrace]:
    with Headrace(environment={**ENVIRONMENT, "HEADRACE_DATABASE_URL": database.url}) as running:
        yield running


@pytest.fixture(scope="module")
def account(headrace: Headrace) -> Account:
    return headrace.create_account("Faults")


class Clocks:
    """A second worker and a second queue, as on another host, whose wall clock is set here; the first pair's too."""

    def __init__(self, headrace: Headrace, folder: Path) -> None:
        self.hosts = [
            ShiftedHost(headrace, folder / "first", ["worker", "queue"]),
            ShiftedHost(headrace, folder / "second", ["worker-2", "queue-2"]),
        ]
        for host in self.hosts:
            host.start(0)

    def set(self, *seconds: int) -> None:
        for host, offset in zip(self.hosts, seconds, strict=True):
            host.set(offset)


def slow_pipeline(account: Account, seconds: float) -> Details:
    """Return the definition of a pipeline whose actions each take longer than nothing and no longer than a lease."""
    wait = {"Behaviour": f"sleep:{seconds}"}
    stages = [
        stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
        stage("Build", action("Make", noop("Build"), configuration=wait)),
        stage("Ship", action("Send", noop("Deploy"), configuration=wait, inputArtifacts=[{"name": "Code"}])),
    ]
    return definition(account, unique("slow"), stages, pipelineType="V2", executionMode="QUEUED")


def executions(api, name: str) -> list[Details]:
    found: list[Details] = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return found


def going(api, names: list[str]) -> list[str]:
    return [name for name in names if any(each["status"] == "InProgress" for each in executions(api, name))]


def status_of(url: str) -> int:
    try:
        return int(urllib.request.urlopen(url, timeout=10).status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_flt_12_a_database_that_stays_away_is_told_and_is_served_from_again(headrace, account, database):
    """FLT-12: readyz fails, calls are answered 503 in the words of the API, and all goes on within 15 seconds."""
    api = headrace.client(account)
    name = api.create_pipeline(pipeline=slow_pipeline(account, 0))["pipeline"]["name"]
    until(lambda: not going(api, [name]), what="the end of the first execution")
    database.end_at_once()
    try:
        assert status_of(f"{headrace.url}/healthz") == 200
        assert status_of(f"{headrace.url}/readyz") == 503
        with pytest.raises(api.exceptions.ClientError) as refused:
            api.start_pipeline_execution(name=name)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
        time.sleep(5)
    finally:
        database.start()
    began = time.monotonic()
    until(lambda: status_of(f"{headrace.url}/readyz") == 200, seconds=15, what="being ready")
    started = until(lambda: start(api, name), seconds=15, what="a start after it")
    assert time.monotonic() - began < 15
    until(lambda: status(api, name, started) == "Succeeded", what="an execution after it")
    assert len(executions(api, name)) == 2


def start(api, name: str) -> str | None:
    """Start it unless that was done, with the token that any SDK keeps over its tries."""
    try:
        started = api.start_pipeline_execution(name=name, clientRequestToken="after-the-outage")
    except api.exceptions.ClientError as refused:
        if refused.response["Error"]["Code"] != "ServiceUnavailable":
            raise
        return None
    return str(started["pipelineExecutionId"])


def status(api, name: str, execution: str) -> str:
    found = api.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)["pipelineExecution"]
    return str(found["status"])


@pytest.mark.parametrize(("which", "place"), [("sentinel", 1), ("worker", 2)])
def test_flt_02_03_a_queue_that_lost_a_process_does_tasks_again(headrace, which, place):
    """FLT-02, FLT-03: an idle child of the cluster is killed, or the process that watches its children."""
    canary = headrace.run_folder / "queue-canary"
    until(canary.exists, seconds=60, what="the first task")
    cluster = until(lambda: cluster_of(headrace), what="the cluster's processes")
    os.kill(cluster[place], signal.SIGKILL)
    killed_at = time.time()
    until(lambda: canary.stat().st_mtime > killed_at + 1, seconds=90, what=f"a task after the kill of the {which}")


def cluster_of(headrace: Headrace) -> list[int]:
    """Return django-q2's main process, its sentinel, and the sentinel's children, which are begun with its worker."""
    (main,) = children(headrace.processes["queue"].pid) or (0,)
    sentinels = children(main) if main else []
    below = children(sentinels[0]) if sentinels else []
    return [main, sentinels[0], *below] if len(below) >= 3 else []


def children(pid: int) -> list[int]:
    """Return the processes that a process has begun, oldest first."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return sorted(map(int, listed.stdout.split()))


def test_flt_22_23_29_two_hosts_whose_clocks_jump_do_all_once_and_in_time(headrace, tmp_path):
    """FLT-22, FLT-23, FLT-29: two workers and two queues, each pair with a clock that is hours off and jumps.

    Leases, deadlines and schedules go by the database's clock. A schedule of each minute starts once in a minute, one
    of each day not at all; no job is taken from its holder, none is timed out, none runs twice.
    """
    account = headrace.create_account("Clocks")  # what the other faults did to jobs is no matter of this one
    chance, clocks, api = random.Random(SEED), Clocks(headrace, tmp_path), headrace.client(account)
    names = [api.create_pipeline(pipeline=slow_pipeline(account, 1.5))["pipeline"]["name"] for _ in range(6)]
    rest = headrace.rest(headrace.token(account))
    for name, rate in (("minutely", "rate(1 minute)"), ("daily", "rate(1 day)")):
        body = {"pipeline": names[0], "expression": rate}
        assert rest.put(f"/accounts/{account['account_id']}/schedules/{name}/", json=body).status_code == 201
    ends = time.monotonic() + 75
    while time.monotonic() < ends:
        clocks.set(chance.choice(JUMPS), chance.choice(JUMPS))
        api.start_pipeline_execution(name=chance.choice(names[1:]))
        time.sleep(chance.uniform(2, 4))
    until(lambda: not going(api, names), seconds=60, what="the end of every execution")
    found = [each for name in names for each in executions(api, name)]
    assert {each["status"] for each in found} == {"Succeeded"}
    scheduled = [each for each in found if each["trigger"]["triggerType"] == "CloudWatchEvent"]
    assert [each["trigger"]["triggerDetail"].rpartition("/")[2] for each in scheduled] == ["minutely"]
    nothing_was_taken_away(headrace, account)
    assert "starting it anew" not in (headrace.logs_folder / "queue-2.log").read_text()  # it was not silent at any time
    clocks.set(0, 0)
    for name in ("worker-2", "queue-2"):
        headrace.end(name)


def nothing_was_taken_away(headrace: Headrace, account: Account) -> None:
    facts = json.loads(headrace.manage("shell", "-v", "0", "-c", FACTS.format(number=account["account_id"])))
    assert {state for _, state, _ in facts["jobs"]} == {"Succeeded"}
    assert {crashes for *_, crashes in facts["jobs"]} == {0}
    actions = [action_execution for action_execution, *_ in facts["jobs"]]
    assert len(actions) == len(set(actions))
    assert facts["attempts"] == [1]
