"""Rolling a stage back: the choice of an earlier execution, and what comes of it."""

import re

import pytest

from apps.executions.models import PipelineExecution, StageExecution
from apps.pipelines.models import Pipeline
from apps.pipelines.services import update_pipeline
from apps.tenancy.roles import Role
from tests.executions.guarded import CHECK, condition, make_guarded, settle_rule
from tests.factories import (
    BY,
    NOW,
    make_account,
    make_declaration,
    make_execution,
    make_pipeline,
    settle,
    start,
)
from tests.portal.visits import HTMX, address, said, signed_in

pytestmark = pytest.mark.django_db
REVISION = {"id": "4f2a9c1b77", "change_id": "4f2a9c1b77", "summary": "Charge once", "url": ""}


def released(pipeline: Pipeline, revision: dict | None = None) -> PipelineExecution:
    begun = PipelineExecution.objects.filter(pipeline=pipeline, stage="Source", state="InProgress").first()
    execution = begun or start(pipeline)
    settle(execution, "Fetch", **({"revision": revision} if revision else {}))
    settle(execution, "Make")
    return execution


@pytest.fixture
def pipeline():
    return make_pipeline(variables=[{"name": "Region", "defaultValue": "north"}])


def read(pipeline, role: Role = Role.ADMIN, stage: str = "Build", **query) -> str:
    there = address("rollbacks", pipeline.account, name=pipeline.name, stage=stage)
    return signed_in(pipeline.account, role).get(there, query).content.decode()


def targets(html: str) -> list[str]:
    return re.findall(r'data-target="([^"]+)"', html)


def roll_back(pipeline, target, role: Role = Role.DEVELOPER, *, account=None, stage: str = "Build", **options):
    account = account or pipeline.account
    fields = {"stage": stage, "target": target.pk}
    return signed_in(account, role).post(address("rollback", account, name=pipeline.name), fields, **options)


def test_those_that_succeeded_in_the_stage_are_offered_newest_first(pipeline):
    executions = [released(pipeline) for _ in range(3)]
    settle(failed := make_execution(pipeline), "Make", succeeded=False)
    assert targets(read(pipeline)) == [str(each.pk) for each in reversed(executions)]
    assert failed.state == "Failed"


def test_what_would_be_rolled_back_to_is_said(pipeline):
    released(pipeline, REVISION)
    settle(make_execution(pipeline), "Make", succeeded=False)
    text = said(read(pipeline))
    for words in (
        "Execution 1",
        "4f2a9c1",
        "Charge once",
        "31 Jan 2030, 09:00 UTC",
        "succeeded in Build",
        "Region=north",
    ):
        assert words in text
    assert "In the stage now Failed Execution #2" in text
    assert "Roll Build back to execution 1" in text


def test_what_the_stage_ran_last_is_marked(pipeline):
    released(pipeline)
    newest = released(pipeline)
    marked = read(pipeline).partition("target--there")[2]
    assert targets(marked)[0] == str(newest.pk)


def test_a_rollback_begins_and_is_marked_with_where_it_goes(pipeline):
    target = released(pipeline)
    released(pipeline)
    answer = roll_back(pipeline, target)
    begun = PipelineExecution.objects.get(pipeline=pipeline, number=3)
    assert (begun.type, begun.rollback_target, begun.trigger_type) == ("ROLLBACK", target.pk, "ManualRollback")
    assert answer["Location"] == address("pipeline", pipeline.account, name=pipeline.name)
    client = signed_in(pipeline.account)
    history = said(client.get(address("history", pipeline.account, name=pipeline.name)).content.decode())
    assert "Rollback to #1" in history
    assert "Standard" in history
    assert "SUPERSEDED" in history
    name = begun.trigger_detail.rpartition("/")[2]
    assert f"Rollback by {name}" in history


