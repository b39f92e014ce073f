"""The pipeline page: what it says of every situation, and what its forms do."""

import pytest

from apps.executions.models import ActionExecution, PipelineExecution
from apps.pipelines.services import set_transition
from apps.tenancy.roles import Role
from tests.factories import (
    APPROVAL,
    BY,
    NOW,
    attempt_at,
    first_execution,
    make_account,
    make_pipeline,
    settle,
    start,
)
from tests.portal.visits import HTMX, address, first_in_build, make_release, said, signed_in, stages, tiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return make_release()


@pytest.fixture
def client(pipeline):
    return signed_in(pipeline.account)


def read(client, pipeline, **query) -> str:
    return client.get(address("pipeline", pipeline.account, name=pipeline.name), query).content.decode()


def send(client, pipeline, form: str, *, headers=None, **fields):
    return client.post(address(form, pipeline.account, name=pipeline.name), fields, headers=headers)


def at_approval(pipeline) -> PipelineExecution:
    execution = first_in_build(pipeline)
    settle(execution, "Make", "Check")
    settle(execution, "Pack")
    return execution


def broken(pipeline) -> None:
    settle(first_in_build(pipeline), "Make", "Check", succeeded=False)


def close_gate(pipeline, stage: str, *, side: str = "Inbound", reason: str = "freeze") -> None:
    set_transition(pipeline.account, pipeline.name, stage, side, enabled=False, by=BY, now=NOW, reason=reason)


def test_stages_and_actions_stand_in_the_order_of_the_definition(client, pipeline):
    assert list(tiles(read(client, pipeline))) == [
        "Source/Fetch", "Build/Make", "Build/Check", "Build/Pack", f"Approval/{APPROVAL}", "Deploy/Ship",
    ]  # fmt: skip


def test_actions_of_one_run_order_stand_in_one_row(client, pipeline):
    rows = read(client, pipeline).split('class="stage-card__row"')
    assert [len(tiles(row)) for row in rows[1:]] == [1, 2, 1, 1, 1]


def test_states_are_those_of_the_latest_execution_in_each_stage(client, pipeline):
    execution = first_in_build(pipeline)
    settle(execution, "Make")
    settle(execution, "Check", succeeded=False)
    html = read(client, pipeline)
    assert stages(html) == {"Source": "Succeeded", "Build": "Failed", "Approval": "NotRun", "Deploy": "NotRun"}
    assert tiles(html)["Build/Make"] == "Succeeded"
    assert tiles(html)["Build/Check"] == "Failed"
    assert tiles(html)["Build/Pack"] == "NotRun"


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (lambda pipeline: None, "Execution 1 is running in Source."),
        (first_in_build, "Execution 1 is running in Build."),
        (at_approval, "Execution 1 waits for approval in Approval."),
        (broken, "Execution 1 failed in Build: Make, Check."),
    ],
)
def test_the_state_is_said_in_a_sentence(happens, sentence, client, pipeline):
    happens(pipeline)
    assert sentence in said(read(client, pipeline))


def test_success_is_said_when_the_last_stage_succeeded():
    pipeline = make_pipeline(stages={"Build": {"Make": 1}})
    settle(first_in_build(pipeline), "Make")
    assert "Execution 1 succeeded." in said(read(signed_in(pipeline.account), pipeline))


def test_an_execution_waits_visibly_before_the_card_that_it_wants(client, pipeline):
    first_in_build(pipeline)
    waiting = start(pipeline)
    settle(waiting, "Fetch")
    html = read(client, pipeline)
    before, _, inside = html.partition('<article class="stage-card" data-stage="Build"')
    assert f'data-queued="{waiting.pk}"' in before
    assert str(waiting.pk) not in inside.partition("</article>")[0]
    assert f"Build is busy with {str(first_execution(pipeline).pk)[:8]}…" in said(html)


def test_the_chain_of_waiting_is_followed_to_its_end(client, pipeline):
    at_approval(pipeline)
    following = start(pipeline)
    settle(following, "Fetch")
    settle(following, "Make", "Check")
    settle(following, "Pack")
    assert "Approval is busy with" in (text := said(read(client, pipeline)))
    assert "itself held: Waiting for approval." in text


