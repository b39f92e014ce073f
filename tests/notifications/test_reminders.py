"""Who can end what has waited for a day gets one mail a day, and nobody else gets any."""

from datetime import datetime, timedelta

import pytest
from django.core import mail

from apps.executions.models import PipelineExecution
from apps.notifications.models import DELIVERED, Delivery
from apps.notifications.sending import send
from apps.notifications.services import remind_of_waits
from apps.pipelines.services import set_transition
from apps.tenancy.models import Account
from apps.tenancy.roles import Role
from tests.factories import (
    APPROVAL,
    BY,
    NOW,
    first_execution,
    make_account,
    make_execution,
    make_member,
    make_pipeline,
    settle,
    start,
)

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.com"


def person(account: Account, name: str, role: Role, address: str | None = None) -> None:
    user = make_member(account, role, username=name)
    user.email = f"{name}@example.com" if address is None else address
    user.save()


def asking(account: Account | None = None, **members) -> PipelineExecution:
    pipeline = make_pipeline(account=account or make_account(), stages={"Gate": {APPROVAL: 1}}, **members)
    return make_execution(pipeline, at="Gate")


def told(moment: datetime) -> list[str]:
    """Let a turn come, and return whom it wrote to."""
    before = set(Delivery.objects.values_list("pk", flat=True))
    remind_of_waits(now=moment)
    made = Delivery.objects.exclude(pk__in=before).select_related("target")
    return sorted(delivery.target.address for delivery in made)


def test_releasers_are_told_once_a_day_of_an_approval():
    execution = asking()
    person(execution.account, "ann", Role.RELEASER)
    person(execution.account, "bob", Role.ADMIN)
    person(execution.account, "dev", Role.DEVELOPER)
    person(execution.account, "eve", Role.VIEWER)
    person(execution.account, "nil", Role.RELEASER, "")
    both = ["ann@example.com", "bob@example.com"]
    assert told(NOW + DAY - HOUR) == []
    assert told(NOW + DAY) == both
    assert told(NOW + DAY) == []
    assert told(NOW + DAY + timedelta(hours=23)) == []
    assert told(NOW + 2 * DAY + HOUR) == both


def test_the_mail_says_what_waits_and_where():
    execution = asking()
    person(execution.account, "ann", Role.RELEASER)
    told(NOW + DAY)
    delivery = Delivery.objects.select_related("target__account").get()
    assert send(delivery, now=NOW).taken
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ann@example.com"], "Waiting for you: pipeline web")
    assert "#1  Gate waits for the approval “Approve”." in message.body
    assert f"/a/{execution.account.number}/pipelines/web/" in message.body


def test_what_waits_behind_is_told_by_the_link_to_fix():
    execution = asking()
    settle(start(execution.pipeline), "Fetch")
    person(execution.account, "ann", Role.RELEASER)
    assert told(NOW + DAY) == ["ann@example.com"]
    assert [wait["number"] for wait in Delivery.objects.get().body["reminder"]["waits"]] == [1]


def test_a_job_that_nobody_takes_is_told_to_developers_and_those_above():
    execution = make_execution()
    person(execution.account, "ann", Role.RELEASER)
    person(execution.account, "dev", Role.DEVELOPER)
    person(execution.account, "eve", Role.VIEWER)
    assert told(NOW + DAY) == ["ann@example.com", "dev@example.com"]


def test_a_disabled_transition_is_told_since_it_was_disabled():
    pipeline = make_pipeline()
    person(pipeline.account, "ann", Role.RELEASER)
    later = NOW + 20 * HOUR
    set_transition(
        pipeline.account, "web", "Build", "Inbound", enabled=False, by=BY, now=later, reason="freeze until audit"
    )
    settle(first_execution(pipeline), "Fetch")
    assert told(NOW + DAY) == []
    assert told(later + DAY) == ["ann@example.com"]
    assert "freeze until audit" in Delivery.objects.get().body["reminder"]["waits"][0]["sentence"]


def test_what_ended_meanwhile_is_not_told():
    execution = make_execution()
    person(execution.account, "dev", Role.DEVELOPER)
    settle(execution, "Make")
    assert told(NOW + DAY) == []


def test_members_of_other_accounts_are_not_told():
    execution = asking()
    stranger = make_account("Umbrella")
    person(stranger, "sly", Role.ADMIN)
    person(execution.account, "ann", Role.RELEASER)
    assert told(NOW + DAY) == ["ann@example.com"]
    assert set(Delivery.objects.values_list("account", flat=True)) == {execution.account.pk}


def test_two_people_with_one_mailbox_get_one_mail():
    execution = asking()
    person(execution.account, "ann", Role.DEVELOPER, "team@example.com")
    person(execution.account, "bob", Role.RELEASER, "team@example.com")
    assert told(NOW + DAY) == ["team@example.com"]


@pytest.mark.parametrize("missing", ["EMAIL_HOST", "REMIND_AFTER_SECONDS"])
def test_without_a_mail_server_or_a_limit_nobody_is_told(settings, missing):
    setattr(settings, missing, "" if missing == "EMAIL_HOST" else 0)
    person(asking().account, "ann", Role.RELEASER)
    assert told(NOW + DAY) == []


def test_a_reminder_of_yesterday_that_was_sent_is_no_hindrance():
    execution = asking()
    person(execution.account, "ann", Role.RELEASER)
    told(NOW + DAY)
    Delivery.objects.update(state=DELIVERED, next_attempt_at=None, ended_at=NOW + DAY)
    assert told(NOW + 2 * DAY) == ["ann@example.com"]
    assert Delivery.objects.filter(next_attempt_at__isnull=False).count() == 1