def test_rollbacks_are_no_targets(pipeline):
    target = released(pipeline)
    roll_back(pipeline, target)
    begun = PipelineExecution.objects.get(pipeline=pipeline, number=2)
    settle(begun, "Make")
    assert targets(read(pipeline)) == [str(target.pk)]


def test_executions_of_an_older_version_are_no_targets(pipeline):
    released(pipeline)
    changed = make_declaration(pipeline.account, variables=[{"name": "Region", "defaultValue": "south"}])
    update_pipeline(pipeline.account, changed, by=BY, now=NOW)
    html = read(pipeline)
    assert targets(html) == []
    assert "there is nothing to go back to" in said(html)


def test_a_skipped_stage_is_no_target():
    pipeline = make_guarded(beforeEntry=condition("SKIP", CHECK))
    settle_rule(make_execution(pipeline), "Check", succeeded=False)
    assert targets(read(pipeline)) == []


def test_a_stage_in_progress_says_why_it_is_not_rolled_back(pipeline):
    released(pipeline)
    make_execution(pipeline)
    html = read(pipeline)
    assert "cannot be rolled back now" in said(html)
    assert "<form" not in html.partition('id="live"')[2]


def test_targets_come_in_pages(pipeline):
    executions = [released(pipeline) for _ in range(23)]
    first = read(pipeline)
    token = re.search(r'\?after=([^"]+)" rel="next"', first)[1]
    there = address("rollbacks", pipeline.account, name=pipeline.name, stage="Build")
    second = signed_in(pipeline.account).get(f"{there}?after={token}").content.decode()
    assert targets(first) + targets(second) == [str(each.pk) for each in reversed(executions)]
    assert (len(targets(first)), 'rel="next"' in second) == (20, False)


def test_a_token_of_another_stage_leads_to_the_first_page(pipeline):
    for _ in range(22):
        released(pipeline)
    token = re.search(r'\?after=([^"]+)" rel="next"', read(pipeline))[1]
    there = address("rollbacks", pipeline.account, name=pipeline.name, stage="Source")
    assert signed_in(pipeline.account).get(f"{there}?after={token}")["Location"] == there


def test_the_number_of_queries_does_not_grow_with_what_is_offered(pipeline, django_assert_max_num_queries):
    client = signed_in(pipeline.account)
    counts = []
    for many in (2, 12):
        while StageExecution.objects.filter(stage="Build").count() < many:
            released(pipeline)
        with django_assert_max_num_queries(12) as queries:
            client.get(address("rollbacks", pipeline.account, name=pipeline.name, stage="Build"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_viewer_sees_what_there_is_and_is_refused(pipeline):
    target = released(pipeline)
    html = read(pipeline, Role.VIEWER)
    assert targets(html) == [str(target.pk)]
    assert "popovertarget" not in html
    assert roll_back(pipeline, target, Role.VIEWER).status_code == 403
    assert PipelineExecution.objects.filter(pipeline=pipeline).count() == 1


def test_a_stranger_rolls_nothing_back(pipeline):
    target = released(pipeline)
    assert roll_back(pipeline, target, account=make_account("Strangers")).status_code == 404
    assert PipelineExecution.objects.filter(pipeline=pipeline).count() == 1


def test_a_stage_that_is_not_there_is_not_found(pipeline):
    there = address("rollbacks", pipeline.account, name=pipeline.name, stage="Nowhere")
    assert signed_in(pipeline.account).get(there).status_code == 404


@pytest.mark.parametrize(
    ("stage", "refusal"),
    [
        ("Build", "An execution is in progress in it"),
        ("Source", "It is the stage of the sources"),
        ("Nowhere", "stage"),
    ],
)
def test_a_refusal_is_said_in_the_words_of_the_api(stage, refusal, pipeline):
    target = released(pipeline)
    make_execution(pipeline)
    answer = roll_back(pipeline, target, stage=stage, headers=HTMX).content.decode()
    assert 'data-level="error"' in answer
    assert refusal in said(answer)