@pytest.mark.parametrize(("stage", "side"), [("Build", "Inbound"), ("Source", "Outbound")])
def test_a_closed_gate_says_who_and_why(stage, side, client, pipeline):
    close_gate(pipeline, stage, side=side, reason="until the audit")
    assert "The transition into Build was disabled by tests: “until the audit”." in said(read(client, pipeline))


def test_an_approval_is_asked_for_in_its_panel(client, pipeline):
    execution = at_approval(pipeline)
    html = read(client, pipeline, selected=f"Approval/{APPROVAL}")
    assert f'name="token" value="{attempt_at(execution, APPROVAL).pk}"' in html
    assert "Waiting for approval" in said(html)


def test_a_developer_is_not_asked_to_decide(pipeline):
    at_approval(pipeline)
    html = read(signed_in(pipeline.account, Role.DEVELOPER), pipeline, selected=f"Approval/{APPROVAL}")
    assert 'name="token"' not in html
    assert "A releaser of this account decides." in html


@pytest.mark.parametrize(("decision", "state"), [("approve", "Succeeded"), ("reject", "Failed")])
def test_a_releaser_decides(decision, state, pipeline):
    execution = at_approval(pipeline)
    approval = attempt_at(execution, APPROVAL)
    client = signed_in(pipeline.account, Role.RELEASER)
    send(
        client,
        pipeline,
        "approval",
        token=approval.pk,
        stage="Approval",
        action=APPROVAL,
        decision=decision,
        summary="seen",
    )
    approval.refresh_from_db()
    assert (approval.state, approval.summary) == (state, "seen")
    assert approval.updated_by.endswith(pipeline.account.people.get().username)


def test_an_approval_is_decided_once(client, pipeline):
    approval = attempt_at(at_approval(pipeline), APPROVAL)
    fields = {"token": approval.pk, "stage": "Approval", "action": APPROVAL, "decision": "approve"}
    send(client, pipeline, "approval", **fields)
    answer = send(client, pipeline, "approval", headers=HTMX, **fields)
    assert "already been approved or rejected" in said(answer.content.decode())


def test_a_failed_stage_is_tried_again(client, pipeline):
    execution = first_in_build(pipeline)
    settle(execution, "Make")
    settle(execution, "Check", succeeded=False)
    assert "Retry failed" in read(client, pipeline)
    send(client, pipeline, "retry", stage="Build", execution=execution.pk, mode="FAILED_ACTIONS")
    html = read(client, pipeline, selected="Build/Check")
    assert tiles(html)["Build/Check"] == "InProgress"
    assert tiles(html)["Build/Make"] == "Succeeded"
    assert "Attempt 1" in said(html)


def test_an_earlier_attempt_is_shown_when_asked_for(client, pipeline):
    execution = first_in_build(pipeline)
    settle(execution, "Make")
    settle(execution, "Check", succeeded=False, error_message="The first try broke.")
    send(client, pipeline, "retry", stage="Build", execution=execution.pk, mode="FAILED_ACTIONS")
    assert "The first try broke." not in read(client, pipeline, selected="Build/Check")
    assert "The first try broke." in read(client, pipeline, selected="Build/Check", attempt=1)


def test_an_execution_is_started_by_who_asks(client, pipeline):
    settle(first_execution(pipeline), "Fetch")
    answer = send(client, pipeline, "start")
    execution = PipelineExecution.objects.get(pipeline=pipeline, number=2)
    assert answer["Location"] == address("pipeline", pipeline.account, name=pipeline.name)
    assert execution.trigger_detail.endswith(f":user/{pipeline.account.people.get().username}")
    assert "Execution 2 was started." in said(read(client, pipeline))


@pytest.mark.parametrize(("mode", "state"), [("wait", "Stopping"), ("abandon", "Stopped")])
def test_an_execution_is_stopped_with_a_reason(mode, state, client, pipeline):
    execution = first_in_build(pipeline)
    send(client, pipeline, "stop", execution=execution.pk, mode=mode, reason="wrong branch")
    execution.refresh_from_db()
    assert (execution.state, execution.stop_reason) == (state, "wrong branch")


