"""The log of an action over our REST API and as text, for members only."""

from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from apps.executions.models import RuleExecution
from apps.jobs.services import append_log
from apps.tenancy.models import Account
from apps.tenancy.roles import Role
from tests.executions.guarded import CHECK, condition, make_guarded
from tests.factories import NOW, attempt_at, make_account, make_execution, make_member

pytestmark = pytest.mark.django_db
CONTENT = "eins ✓\nzwei\n"


@pytest.fixture
def logged() -> tuple[Account, UUID]:
    """An account, and an action execution of it that has a log."""
    action = attempt_at(make_execution(), "Make")
    whole = CONTENT.encode()
    append_log(action.account, action.pk, start=0, content=whole[:6], now=NOW)
    append_log(action.account, action.pk, start=6, content=whole[6:], now=NOW)
    return action.account, action.pk


def rest(action: UUID) -> str:
    return f"/api/v1/action-executions/{action}/log/"


def sign_in(client, account: Account, role: Role = Role.VIEWER):
    client.force_login(make_member(account, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_member_reads_it_whole(client, logged):
    account, action = logged
    answer = sign_in(client, account).get(rest(action))
    assert answer.json() == {"content": CONTENT, "start": 0, "end": len(CONTENT.encode())}


def test_a_member_reads_on_from_an_offset(client, logged):
    account, action = logged
    answer = sign_in(client, account).get(rest(action), {"start": 9})
    assert answer.json() == {"content": "zwei\n", "start": 9, "end": 14}


def test_half_a_character_waits_for_its_end(client):
    action = attempt_at(make_execution(), "Make")
    append_log(action.account, action.pk, start=0, content="a✓".encode()[:-1], now=NOW)
    answer = sign_in(client, action.account).get(rest(action.pk))
    assert answer.json() == {"content": "a", "start": 0, "end": 1}


def test_beyond_its_end_there_is_nothing_yet(client, logged):
    account, action = logged
    assert sign_in(client, account).get(rest(action), {"start": 10_000}).json()["content"] == ""


@pytest.mark.parametrize("start", ["-1", "x", "1e3", "9" * 40, "\x00"])
def test_an_offset_that_is_none_is_refused(client, logged, start):
    account, action = logged
    assert sign_in(client, account).get(rest(action), {"start": start}).status_code == 400


def test_a_stranger_gets_the_answer_of_what_is_not_there(client, logged):
    _, action = logged
    sign_in(client, make_account("Umbrella"))
    foreign, missing = client.get(rest(action)), client.get(rest(uuid4()))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.json() == missing.json()


def test_whoever_has_not_signed_in_is_refused(client, logged):
    _, action = logged
    assert client.get(rest(action)).status_code in {401, 403}


def test_only_reading_is_offered(client, logged):
    account, action = logged
    assert sign_in(client, account, Role.ADMIN).post(rest(action)).status_code in {403, 405}


def test_the_text_says_at_which_bytes_it_begins_and_ends(client, logged):
    account, action = logged
    url = reverse("portal:log", kwargs={"account": account.number, "action_execution_id": action})
    answer = sign_in(client, account).get(url, {"start": 9})
    assert answer.content == b"zwei\n"
    assert (answer["X-Log-Start"], answer["X-Log-End"]) == ("9", "14")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("start", ["-1", "x", "9" * 16, "٣", ""])
def test_the_text_has_no_such_offset(client, logged, start):
    account, action = logged
    url = reverse("portal:log", kwargs={"account": account.number, "action_execution_id": action})
    assert sign_in(client, account).get(url, {"start": start}).status_code in {200, 404}


def test_a_log_that_begins_anew_replaces_what_was_there(client, logged):
    account, action = logged
    append_log(account, action, start=0, content=b"again\n", now=NOW)
    assert sign_in(client, account).get(rest(action)).json()["content"] == "again\n"


def test_the_log_of_another_account_of_the_same_person_is_theirs_too(client, logged):
    account, action = logged
    user = make_member(make_account("Umbrella"))
    user.memberships.create(account=account, role=Role.VIEWER)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(rest(action)).status_code == 200


@pytest.fixture
def logged_rule() -> RuleExecution:
    """The execution of a rule that has a log."""
    make_execution(make_guarded(beforeEntry=condition("FAIL", CHECK)))
    rule = RuleExecution.objects.get()
    append_log(rule.account, rule.pk, start=0, content=CONTENT.encode(), now=NOW)
    return rule


def rule_log(rule: UUID) -> str:
    return f"/api/v1/rule-executions/{rule}/log/"


def test_the_log_of_a_rule_is_read_in_stretches_as_that_of_an_action(client, logged_rule):
    member = sign_in(client, logged_rule.account)
    assert member.get(rule_log(logged_rule.pk)).json() == {"content": CONTENT, "start": 0, "end": 14}
    assert member.get(rule_log(logged_rule.pk), {"start": 9}).json() == {"content": "zwei\n", "start": 9, "end": 14}
    assert member.get(rule_log(logged_rule.pk), {"start": "x"}).status_code == 400
    assert member.get(rest(logged_rule.pk)).status_code == 404  # a rule is no action


def test_a_stranger_finds_no_log_of_a_rule(client, logged_rule):
    sign_in(client, make_account("Umbrella"))
    foreign, missing = client.get(rule_log(logged_rule.pk)), client.get(rule_log(uuid4()))
    assert (foreign.status_code, foreign.json()) == (404, missing.json())


def test_what_is_no_rule_has_no_log_of_one(client, logged):
    account, action = logged
    assert sign_in(client, account).get(rule_log(action)).status_code == 404
