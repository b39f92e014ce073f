"""FLT-13: what PostgreSQL undoes, to end a deadlock or a conflict, is done again; no caller hears of it."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.journeys.workshop import action, declare, definition, noop, simple, stage, take, unique
from tests.reliability.machines import OnPostgres
from tests.running import Account, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
TRIES = 5
CODES = ["40P01", "40001"]
WAITS_FOR_THE_CHAIN = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE '%%events_eventchain%%' AND pid <> pg_backend_pid()
"""
LOCK_THE_CHAIN = """
SELECT 1 FROM events_eventchain c JOIN tenancy_account a ON a.id = c.account_id WHERE a.number = %s FOR UPDATE OF c
"""
LOCK_THE_PIPELINE = """
SELECT 1 FROM pipelines_pipeline p JOIN tenancy_account a ON a.id = p.account_id
WHERE a.number = %s AND p.name = %s FOR UPDATE OF p
"""
UNDO = """
CREATE SEQUENCE undone;
CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('undone') <= {times} THEN
        RAISE EXCEPTION 'undone by the test' USING ERRCODE = '{code}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER undo BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION undo();
"""
LEAVE_ALONE = "DROP FUNCTION IF EXISTS undo() CASCADE; DROP SEQUENCE IF EXISTS undone"


@pytest.fixture(scope="module")
def account(on_postgres: OnPostgres) -> Account:
    return on_postgres.headrace.create_account("Deadlocks")


@pytest.fixture(scope="module")
def api(on_postgres: OnPostgres, account: Account):
    return on_postgres.headrace.client(account, read_timeout=30)


@pytest.fixture(scope="module")
def pipeline(api, account: Account) -> str:
    api.create_pipeline(pipeline=simple(account, pipelineType="V2", executionMode="PARALLEL"))
    return str(api.list_pipelines()["pipelines"][0]["name"])


@pytest.fixture
def undoing(on_postgres: OnPostgres) -> Iterator[Callable[..., None]]:
    """Have the database undo the first transactions that add to a table, as it does those that lose a deadlock."""

    def undo(table: str, code: str, *, times: int) -> None:
        on_postgres.ask(UNDO.format(table=table, code=code, times=times))

    yield undo
    on_postgres.ask(LEAVE_ALONE)


class Other:
    """A session that locks the account's events first and the pipeline then: the opposite of our order."""

    def __init__(self, machine: OnPostgres, account: Account, pipeline: str) -> None:
        self.machine, self.account, self.pipeline = machine, account["account_id"], pipeline
        self.problem: BaseException | None = None
        self.holds = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Other":
        self.thread.start()
        assert self.holds.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(20)
        assert self.problem is None, self.problem

    def _run(self) -> None:
        try:
            # It finds the deadlock only long after the other side has, so that side is the one that is undone.
            with self.machine.connect(options="-c deadlock_timeout=20s") as connection:
                connection.execute(LOCK_THE_CHAIN, [self.account])
                self.holds.set()
                until(lambda: self.machine.ask(WAITS_FOR_THE_CHAIN)[0][0], what="a call that waits")
                connection.execute(LOCK_THE_PIPELINE, [self.account, self.pipeline])
        except (psycopg.Error, AssertionError) as problem:
            self.problem = problem


def deadlocks(machine: OnPostgres) -> int:
    machine.ask("SELECT pg_stat_force_next_flush()")
    return int(machine.ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0])


def count(api, pipeline: str) -> int:
    return len(api.list_pipeline_executions(pipelineName=pipeline)["pipelineExecutionSummaries"])


def test_flt_13_a_start_that_loses_a_deadlock_is_made_all_the_same(on_postgres, api, account, pipeline):
    """FLT-13: opposite lock order. The server ends one side, which begins anew within 3 seconds of the end of it."""
    before, began = count(api, pipeline), deadlocks(on_postgres)
    with Other(on_postgres, account, pipeline):
        api.start_pipeline_execution(name=pipeline)  # without a token: nobody but us may repeat it
    until(lambda: deadlocks(on_postgres) > began, what="a deadlock")
    assert count(api, pipeline) == before + 1


def test_flt_13_a_result_that_loses_a_deadlock_counts(on_postgres, api, account):
    """FLT-13, INV-12: a job worker reports once, and is believed."""
    type_id, name = declare(api), unique("deadlocked")
    stages = [
        stage("Source", action("Start", noop("Source"), outputArtifacts=[{"name": "Code"}])),
        stage("Build", action("Make", type_id)),
    ]
    api.create_pipeline(pipeline=definition(account, name, stages))
    job, began = take(api, type_id), deadlocks(on_postgres)
    with Other(on_postgres, account, name):
        api.put_job_success_result(jobId=job["id"])
    until(lambda: deadlocks(on_postgres) > began, what="a deadlock")
    (found,) = api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert found["status"] == "Succeeded"


@pytest.mark.parametrize("code", CODES)
def test_flt_13_what_is_undone_four_times_is_served_by_the_fifth_try(undoing, api, pipeline, code):
    """FLT-13: five tries; the caller waits, and is answered as if nothing had been."""
    before = count(api, pipeline)
    undoing("executions_pipelineexecution", code, times=TRIES - 1)
    started = time.monotonic()
    api.start_pipeline_execution(name=pipeline)
    assert time.monotonic() - started < 3
    assert count(api, pipeline) == before + 1


def test_flt_13_what_is_undone_without_end_is_told_and_leaves_nothing(on_postgres, undoing, api, pipeline):
    """FLT-13: five tries and no more; then 503, and nothing of it is there."""
    before = count(api, pipeline)
    undoing("executions_pipelineexecution", CODES[0], times=1_000_000)
    with pytest.raises(api.exceptions.ClientError) as refused:
        api.start_pipeline_execution(name=pipeline)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert on_postgres.ask("SELECT last_value FROM undone") == [(TRIES,)]
    assert count(api, pipeline) == before


def test_flt_13_our_rest_api_tries_again_too(on_postgres, undoing, account, pipeline):
    rest = on_postgres.headrace.rest(on_postgres.headrace.token(account))
    undoing("triggers_schedule", CODES[0], times=TRIES - 1)
    body = {"pipeline": pipeline, "expression": "rate(1 day)"}
    answer = rest.put(f"/accounts/{account['account_id']}/schedules/{unique('daily')}/", json=body)
    assert answer.status_code == 201, answer.text


def test_flt_13_a_button_of_the_portal_tries_again_too(on_postgres, undoing, api, account, pipeline):
    before = count(api, pipeline)
    browser = signed_in(on_postgres, account)
    undoing("executions_pipelineexecution", CODES[0], times=TRIES - 1)
    answer = post(browser, f"/a/{account['account_id']}/pipelines/{pipeline}/start/", {})
    assert answer.status_code == 302, answer.text
    assert count(api, pipeline) == before + 1


def signed_in(machine: OnPostgres, account: Account) -> httpx2.Client:
    browser = httpx2.Client(base_url=machine.headrace.url, timeout=30, trust_env=False)
    page = browser.get("/sign-in/").text
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[:1]
    fields = {"csrfmiddlewaretoken": token, "login": account["username"], "password": account["password"]}
    assert browser.post("/sign-in/", data=fields).status_code == 302
    return browser


def post(browser: httpx2.Client, address: str, fields: dict[str, Any]) -> httpx2.Response:
    headers = {"X-CSRFToken": browser.cookies["csrf"]}
    return browser.post(address, data={**fields, "nonce": str(uuid4())}, headers=headers)
