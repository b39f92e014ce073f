"""Registering a webhook with GitHub, against a stand-in for it. Source: reference section 6.3."""

import pytest
from django_q.models import OrmQ

from apps.triggers import tasks
from apps.triggers.errors import WebhookInvalid, WebhookNotFound
from apps.triggers.models import Webhook
from apps.triggers.selectors import webhook_url
from apps.triggers.services import deregister_with_third_party, put_webhook, register_with_third_party, registration
from tests.factories import NOW, make_account, make_pipeline

pytestmark = pytest.mark.django_db
HOOKS = "/repos/harbor/board/hooks"


def make_webhook() -> Webhook:
    account = make_account()
    make_pipeline(account=account)
    definition = {
        "name": "on-push",
        "targetPipeline": "web",
        "targetAction": "Fetch",
        "filters": [],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "a-long-secret"},
    }
    return put_webhook(account, definition, tags=(), now=NOW)


@pytest.fixture
def github(httpserver, settings, monkeypatch):
    """A GitHub of our own, and a source that belongs to it."""
    settings.GITHUB_API_URL = httpserver.url_for("").rstrip("/")
    settings.EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    configuration = {"Owner": "harbor", "Repo": "board", "Branch": "main", "OAuthToken": "gho_x"}
    monkeypatch.setattr(registration, "github_action", lambda webhook: configuration)
    return httpserver


def test_github_is_told_of_the_address_and_the_secret(github):
    webhook = make_webhook()
    asked = {
        "name": "web",
        "active": True,
        "events": ["push"],
        "config": {
            "url": webhook_url(webhook), "content_type": "json", "insecure_ssl": "0", "secret": "a-long-secret",
        },
    }  # fmt: skip
    headers = {"Authorization": "Bearer gho_x"}
    github.expect_ordered_request(HOOKS, "POST", json=asked, headers=headers).respond_with_json({"id": 12}, 201)
    github.expect_ordered_request(f"{HOOKS}/12", "DELETE", headers=headers).respond_with_data("", 204)
    tasks.register_webhook(webhook.pk)
    tasks.register_webhook(webhook.pk)  # the queue may deliver twice
    webhook.refresh_from_db()
    assert (webhook.third_party_id, webhook.error_code) == ("12", "")
    tasks.deregister_webhook(webhook.pk)
    tasks.deregister_webhook(webhook.pk)
    webhook.refresh_from_db()
    assert webhook.third_party_id == ""
    github.check_assertions()


def test_a_refusal_of_github_stands_in_the_webhook(github):
    webhook = make_webhook()
    github.expect_request(HOOKS, "POST").respond_with_json({"message": "Not Found"}, 404)
    tasks.register_webhook(webhook.pk)
    webhook.refresh_from_db()
    assert (webhook.third_party_id, webhook.error_code) == ("", "RegistrationFailed")
    assert "harbor/board" in webhook.error_message
    assert "gho_x" not in webhook.error_message


def test_a_github_that_is_away_stands_in_the_webhook(github, settings):
    webhook = make_webhook()
    settings.EGRESS_ALLOW = []
    tasks.register_webhook(webhook.pk)
    webhook.refresh_from_db()
    assert webhook.error_code == "RegistrationFailed"


@pytest.mark.parametrize("verb", [register_with_third_party, deregister_with_third_party])
def test_only_a_known_webhook_of_a_github_source_can_be_registered(verb):
    webhook = make_webhook()
    with pytest.raises(WebhookInvalid, match="no GitHub source"):
        verb(webhook.account, "on-push")
    with pytest.raises(WebhookInvalid, match="webhookName"):
        verb(webhook.account, "")
    with pytest.raises(WebhookNotFound):
        verb(webhook.account, "other")
    with pytest.raises(WebhookNotFound):
        verb(make_account(), "on-push")
    assert not OrmQ.objects.exists()
