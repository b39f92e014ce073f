"""What providers are answered: always in the account of their action."""

from io import BytesIO
from pathlib import Path

import pytest

from apps.actions.host import Refused
from apps.artifacts.services import delete_object, put_object
from apps.executions.models import PipelineExecution
from apps.jobs.worker.asking import Asker, answers_for
from tests.factories import make_account, make_pipeline

pytestmark = pytest.mark.django_db
PLACE = {"bucket": "sources", "key": "site.zip"}
CONTEXT = {"pipeline_name": "upstream", "pipeline_execution_id": "1"}


@pytest.fixture
def asker(tmp_path) -> Asker:
    return Asker(make_account(), tmp_path / "asked", "attempt-1", CONTEXT)


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
    assert execution.trigger_detail == '{"PipelineName": "upstream", "PipelineExecutionId": "1"}'


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
