"""The page of one execution: every attempt, every condition, and what may be done."""

import re

import pytest

from apps.executions.models import ActionExecution, PipelineExecution
from apps.executions.services import retry_stage
from apps.tenancy.roles import Role
from tests.executions.guarded import CHECK, condition, make_guarded, settle_rule
from tests.factories import (
    APPROVAL,
    BY,
    NOW,
    UNKNOWN,
    attempt_at,
    make_account,
    make_execution,
    make_pipeline,
    settle,
    start,
)
from tests.portal.visits import HTMX, address, said, signed_in

pytestmark = pytest.mark.django_db


def where(execution, page: str = "execution") -> str:
    return address(page, execution.account, name=execution.pipeline.name, execution_id=execution.pk)


def read(execution, role: Role = Role.ADMIN, **query) -> str:
    return signed_in(execution.account, role).get(where(execution), query).content.decode()


def attempts(html: str) -> list[str]:
    return re.findall(r'id="attempt-([^"]+)"', html)


def failed() -> PipelineExecution:
    execution = make_execution(make_pipeline(stages={"Build": {"Make": 1}, "Ship": {"Send": 1}}))
    settle(execution, "Make", succeeded=False, error_message="It does not link.")
    return execution


def test_it_holds_every_fact():
    text = said(read(failed()))
    for words in (
        "Execution 1",
        "Failed · Build",
        "Pipeline created by tests",
        "Standard",
        "SUPERSEDED",
        "It does not link.",
    ):
        assert words in text


def test_every_attempt_is_there_newest_first():
    execution = failed()
    retry_stage(execution.account, "web", "Build", execution.pk, mode="FAILED_ACTIONS", by=BY, now=NOW.replace(hour=10))
    newest = attempt_at(execution, "Make")
    html = read(execution)
    assert attempts(html)[0] == str(newest.pk)
    assert len(attempts(html)) == 3
    assert "Retried 1 time by hand" in said(html)


def test_attempts_come_in_pages_each_once():
    execution = failed()
    template = attempt_at(execution, "Make")
    for number in range(2, 120):
        template.pk, template.attempt, template._state.adding = None, number, True
        template.id = ActionExecution._meta.pk.get_default()
        template.save()
    seen, query = [], ""
    for most in (50, 50, 20):
        html = signed_in(execution.account).get(where(execution) + query).content.decode()
        assert len(attempts(html)) == most
        seen += attempts(html)
        query = "".join(re.findall(r'(\?after=[^"]+)" rel="next"', html))
    assert query == ""
    assert sorted(seen) == sorted(str(key) for key in ActionExecution.objects.values_list("pk", flat=True))


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries):
    counts = []
    for actions in (1, 12):
        rules = [{**CHECK, "name": f"Rule{number}"} for number in range(min(actions, 5))]
        stages = {"Build": {f"Do{number}": 1 for number in range(actions)}, "Ship": {"Send": 1}}
        execution = make_execution(make_guarded(stages=stages, beforeEntry=condition("FAIL", *rules)))
        for rule in rules:
            settle_rule(execution, rule["name"])
        settle(execution, *(f"Do{number}" for number in range(actions)))
        client = signed_in(execution.account)
        with django_assert_max_num_queries(12) as queries:
            client.get(where(execution))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_conditions_stand_with_their_stages_and_may_be_overridden_here():
    execution = make_execution(make_guarded(beforeEntry=condition("FAIL", CHECK)))
    settle_rule(execution, "Check", succeeded=False)
    html = read(execution, Role.RELEASER)
    assert 'data-kind="BEFORE_ENTRY" data-check="Failed"' in html
    assert "It is closed." in html
    fields = {"stage": "Build", "execution": execution.pk, "kind": "BEFORE_ENTRY", "back": "execution"}
    there = address("override", execution.account, name="web")
    client = signed_in(execution.account, Role.RELEASER)
    assert client.post(there, fields)["Location"] == where(execution)
    assert attempt_at(execution, "Make").state == "InProgress"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_done_here_leads_back_here(headers):
    execution = failed()
    html = read(execution)
    assert 'value="FAILED_ACTIONS"' in html
    fields = {"stage": "Build", "execution": execution.pk, "mode": "FAILED_ACTIONS", "back": "execution"}
    answer = signed_in(execution.account).post(address("retry", execution.account, name="web"), fields, headers=headers)
    assert answer["HX-Redirect" if headers else "Location"] == where(execution)
    assert attempt_at(execution, "Make").attempt == 2


def test_parallel_executions_are_stopped_and_retried_here():
    pipeline = make_pipeline(mode="PARALLEL")
    first, second = make_execution(pipeline), start(pipeline)
    settle(first, "Make", succeeded=False)
    assert 'value="ALL_ACTIONS"' in read(first)
    assert 'value="abandon"' in read(second)
    settle(second, "Fetch")
    settle(second, "Make")
    html = read(second)
    assert 'value="ALL_ACTIONS"' not in html
    assert 'value="abandon"' not in html


def test_an_execution_that_is_no_longer_the_latest_is_not_retried():
    execution = failed()
    settle(start(execution.pipeline), "Fetch")
    assert 'value="ALL_ACTIONS"' not in read(execution)


def test_a_viewer_is_offered_nothing():
    html = read(failed(), Role.VIEWER).partition('id="live"')[2]
    assert "<form" not in html
    assert "popovertarget" not in html


def test_who_waits_for_a_person_says_so():
    execution = make_execution(make_pipeline(stages={"Gate": {APPROVAL: 1}}), at="Gate")
    assert "Waiting for approval" in said(read(execution))


def test_htmx_gets_the_live_region_alone():
    execution = failed()
    html = signed_in(execution.account).get(where(execution), headers=HTMX).content.decode()
    assert html.lstrip().startswith('<div id="live"')
    assert f'data-live="/live/a/{execution.account.number}/pipelines/web/"' in html


def test_history_is_live_too():
    execution = failed()
    there = address("history", execution.account, name="web")
    html = signed_in(execution.account).get(there, headers=HTMX).content.decode()
    assert html.lstrip().startswith('<div id="live"')
    assert where(execution) in html


@pytest.mark.parametrize("execution_id", [UNKNOWN, None])
def test_an_execution_of_elsewhere_is_not_found(execution_id):
    mine, theirs = failed(), make_execution(make_pipeline(account=make_account("Other")))
    there = address("execution", mine.account, name="web", execution_id=execution_id or theirs.pk)
    assert signed_in(mine.account).get(there).status_code == 404


def test_a_token_that_is_not_ours_leads_to_the_first_page():
    execution = failed()
    assert signed_in(execution.account).get(where(execution), {"after": "forged"})["Location"] == where(execution)


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_people_and_machines_wrote_stays_text(payload):
    execution = make_execution(make_guarded(beforeEntry=condition("FAIL", CHECK)))
    settle_rule(execution, "Check", succeeded=False, error_message=payload)
    for page in (where(execution), address("pipeline", execution.account, name="web")):
        assert payload not in signed_in(execution.account).get(page).content.decode()