def test_a_gate_is_closed_and_opened(client, pipeline):
    send(client, pipeline, "transition", stage="Build", enabled="0", reason="freeze")
    assert 'data-gate="closed"' in read(client, pipeline)
    send(client, pipeline, "transition", stage="Build", enabled="1")
    assert 'data-gate="closed"' not in read(client, pipeline)


def test_opening_the_way_opens_the_gate_behind_the_stage_before_too(client, pipeline):
    close_gate(pipeline, "Source", side="Outbound")
    send(client, pipeline, "transition", stage="Build", enabled="1")
    assert 'data-gate="closed"' not in read(client, pipeline)


def test_a_refusal_is_news_and_no_error_of_the_page(client, pipeline):
    execution = first_in_build(pipeline)
    answer = send(client, pipeline, "retry", headers=HTMX, stage="Build", execution=execution.pk)
    assert answer.status_code == 200
    assert 'data-level="error"' in answer.content.decode()


def test_without_script_the_panel_stays_open(client, pipeline):
    answer = send(client, pipeline, "start", selected="Build/Make")
    assert answer["Location"].endswith("?selected=Build%2FMake")


def test_htmx_gets_the_live_region_alone(client, pipeline):
    html = client.get(address("pipeline", pipeline.account, name=pipeline.name), headers=HTMX).content.decode()
    assert html.lstrip().startswith('<div id="live"')
    assert "<html" not in html


def test_a_re_read_of_what_did_not_change_is_not_sent_again(client, pipeline):
    page = address("pipeline", pipeline.account, name=pipeline.name)
    tag = client.get(page, headers=HTMX)["ETag"]
    assert client.get(page, headers={**HTMX, "If-None-Match": tag}).status_code == 304
    settle(first_execution(pipeline), "Fetch")
    assert client.get(page, headers={**HTMX, "If-None-Match": tag}).status_code == 200


def test_the_page_knows_the_newest_event_that_it_shows(client, pipeline):
    before = read(client, pipeline).partition('data-sequence="')[2].partition('"')[0]
    settle(first_execution(pipeline), "Fetch")
    after = read(client, pipeline).partition('data-sequence="')[2].partition('"')[0]
    assert int(after) > int(before)


def test_every_state_that_a_message_may_name_has_its_badge_on_the_page(client, pipeline):
    html = read(client, pipeline)
    for state in ("NotRun", "InProgress", "Succeeded", "Failed", "Stopping", "Stopped", "Abandoned", "Approval"):
        assert f'<template data-status="{state}">' in html


@pytest.mark.parametrize("selected", ["", "Build", "Build/Nobody", "Nowhere/Make", "<script>", "Build/Make/"])
def test_what_is_selected_and_does_not_exist_is_not_shown(selected, client, pipeline):
    html = read(client, pipeline, selected=selected)
    assert "data-panel" not in html
    assert "<script>" not in html


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_people_and_machines_wrote_stays_text(payload, client, pipeline):
    execution = first_in_build(pipeline)
    settle(execution, "Make", succeeded=False, error_message=payload, summary=payload)
    close_gate(pipeline, "Deploy", reason=payload)
    html = read(client, pipeline, selected="Build/Make")
    assert payload not in html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://host/"])
def test_a_link_that_is_none_of_the_web_is_not_followed(link, client, pipeline):
    settle(first_in_build(pipeline), "Make", external_url=link)
    assert ActionExecution.objects.filter(external_url=link).exists()
    assert link not in read(client, pipeline, selected="Build/Make")


def test_the_number_of_queries_does_not_grow_with_the_pipeline(django_assert_max_num_queries):
    account = make_account()
    small = make_pipeline(account=account, name="small")
    stages = {f"Stage{number}": {f"Do{action}": 1 for action in range(9)} for number in range(9)}
    large = make_pipeline(account=account, name="large", stages=stages)
    client = signed_in(account)
    counts = []
    for pipeline in (small, large):
        first_in_build(pipeline)
        start(pipeline)
        with django_assert_max_num_queries(16) as queries:
            read(client, pipeline)
        counts.append(len(queries))
    assert counts[0] == counts[1]
