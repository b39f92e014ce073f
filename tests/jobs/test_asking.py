"""What providers are answered: always in the account of their action."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from apps.actions.host import Refused
from apps.artifacts.services import delete_object, put_object
from apps.executions.models import PipelineExecution
from apps.jobs.worker.asking import Asker, answers_for
from tests.factories import BY, first_execution, make_account, make_pipeline
from tests.factories import start as start_again

pytestmark = pytest.mark.django_db
PLACE = {"bucket": "sources", "key": "site.zip"}


@pytest.fixture
def asker(tmp_path) -> Asker:
    return asker_in(first_execution(make_pipeline(name="upstream")), tmp_path / "asked")


def asker_in(execution: PipelineExecution, folder: Path, *, attempt: str = "attempt-1") -> Asker:
    context = {"pipeline_name": execution.pipeline.name, "pipeline_execution_id": str(execution.pk)}
    return Asker(execution.account, folder, attempt, context)


def put(account, content: bytes = b"hello"):
    return put_object(account, PLACE["bucket"], PLACE["key"], BytesIO(content))


def ask(asker: Asker, what: str, **arguments):
    return answers_for(asker)(what, arguments)


def start(asker: Asker, name: str = "web", **arguments):
    return ask(asker, "start_pipeline", **{"name": name, "variables": [], "source_revisions": [], **arguments})


def test_the_latest_version_is_known_by_what_the_store_says_of_it(asker):
    put(asker.account)
    stored = put(asker.account, b"hello again")
    facts = ask(asker, "look_at_object", **PLACE)
    assert (facts["version_id"], facts["size"], facts["etag"]) == (stored.version_id, 11, stored.etag)


def test_a_named_version_is_fetched_to_a_file_of_its_own(asker):
    first = put(asker.account)
    put(asker.account, b"hello again")
    facts = ask(asker, "fetch_object", **PLACE, version_id=first.version_id)
    assert Path(facts["path"]).read_bytes() == b"hello"
    assert Path(facts["path"]).parent == asker.folder


def test_what_is_not_there_is_refused_by_its_name(asker):
    with pytest.raises(Refused, match=r"no object 'site.zip' in bucket 'sources'") as refused:
        ask(asker, "look_at_object", **PLACE)
    assert refused.value.code == "ConfigurationError"
    put(asker.account)
    with pytest.raises(Refused, match="no version 'v9'") as refused:
        ask(asker, "fetch_object", **PLACE, version_id="v9")
    assert refused.value.code == "RevisionUnavailable"
    delete_object(asker.account, **PLACE)
    with pytest.raises(Refused):
        ask(asker, "look_at_object", **PLACE)


def test_an_object_of_another_account_is_not_there(asker):
    put(make_account("Other"))
    with pytest.raises(Refused):
        ask(asker, "look_at_object", **PLACE, account="Other")


def test_an_attempt_starts_one_execution_however_often_it_asks(asker):
    pipeline = make_pipeline(account=asker.account)
    assert start(asker) == start(asker)
    execution = PipelineExecution.objects.get(pipeline=pipeline, number=2)
    assert start(asker) == {"execution_id": str(execution.pk)}
    assert json.loads(execution.trigger_detail) == {
        "PipelineName": "upstream",
        "PipelineExecutionId": asker.context["pipeline_execution_id"],
    }
    assert (execution.started_by, execution.invoked_through) == ([BY], ["upstream"])


def test_pipelines_do_not_start_each_other_in_a_circle(asker):
    for name in ("middle", "last"):
        make_pipeline(account=asker.account, name=name)
    before = asker
    for name in ("middle", "last"):
        started = PipelineExecution.objects.get(pk=start(before, name)["execution_id"])
        before = asker_in(started, asker.folder)
    for name, way in (
        ("upstream", "upstream → middle → last → upstream"),
        ("middle", "upstream → middle → last → middle"),
        ("last", "upstream → middle → last → last"),
    ):
        with pytest.raises(Refused, match=f"start each other for ever: {way}") as refused:
            start(before, name)
        assert refused.value.code == "ConfigurationError"
    assert PipelineExecution.objects.count() == 5


def test_a_pipeline_that_a_person_starts_begins_a_new_chain(asker):
    pipeline = make_pipeline(account=asker.account)
    start(asker)
    assert start_again(pipeline).invoked_through == []


def test_a_start_leads_through_ten_pipelines_at_most(asker):
    make_pipeline(account=asker.account)
    above = PipelineExecution.objects.filter(pk=asker.context["pipeline_execution_id"])
    above.update(invoked_through=[f"p{number}" for number in range(9)])
    with pytest.raises(Refused, match="10 pipelines at most") as refused:
        start(asker)
    assert refused.value.code == "ConfigurationError"
    above.update(invoked_through=[f"p{number}" for number in range(8)])
    start(asker)


def test_only_an_execution_starts_a_pipeline(asker):
    make_pipeline(account=asker.account)
    with pytest.raises(Refused, match="Only an action of an execution"):
        start(Asker(asker.account, asker.folder))


def test_a_pipeline_of_another_account_is_not_there(asker):
    make_pipeline(account=make_account("Other"))
    with pytest.raises(Refused, match="does not have a pipeline with name 'web'"):
        start(asker)


def test_a_pipeline_that_runs_all_it_may_is_refused(asker, settings):
    settings.MOST_ACTIVE_EXECUTIONS = 1
    make_pipeline(account=asker.account, mode="QUEUED")
    with pytest.raises(Refused, match="the most its mode allows") as refused:
        start(asker)
    assert refused.value.code == "JobFailed"


def test_a_question_that_nobody_knows_is_refused(asker):
    with pytest.raises(Refused, match="does not know what 'reveal_everything' is"):
        ask(asker, "reveal_everything")
