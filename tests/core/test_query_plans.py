"""The lists that grow for years, and the poll, are served by an index in its order: their cost does not grow.

The databases say so themselves. PostgreSQL would read a table of a few rows whole, so here it may not: a plan that
still sorts or reads a table has no index that gives the order.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.core.statements import Slot
from apps.executions.models import PipelineExecution
from apps.executions.selectors import AttemptFilter, list_action_executions, list_executions, list_rule_executions
from apps.executions.statements import NUMBERS_IN_FLIGHT, OF_THE_PIPELINE
from apps.jobs.services import expire_jobs, offer_jobs, offer_third_party_jobs
from apps.jobs.services.leases import end_dispatched_leases, holders_of_jobs, take_back_from_dead
from apps.portal.selectors import running_executions, waiting_approvals
from tests.factories import NOW, make_account, make_pipeline, start

pytestmark = pytest.mark.django_db
FORBIDDEN = {"sqlite": ("SCAN ", "TEMP B-TREE"), "postgresql": ("Seq Scan", '"Sort"', "Incremental Sort")}
POSTGRES_MUST_USE_INDEXES = ("enable_seqscan", "enable_sort", "enable_bitmapscan")

BY_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL goes by how much a table holds")


def assert_served_in_order(read) -> None:
    """Read, then let the database explain each query that this took."""
    with CaptureQueriesContext(connection) as asked:
        read()
    selects = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert selects
    for select in selects:
        plan = plan_of(select)
        assert not [word for word in FORBIDDEN[connection.vendor] if word in plan], f"{select}\n{plan}"


def plan_of(select: str, values: Sequence[Any] | None = None) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {select}", values)
            return "\n".join(row[-1] for row in cursor.fetchall())
        for name in POSTGRES_MUST_USE_INDEXES:
            cursor.execute(f"SET LOCAL {name} = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {select}", values)
        return json.dumps(cursor.fetchone()[0], indent=1)


@pytest.fixture
def pipeline():
    made = make_pipeline(mode="PARALLEL")
    for _ in range(3):
        start(made, variables=())
    return made


def both_pages(read_page) -> None:
    """The first page and one that a token leads to."""
    first = []
    assert_served_in_order(lambda: first.append(read_page(None)))
    assert first[0].next_token
    assert_served_in_order(lambda: read_page(first[0].next_token))


def test_executions_of_a_pipeline(pipeline):
    both_pages(lambda token: list_executions(pipeline.account, pipeline, size=1, token=token))


@pytest.mark.parametrize("latest_only", [False, True])
def test_actions_of_a_pipeline(pipeline, latest_only):
    wanted = AttemptFilter(latest_only=latest_only)
    both_pages(lambda token: list_action_executions(pipeline.account, pipeline, wanted=wanted, size=1, token=token))


def test_rules_of_a_pipeline(pipeline):
    assert_served_in_order(
        lambda: list_rule_executions(pipeline.account, pipeline, wanted=AttemptFilter(), size=1, token=None)
    )


def test_actions_of_an_execution_are_found_by_an_index(pipeline):
    """Few rows, so they may be sorted."""
    execution = PipelineExecution.objects.filter(pipeline=pipeline)[0]
    with CaptureQueriesContext(connection) as asked:
        wanted = AttemptFilter(execution_id=execution.pk)
        assert list_action_executions(pipeline.account, pipeline, wanted=wanted, size=5, token=None).rows
    assert all(word not in plan_of(asked[-1]["sql"]) for word in ("SCAN ", "Seq Scan"))


@pytest.mark.parametrize("poll", ["of the account", "of a third-party type"])
def test_a_poll_that_finds_nothing(poll):
    account = make_account()
    if poll == "of the account":
        assert_served_in_order(lambda: offer_jobs(account, "Build/Custom/None/1", query_value="", limit=1, now=NOW))
    else:
        assert_served_in_order(lambda: offer_third_party_jobs("Build/ThirdParty/None/1", limit=1, now=NOW))


@BY_SQLITE
@pytest.mark.parametrize("statement", [OF_THE_PIPELINE, NUMBERS_IN_FLIGHT])
def test_a_decision_reads_nothing_of_the_past(pipeline, statement):
    """With its parameters as they are sent: a database does not know that a list of them is an index's condition."""
    composed = statement._composed(connections["default"])
    values = [pipeline.pk if isinstance(part, Slot) else part for part in composed.parameters]
    assert "executions_in_flight" in plan_of(composed.sql, values)


@BY_SQLITE
@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda account: expire_jobs(now=NOW), "jobs_by_deadline"),
        (lambda account: end_dispatched_leases(now=NOW), "jobs_on_lease"),
        (lambda account: holders_of_jobs(), "jobs_on_lease"),
        (lambda account: take_back_from_dead(["nobody"], now=NOW), "jobs_on_lease"),
        (waiting_approvals, "jobs_unfinished"),
        (running_executions, "executions_under_way"),
    ],
)
def test_looks_at_what_is_under_way_read_nothing_of_the_past(pipeline, look, index):
    with CaptureQueriesContext(connection) as asked:
        look(pipeline.account)
    looks = [query["sql"] for query in asked if query["sql"].startswith(("SELECT", "UPDATE"))]
    looks = [sql for sql in looks if '"jobs_job"' in sql or "under_way" in index]
    assert looks
    for sql in looks:
        assert index in plan_of(sql), sql


def test_a_list_without_an_index_for_its_order_is_seen(pipeline):
    """The check itself can fail."""
    with pytest.raises(AssertionError, match="ORDER BY"):
        assert_served_in_order(lambda: list(PipelineExecution.objects.order_by("trigger_detail")))
