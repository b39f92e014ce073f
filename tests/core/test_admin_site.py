"""The operators' site: every model is there, every list opens, and none shows a secret."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from apps.actions.services import set_aws_connection
from apps.tenancy.models import AccessKey, User
from pipelines_project import urls  # noqa: F401  it registers them
from tests.factories import NOW, make_access_key, make_account, make_connection, make_member, make_pipeline
from tests.pipelines.test_definitions import SECRET, with_secret
from tests.restapi.asking import token_for
from tests.triggers.test_watching import make_watch

pytestmark = pytest.mark.django_db
OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
LOGS = {"event", "eventchain", "pipelineexecution", "stageexecution", "actionexecution", "job", "logchunk"}
every_model = pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)


@pytest.fixture
def operator(client):
    client.force_login(User.objects.create_superuser("operator", password="x"))
    return client


@pytest.fixture
def secrets(db) -> list[str]:
    """What must not be shown, planted in rows."""
    account = make_account()
    make_pipeline(account=account, declaration=with_secret(account))
    _, secret = make_access_key(account)
    watch, token = make_watch(), token_for(make_member(account))
    aws = set_aws_connection(
        account, region="us-east-1", access_key_id="AKIAEXAMPLE", secret_access_key="planted-aws-secret", now=NOW
    )
    connection, hook_secret = make_connection(account, username="robot", password="glpat-hunter2hunter2")
    hidden = [hook_secret, "glpat-hunter2hunter2", connection.token, connection.sealed_password]
    sealed = list(AccessKey.objects.values_list("sealed_secret", flat=True))
    return [SECRET, secret, watch.token, token, aws.get_secret(), aws.sealed_secret, *hidden, *sealed]


def address(model, page: str, *arguments) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def test_every_model_of_ours_is_registered():
    assert [model._meta.label for model in OURS if not admin.site.is_registered(model)] == []


@every_model
def test_every_list_opens_and_shows_no_secret(operator, secrets, model):
    answer = operator.get(address(model, "changelist"))
    assert answer.status_code == 200
    assert [secret for secret in secrets if secret in answer.content.decode()] == []


@every_model
def test_every_row_opens_and_shows_no_secret(operator, secrets, model):
    for row in model._default_manager.all()[:3]:
        answer = operator.get(address(model, "change", row.pk))
        assert answer.status_code == 200
        assert [secret for secret in secrets if secret in answer.content.decode()] == []


@every_model
def test_a_person_of_an_account_is_no_operator(client, model):
    client.force_login(make_member(make_account()))
    assert client.get(address(model, "changelist")).status_code == 302


@pytest.mark.parametrize("model", [model for model in OURS if model._meta.model_name in LOGS])
def test_what_happened_cannot_be_changed_there(operator, model):
    assert operator.get(address(model, "add")).status_code == 403


@every_model
def test_a_search_finds_or_finds_nothing_but_does_not_fail(operator, secrets, model):
    if admin.site.get_model_admin(model).search_fields:
        assert operator.get(address(model, "changelist"), {"q": "acme"}).status_code == 200
