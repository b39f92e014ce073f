"""One attempt: signed as Standard Webhooks says, guarded, and an answer whatever happens outside."""

import json
import smtplib

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from apps.core import clock
from apps.notifications.models import Delivery
from apps.notifications.sending import send
from apps.notifications.tasks import send_deliveries
from tests.factories import make_account, make_execution, make_pipeline, settle
from tests.notifications.making import hand_on, make_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(httpserver: HTTPServer, settings) -> HTTPServer:
    settings.EGRESS_ALLOW = [f"127.0.0.1:{httpserver.port}"]
    return httpserver


def deliveries_to(address: str, **members) -> tuple[list[Delivery], str]:
    """Return deliveries that are due now, and the secret of their webhook."""
    account = make_account()
    made = make_rule(account, targets=[address], **members)
    execution = make_execution(make_pipeline(account=account))
    settle(execution, "Make", succeeded=False)
    return hand_on(now=clock.database_now()), made.secrets.get(address, "")


def url(receiver: HTTPServer) -> str:
    return f"http://127.0.0.1:{receiver.port}/hook"


def test_a_message_can_be_verified_by_the_receiver(receiver):
    receiver.expect_request("/hook").respond_with_data(status=204)
    (first, *_), secret = deliveries_to(url(receiver))
    assert send(first, now=clock.database_now()).taken
    request, _ = receiver.log[0]
    assert Webhook(secret).verify(request.get_data(), dict(request.headers)) == first.body
    assert request.headers["webhook-id"] == str(first.message_id)
    assert request.headers["Content-Type"] == "application/json"
    assert '"version":1.0' in request.get_data(as_text=True)


@pytest.mark.parametrize("status", [200, 204, 299])
def test_an_answer_of_success_means_taken(receiver, status):
    receiver.expect_request("/hook").respond_with_data(status=status)
    (first, *_), _ = deliveries_to(url(receiver))
    assert send(first, now=clock.database_now()).taken


@pytest.mark.parametrize("status", [302, 400, 410, 503])
def test_any_other_answer_means_refused(receiver, status):
    receiver.expect_request("/hook").respond_with_data(status=status, headers={"Location": "/else"})
    (first, *_), _ = deliveries_to(url(receiver))
    answer = send(first, now=clock.database_now())
    assert (answer.taken, answer.status) == (False, status)
    assert len(receiver.log) == 1  # no redirect is followed


def test_an_address_that_is_not_allowed_any_more_is_not_reached(receiver, settings):
    (first, *_), _ = deliveries_to(url(receiver))
    settings.EGRESS_ALLOW = []
    answer = send(first, now=clock.database_now())
    assert not answer.taken
    assert "not public" in answer.error
    assert receiver.log == []


def test_nobody_at_home_is_a_refusal(httpserver, settings):
    settings.EGRESS_ALLOW = ["127.0.0.1"]
    (first, *_), _ = deliveries_to("http://127.0.0.1:9/")
    answer = send(first, now=clock.database_now())
    assert (answer.taken, answer.status) == (False, None)
    assert "cannot be reached" in answer.error


def test_a_task_sends_the_whole_line_in_order_and_twice_changes_nothing(receiver):
    receiver.expect_request("/hook").respond_with_data(status=200)
    line, _ = deliveries_to(url(receiver))
    send_deliveries(line[0].pk)
    send_deliveries(line[0].pk)
    got = [request.headers["webhook-id"] for request, _ in receiver.log]
    assert got == [str(each.message_id) for each in line]
    assert set(Delivery.objects.values_list("state", "attempts")) == {("Delivered", 1)}


def test_a_refusal_ends_the_task(receiver):
    seen: list[str] = []

    def answer(request: Request) -> Response:
        seen.append(json.loads(request.get_data())["id"])
        return Response(status=200 if len(seen) < 3 else 500)

    receiver.expect_request("/hook").respond_with_handler(answer)
    line, _ = deliveries_to(url(receiver))
    send_deliveries(line[0].pk)
    assert seen == [each.body["id"] for each in line[:3]]
    assert [each.state for each in Delivery.objects.order_by("pk")[:4]] == [
        "Delivered",
        "Delivered",
        "Pending",
        "Pending",
    ]


@pytest.fixture
def mail_server(settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"


def test_an_email_says_what_happened(mail_server, mailoutbox):
    line, _ = deliveries_to("ada@example.com", event_types=["codepipeline-pipeline-action-execution-failed"])
    send_deliveries(line[0].pk)
    (mail,) = mailoutbox
    assert mail.to == ["ada@example.com"]
    assert mail.subject == "FAILED: web / Build / Make"
    for words in ("Pipeline:  web", "Stage:     Build", "Action:    Make", "It broke.", line[0].origin):
        assert words in mail.body
    assert Delivery.objects.get().state == "Delivered"


def test_a_mail_server_that_refuses_is_tried_again(mail_server, monkeypatch):
    def refuse(*_, **__):
        raise smtplib.SMTPServerDisconnected("Connection closed")

    line, _ = deliveries_to("ada@example.com")
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    answer = send(line[0], now=clock.database_now())
    assert not answer.taken
    assert "Connection closed" in answer.error
