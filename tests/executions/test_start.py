import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.executions.errors import StartInvalid, TooManyExecutions
from apps.executions.models import ActionExecution, PipelineExecution
from apps.jobs.models import Job
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.models import Pipeline
from tests.factories import (
    BY,
    first_execution,
    make_account,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db


def test_when_a_start_returns_the_first_jobs_are_there():
    pipeline = make_pipeline()
    execution = first_execution(pipeline)
    assert (execution.state, execution.stage, execution.waiting) == ("InProgress", "Source", False)
    (job,) = Job.objects.for_account(pipeline.account)
    assert (job.performer, job.state) == ("outside", "Queued")
    assert job.action_execution_id == ActionExecution.objects.get(execution=execution).pk


def test_creating_a_pipeline_starts_it_and_says_by_whom():
    execution = first_execution(make_pipeline())
    assert (execution.trigger_type, execution.trigger_detail) == ("CreatePipeline", BY)


def test_executions_are_numbered_in_the_order_of_their_starts():
    pipeline = make_pipeline()
    assert [start(pipeline).number, start(pipeline).number] == [2, 3]


def test_a_pipeline_of_another_account_is_not_found():
    pipeline, stranger = make_pipeline(), make_account("Umbrella")
    pipeline.account = stranger
    with pytest.raises(PipelineNotFound) as foreign:
        start(pipeline)
    pipeline.name = "none"
    with pytest.raises(PipelineNotFound) as missing:
        start(pipeline)
    assert foreign.value.message.replace("web", "none") == missing.value.message


def test_the_same_token_returns_the_execution_that_it_started_first():
    pipeline = make_pipeline(declaration=None, variables=[{"name": "Colour", "defaultValue": "red"}])
    first = start(pipeline, client_request_token="t")
    again = start(pipeline, client_request_token="t", variables=[{"name": "Colour", "value": "blue"}])
    assert again.pk == first.pk
    assert PipelineExecution.objects.filter(pipeline=pipeline).count() == 2


def test_a_token_counts_within_its_pipeline():
    account = make_account()
    first = make_pipeline(account=account)
    second = make_pipeline(account=account, name="api")
    assert start(first, client_request_token="t").pk != start(second, client_request_token="t").pk


def test_a_replay_with_a_malformed_request_is_refused_before_it_is_looked_up():
    pipeline = make_pipeline(variables=[{"name": "Colour", "defaultValue": "red"}])
    start(pipeline, client_request_token="t")
    twice = [{"name": "Colour", "value": "red"}] * 2
    with pytest.raises(StartInvalid, match="'Colour' is given more than once"):
        start(pipeline, client_request_token="t", variables=twice)


def test_a_value_overrides_a_default_and_an_unknown_name_is_ignored():
    pipeline = make_pipeline(
        variables=[{"name": "Colour", "defaultValue": "red"}, {"name": "Size", "defaultValue": "s"}]
    )
    execution = start(pipeline, variables=[{"name": "Size", "value": "xl"}, {"name": "size", "value": "no"}])
    assert execution.variables == {"Colour": "red", "Size": "xl"}


def test_a_required_variable_without_a_value_is_kept_as_a_failed_execution():
    pipeline = make_pipeline(variables=[{"name": "Colour"}, {"name": "Size"}])
    execution = start(pipeline, variables=[{"name": "Size", "value": "xl"}])
    assert (execution.state, execution.variables) == ("Failed", None)
    assert execution.status_summary == "Values for required variables haven't been provided: Colour"
    assert not Job.objects.for_account(pipeline.account).exists()


@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL"])
def test_no_more_executions_are_active_than_the_mode_allows(settings, mode):
    """Shows CP-093."""
    settings.MOST_ACTIVE_EXECUTIONS = 2
    pipeline = make_pipeline(mode=mode)
    start(pipeline)
    with pytest.raises(TooManyExecutions, match="2 active executions"):
        start(pipeline)
    settle(first_execution(pipeline), "Fetch", succeeded=False)
    start(pipeline)


def test_a_mode_that_supersedes_has_no_such_limit(settings):
    settings.MOST_ACTIVE_EXECUTIONS = 1
    pipeline = make_pipeline()
    start(pipeline)
    assert start(pipeline).state == "InProgress"


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ({"actionName": "Make"}, "'Make', which is no source action of this pipeline. Its source actions: Fetch"),
        ({"actionName": "Nobody"}, "no source action"),
        ({"actionName": "Fetch"}, "'Fetch' takes no override, not COMMIT_ID"),
    ],
)
def test_a_source_revision_must_suit_its_action(override, sentence):
    pipeline = make_pipeline()
    with pytest.raises(StartInvalid, match=sentence):
        start(pipeline, source_revisions=[{"revisionType": "COMMIT_ID", "revisionValue": "abc", **override}])


def test_a_refused_start_leaves_nothing():
    pipeline = make_pipeline()
    with pytest.raises(StartInvalid):
        start(pipeline, variables=[{"name": "A", "value": "1"}] * 2)
    pipeline.refresh_from_db()
    assert pipeline.last_execution_number == 1


def test_a_start_costs_the_same_however_many_executions_there_were():
    account = make_account()
    fresh = make_pipeline(account=account, name="fresh")
    old = make_pipeline(account=account, name="old")
    for number in range(1, 7):
        settle(PipelineExecution.objects.get(pipeline=old, number=number), "Fetch", succeeded=False)
        start(old)
    assert queries_of_a_start(old) == queries_of_a_start(fresh)


def queries_of_a_start(pipeline: Pipeline) -> int:
    with CaptureQueriesContext(connection) as captured:
        start(pipeline)
    return len(captured)
