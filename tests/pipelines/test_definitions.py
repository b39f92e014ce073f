from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.core.crypto import SecretDamaged
from apps.events.models import Event
from apps.executions.models import ActionExecution
from apps.executions.selectors import pipeline_standing
from apps.jobs.models import Job
from apps.pipelines.errors import PipelineNameInUse, PipelineNotFound, PipelineVersionNotFound
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.pipelines.selectors import find_pipeline, list_pipelines, version_of
from apps.pipelines.services import create_pipeline, delete_pipeline, update_pipeline
from apps.pipelines.structure.errors import InvalidStructure
from apps.pipelines.tasks import KEPT_AFTER_DELETION, purge_deleted_pipelines
from tests.factories import (
    BY,
    NOW,
    make_account,
    make_action_type,
    make_declaration,
    make_execution,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery staple"


def with_secret(account, value: str = SECRET) -> dict:
    """Return a declaration whose Build action has a secret in its configuration."""
    declaration = make_declaration(account)
    type_id = make_action_type(account, provider="Vault", properties=["Password"], secret=True)
    declaration["stages"][1]["actions"][0] |= {"actionTypeId": type_id, "configuration": {"Password": value}}
    return declaration


def in_tables(text: str) -> list[str]:
    """Return the models in whose rows a text stands."""
    found = []
    for model in apps.get_models():
        if text in repr(list(model._default_manager.values())):
            found.append(model._meta.label)
    return found


def test_the_first_version_is_one_and_each_update_adds_one_even_without_a_change():
    pipeline = make_pipeline()
    for expected in (2, 3):
        version = update_pipeline(pipeline.account, make_declaration(pipeline.account), by=BY, now=NOW)
        assert version.version == version.declaration["version"] == expected
    pipeline.refresh_from_db()
    assert (pipeline.version, pipeline.created_at) == (3, NOW)


def test_the_current_version_sent_back_as_it_was_changes_nothing():
    execution = make_execution()
    account, sent = execution.account, make_declaration(execution.account) | {"version": 1}
    events = Event.objects.count()
    assert update_pipeline(account, sent, by=BY, now=NOW).version == 1
    execution.refresh_from_db()
    assert (execution.state, execution.pipeline.version, Event.objects.count()) == ("InProgress", 1, events)


def test_an_earlier_version_or_a_change_is_saved_whatever_version_it_names():
    pipeline = make_pipeline()
    account, sent = pipeline.account, make_declaration(pipeline.account)
    assert update_pipeline(account, sent | {"version": 7}, by=BY, now=NOW).version == 2
    assert update_pipeline(account, sent | {"version": 1}, by=BY, now=NOW).version == 3
    assert update_pipeline(account, sent | {"version": 3, "executionMode": "QUEUED"}, by=BY, now=NOW).version == 4


def test_an_earlier_version_stays_as_it_was():
    pipeline = make_pipeline()
    update_pipeline(pipeline.account, make_declaration(pipeline.account, {"Other": {"A": 1}}), by=BY, now=NOW)
    pipeline.refresh_from_db()
    stages = [[stage["name"] for stage in version_of(pipeline, number).declaration["stages"]] for number in (1, 2)]
    assert stages == [["Source", "Build"], ["Source", "Other"]]
    with pytest.raises(PipelineVersionNotFound):
        version_of(pipeline, 3)


def test_a_name_is_taken_once_in_an_account_and_again_in_another():
    account = make_pipeline().account
    with pytest.raises(PipelineNameInUse, match="'web' already exists"):
        make_pipeline(account=account)
    make_pipeline(account=make_account("Umbrella"))


def test_a_refused_definition_leaves_nothing():
    account = make_account()
    declaration = make_declaration(account, roleArn="arn:aws:iam::999999999999:role/theirs")
    with pytest.raises(InvalidStructure):
        create_pipeline(account, declaration, tags={}, by=BY, now=NOW)
    assert not Pipeline.objects.exists()
    assert not Event.objects.exists()


def test_a_refused_update_cancels_nothing():
    execution = make_execution()
    declaration = make_declaration(execution.account, roleArn="arn:aws:iam::999999999999:role/theirs")
    with pytest.raises(InvalidStructure):
        update_pipeline(execution.account, declaration, by=BY, now=NOW)
    execution.refresh_from_db()
    assert (execution.state, execution.pipeline.version) == ("InProgress", 1)


def test_a_pipeline_of_another_account_is_not_found_just_as_a_missing_one():
    pipeline, stranger = make_pipeline(), make_account("Umbrella")
    messages = []
    for name in (pipeline.name, "none"):
        with pytest.raises(PipelineNotFound) as refusal:
            find_pipeline(stranger, name)
        messages.append(refusal.value.message.replace(name, "…"))
    assert messages[0] == messages[1]


def test_a_secret_stands_in_no_table_and_the_definition_shows_a_mask():
    """Shows T-32."""
    account = make_account()
    execution = make_execution(make_pipeline(account=account, declaration=with_secret(account)))
    assert version_of(execution.pipeline, None).declaration["stages"][1]["actions"][0]["configuration"] == {
        "Password": "****"
    }
    action = ActionExecution.objects.get(execution=execution, action="Make")
    assert (action.configuration, action.resolved_configuration) == ({"Password": "****"}, {"Password": "****"})
    assert in_tables(SECRET) == []


def test_the_performer_gets_the_secret_in_clear():
    account = make_account()
    make_execution(make_pipeline(account=account, declaration=with_secret(account)))
    job = Job.objects.get(action_type="Build/Custom/Vault/1")
    assert job.configuration_in_clear() == {"Password": SECRET}
    assert SECRET not in repr(job.order)


def test_a_sealed_secret_does_not_open_in_another_row():
    """Shows T-32."""
    first, second = make_account(), make_account("Umbrella")
    for account in (first, second):
        make_execution(make_pipeline(account=account, declaration=with_secret(account, f"secret of {account.name}")))
    for rows in (PipelineVersion.objects.all(), Job.objects.exclude(sealed_secrets="")):
        mine, theirs = rows.get(account=first), rows.get(account=second)
        mine.sealed_secrets = theirs.sealed_secrets
        read = mine.declaration_in_clear if isinstance(mine, PipelineVersion) else mine.configuration_in_clear
        with pytest.raises(SecretDamaged):
            read()


def test_an_update_that_repeats_the_mask_keeps_the_secret():
    account = make_account()
    pipeline = make_pipeline(account=account, declaration=with_secret(account))
    version = update_pipeline(account, with_secret(account, "****"), by=BY, now=NOW)
    assert version.declaration_in_clear()["stages"][1]["actions"][0]["configuration"] == {"Password": SECRET}
    changed = update_pipeline(account, with_secret(account, "another"), by=BY, now=NOW)
    assert changed.declaration_in_clear()["stages"][1]["actions"][0]["configuration"] == {"Password": "another"}
    assert pipeline.versions.count() == 3


def queries_of(read) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


def test_how_a_pipeline_stands_costs_the_same_whatever_its_size():
    account = make_account()
    many = {f"Stage{number}": {f"A{place}": 1 for place in range(4)} for number in range(8)}
    small = make_pipeline(account=account, name="small")
    large = make_pipeline(account=account, name="large", stages=many, mode="QUEUED")
    make_execution(large)
    for _ in range(5):
        start(large)
    of_the_definition = 1  # it is kept when its transaction is committed, and a test commits nothing
    for pipeline in (small, large):
        assert queries_of(lambda name=pipeline.name: pipeline_standing(account, name)) == 4 + of_the_definition


def test_a_list_of_pipelines_costs_the_same_however_many():
    account = make_account()
    make_pipeline(account=account, name="p0")
    few = queries_of(lambda: list_pipelines(account, size=50, token=None))
    for number in range(1, 12):
        make_pipeline(account=account, name=f"p{number}")
    assert queries_of(lambda: list_pipelines(account, size=50, token=None)) == few == 1


def test_deleted_pipelines_are_swept_after_a_day_with_all_their_rows():
    execution = make_execution()
    settle(execution, "Make")
    kept = make_pipeline(account=execution.account, name="kept")
    delete_pipeline(execution.account, "web", by=BY, now=NOW)
    Pipeline.objects.filter(name="web").update(deleted_at=_past(KEPT_AFTER_DELETION - timedelta(minutes=1)))
    assert purge_deleted_pipelines() == 0
    Pipeline.objects.filter(name="web").update(deleted_at=_past(KEPT_AFTER_DELETION + timedelta(minutes=1)))
    assert purge_deleted_pipelines() == 1
    assert purge_deleted_pipelines() == 0
    assert list(Pipeline.objects.all()) == [kept]
    assert not ActionExecution.objects.filter(pipeline_id=execution.pipeline_id).exists()


def _past(age: timedelta) -> datetime:
    return clock.now() - age
