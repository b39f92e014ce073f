"""Putting a revision to a source action: when it is new, what it starts, who may not. Source: reference section 6.5."""

from datetime import timedelta

import pytest

from apps.executions.models import PipelineExecution
from apps.pipelines.errors import ActionNotFound, PipelineNotFound, StageNotFound
from apps.triggers.errors import RevisionInvalid
from apps.triggers.models import ActionRevision, SourceWatch
from apps.triggers.services import put_action_revision, source_seen
from headrace_sdk import Revision
from tests.factories import BY, NOW, first_execution, make_account, make_pipeline, settle, start
from tests.triggers.test_watching import watched_declaration

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


def put(pipeline, revision="r1", *, account=None, name="", stage="Source", action="Fetch", now=LATER):
    given = {"revisionId": revision, "revisionChangeId": f"change of {revision}", "created": NOW}
    return put_action_revision(account or pipeline.account, name or pipeline.name, stage, action, given, by=BY, now=now)


def numbers(pipeline):
    return PipelineExecution.objects.filter(pipeline=pipeline).count()


def test_a_new_revision_starts_an_execution_in_the_caller_s_name():
    pipeline = make_pipeline()
    done = put(pipeline)
    execution = PipelineExecution.objects.get(pk=done.execution_id)
    assert done.is_new
    assert (execution.number, execution.trigger_type, execution.trigger_detail) == (2, "PutActionRevision", BY)
    assert [item["id"] for item in execution.revisions] == ["r1"]


def test_the_revision_that_the_action_is_at_starts_nothing_and_shows_the_latest_execution():
    pipeline = make_pipeline()
    put(pipeline)
    latest = start(pipeline)
    assert put(pipeline) == put(pipeline)
    assert (put(pipeline).is_new, put(pipeline).execution_id) == (False, latest.pk)
    assert numbers(pipeline) == 3


def test_an_earlier_revision_is_new_again_once_another_was_put():
    pipeline = make_pipeline()
    assert [put(pipeline, each).is_new for each in ("r1", "r2", "r2", "r1")] == [True, True, False, True]
    assert ActionRevision.objects.get().revision_id == "r1"


def test_what_a_job_says_it_took_is_what_the_action_is_at():
    pipeline = make_pipeline()
    settle(first_execution(pipeline), "Fetch", revision={"id": "r9"})
    assert not put(pipeline, "r9").is_new
    assert put(pipeline, "r1").is_new


def test_a_job_that_names_no_revision_took_the_one_that_was_put():
    pipeline = make_pipeline(mode="PARALLEL")
    execution = PipelineExecution.objects.get(pk=put(pipeline).execution_id)
    settle(execution, "Fetch")
    execution.refresh_from_db()
    assert [(item["id"], item["change_id"]) for item in execution.revisions] == [("r1", "change of r1")]
    assert not put(pipeline).is_new


def test_a_job_that_names_another_revision_is_believed():
    pipeline = make_pipeline(mode="PARALLEL")
    execution = PipelineExecution.objects.get(pk=put(pipeline).execution_id)
    settle(execution, "Fetch", revision={"id": "r2"})
    execution.refresh_from_db()
    assert [item["id"] for item in execution.revisions] == ["r2"]


def test_a_revision_that_was_put_is_not_started_again_by_a_poll():
    account = make_account()
    pipeline = make_pipeline(account=account, declaration=watched_declaration(account))
    watch = SourceWatch.objects.get(account=account)
    assert put(pipeline, "a1").is_new
    assert not source_seen(watch.pk, watch.configuration_digest, Revision("a1"), "PollForSourceChanges", now=LATER)
    assert source_seen(watch.pk, watch.configuration_digest, Revision("b2"), "PollForSourceChanges", now=LATER)
    assert not put(pipeline, "b2").is_new


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"name": "none"}, PipelineNotFound),
        ({"stage": "None"}, StageNotFound),
        ({"action": "None"}, ActionNotFound),
        ({"action": "Make"}, ActionNotFound),
        ({"stage": "Build", "action": "Make"}, RevisionInvalid),
    ],
)
def test_a_place_that_takes_no_revision_is_refused(place, error):
    pipeline = make_pipeline()
    with pytest.raises(error):
        put(pipeline, **place)
    assert (numbers(pipeline), ActionRevision.objects.count()) == (1, 0)


def test_a_pipeline_of_another_account_is_not_found():
    with pytest.raises(PipelineNotFound):
        put(make_pipeline(), account=make_account("Other"))
