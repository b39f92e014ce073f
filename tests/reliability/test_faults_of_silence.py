"""Faults that nobody is told of: server processes that stand still, and networks that swallow what is sent.

Neither ends a connection, so whoever waits would wait for ever. Named after the rows of the fault table.
"""

import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import Details, action, definition, noop, stage, unique
from tests.reliability import history
from tests.reliability.lines import Line
from tests.reliability.machines import ANSWER_SECONDS, LEASE_SECONDS, OnPostgres
from tests.reliability.storm import Storm
from tests.running import Account, Headrace, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
CUT_SECONDS = LEASE_SECONDS + 1.5
RECOVERY_SECONDS = 10
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
IDLE = f"{BACKENDS} AND state = 'idle'"
WORKERS = 4


class Journals:
    """A pipeline whose build notes its token in a durable file, so that it shows what ran, and under which tokens."""

    def __init__(self, headrace: Headrace, account: Account, folder: Path) -> None:
        self.api = headrace.client(account, connect_timeout=2, read_timeout=30)
        self.name, self.file = unique("journal"), folder / "journal"
        self.file.touch()
        note = {"Behaviour": f"journal:{self.file}"}
        stages = [
            stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
            stage("Build", action("Note", noop("Build"), configuration=note)),
        ]
        members = {"pipelineType": "V2", "executionMode": "PARALLEL"}
        self.api.create_pipeline(pipeline=definition(account, self.name, stages, **members))

    def start(self) -> str:
        return str(self.api.start_pipeline_execution(name=self.name)["pipelineExecutionId"])

    def executions(self) -> list[Details]:
        found: list[Details] = self.api.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]
        return found

    def has_ended(self) -> bool:
        return {each["status"] for each in self.executions()} == {"Succeeded"}

    def ran_under_one_token(self) -> None:
        """INV-07: an attempt may have run again after its lease, but only under its own token."""
        lines = [line.split() for line in self.file.read_text().splitlines()]
        attempts = {attempt for attempt, _ in lines}
        assert len(attempts) == len(self.executions()), "INV-12: an execution succeeded without its build"
        assert len({tuple(line) for line in lines}) == len(attempts), "INV-07: an attempt ran under two tokens"


@contextmanager
def standing_still(pids: list[int]) -> Iterator[None]:
    """Stop server processes as a machine does that hangs, and let them go on."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_flt_15_service_goes_on_while_the_servers_of_all_connections_stand_still(on_postgres, tmp_path):
    """FLT-15: every idle connection's server process is stopped for longer than a lease, and nobody waits for ever.

    Meanwhile new connections are made: starts are served, jobs are claimed and done.
    """
    headrace = on_postgres.headrace
    journals = Journals(headrace, headrace.create_account("Silence"), tmp_path)
    until(journals.has_ended, what="the end of the first execution")
    stopped = [pid for (pid,) in on_postgres.ask(IDLE)]
    assert len(stopped) >= 3  # web, worker and queue
    with standing_still(stopped):
        until_done(journals, RECOVERY_SECONDS + ANSWER_SECONDS)
        assert all(is_stopped(pid) for pid in stopped)
    until_done(journals, RECOVERY_SECONDS)
    journals.ran_under_one_token()


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def until_done(journals: Journals, seconds: float) -> None:
    """Start an execution, again and again if need be, and wait for its end. Units: `seconds` for both together."""
    ends = time.monotonic() + seconds
    until(lambda: served(journals.start), seconds=seconds, what="a start")
    until(
        lambda: served(journals.has_ended), seconds=max(1.0, ends - time.monotonic()), what="the end of every execution"
    )


def served(call: Callable[[], object]) -> object:
    """Return what a call answers; None for an answer that one is to try again."""
    try:
        return call()
    except ClientError as refused:
        if refused.response["ResponseMetadata"]["HTTPStatusCode"] != 503:
            raise
        return None


@pytest.fixture
def storm(on_postgres: OnPostgres) -> Iterator[Storm]:
    """Forty pipelines that outside job workers run, until the test is over."""
    with stormy(Storm(on_postgres.headrace, 40)) as started:
        yield started


@contextmanager
def stormy(storm: Storm) -> Iterator[Storm]:
    storm.create()
    threads = [threading.Thread(target=storm.work, daemon=True) for _ in range(WORKERS)]
    starter = threading.Thread(target=storm.start_all, daemon=True)
    for thread in (*threads, starter):
        thread.start()
    try:
        yield storm
        starter.join(60)
        until(lambda: not storm.going(), seconds=60, what="the end of every execution")
    finally:
        storm.done.set()
        for thread in threads:
            thread.join(30)
    history.check(storm)


def test_flt_15_servers_that_stand_still_in_the_middle_of_work_lose_nothing(on_postgres, storm):
    """FLT-15: whatever they were doing, with locks in their hands, for longer than a lease; three times."""
    for _ in range(3):
        time.sleep(0.5)
        with standing_still([pid for (pid,) in on_postgres.ask(BACKENDS)]):
            assert urllib.request.urlopen(f"{on_postgres.headrace.url}/healthz", timeout=2).status == 200
            time.sleep(CUT_SECONDS)
        began = time.monotonic()
        storm.stubbornly(storm.api.list_pipelines)
        assert time.monotonic() - began < RECOVERY_SECONDS


@pytest.fixture
def lines(on_postgres: OnPostgres) -> Iterator[dict[str, Line]]:
    """Lines from the web process and from the worker to the database, and from job workers to the web process."""
    headrace, usual = on_postgres.headrace, on_postgres.headrace.environment
    address = urlsplit(on_postgres.server.url)
    assert address.port
    with ExitStack() as stack:
        made = {
            "web to database": stack.enter_context(Line(address.port)),
            "worker to database": stack.enter_context(Line(address.port)),
            "job worker to API": stack.enter_context(Line(headrace.port)),
        }
        try:
            for name in ("web", "worker"):
                through = address._replace(netloc=f"headrace@127.0.0.1:{made[f'{name} to database'].port}")
                headrace.environment = {**usual, "HEADRACE_DATABASE_URL": through.geturl()}
                restart(headrace, name)
            headrace.environment = usual
            headrace.wait_ready()
            yield made
        finally:
            headrace.environment = usual
            for name in ("web", "worker"):
                restart(headrace, name)
            headrace.wait_ready()


def restart(headrace: Headrace, name: str) -> None:
    headrace.end(name)
    headrace.start(name)


def test_flt_30_a_partition_is_fenced_and_heals(on_postgres, lines, tmp_path):
    """FLT-30: each line is cut for longer than a lease, in ways that nobody is told of and in one that all notice.

    Within 10 seconds of its mending a start is served and its job is done. Nothing has run under two tokens.
    """
    headrace = on_postgres.headrace
    account = headrace.create_account("Partitions")
    journals = Journals(headrace, account, tmp_path)
    with stormy(Storm(headrace, 20, url=f"http://127.0.0.1:{lines['job worker to API'].port}")):
        for name, line in lines.items():
            for cut in (line.hold, line.lose, line.reset):
                served(journals.start)  # something is under way at each cut
                cut()
                time.sleep(0.2 if cut == line.reset else CUT_SECONDS)
                line.mend()
                began = time.monotonic()
                until_done(journals, 45)
                took = time.monotonic() - began
                print(f"{name}, {cut.__name__}: done after {took:.1f} s")
                assert took < RECOVERY_SECONDS, (name, cut.__name__)
    journals.ran_under_one_token()
