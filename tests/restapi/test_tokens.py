"""API tokens: made in a session of the portal or by an operator, seen and revoked by their person alone."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.tenancy.models import ApiToken
from apps.tenancy.roles import Role
from tests.factories import make_account, make_member
from tests.restapi.asking import API, asking, bearer, in_session, pointers, problem_of, token_for

pytestmark = pytest.mark.django_db
TOKENS = f"{API}/tokens/"
ASKED = {"name": "laptop", "role": "developer"}


def test_a_session_makes_a_token_that_is_shown_once_and_kept_as_a_digest():
    account = make_account()
    session = in_session(make_member(account))
    made = session.post(TOKENS, {**ASKED, "account": account.number, "days": 7}).json()
    assert made["token"].startswith("hrt_")
    assert bearer(made["token"]).get(f"{API}/accounts/{account.number}/").json()["role"] == "developer"
    (shown,) = session.get(TOKENS).json()["items"]
    assert shown == {name: value for name, value in made.items() if name != "token"}
    assert made["token"] not in json.dumps(list(ApiToken.objects.values()), default=str)


def test_a_token_makes_no_token():
    problem_of(asking(make_account()).post(TOKENS, ASKED), 403)


def test_a_session_without_its_csrf_token_makes_none():
    session = in_session(make_member(make_account()), enforce_csrf_checks=True)
    problem_of(session.post(TOKENS, ASKED), 403)
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_refused():
    user = make_member(make_account())
    token = token_for(user)
    (shown,) = bearer(token).get(TOKENS).json()["items"]
    assert in_session(user).delete(f"{TOKENS}{shown['id']}/").status_code == 204
    problem_of(bearer(token).get(TOKENS), 401)


def test_a_token_of_somebody_else_is_not_there():
    account = make_account()
    token_for(make_member(account))
    other = in_session(make_member(account))
    assert other.get(TOKENS).json()["items"] == []
    problem_of(other.delete(f"{TOKENS}{ApiToken.objects.get().id}/"), 404)
    assert ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"role": "king"}, "#/role"),
        ({"name": ""}, "#/name"),
        ({"days": 0}, "#/days"),
        ({"days": 10**30}, "#/days"),
        ({"account": "000000000000"}, "#/account"),
        ({"user": "root"}, "#/user"),
    ],
)
def test_a_token_that_cannot_be_is_refused(change, pointer):
    make_account("Other", number="222222222222")
    session = in_session(make_member(make_account()))
    assert pointers(session.post(TOKENS, ASKED | change)) == [pointer]
    assert pointers(session.post(TOKENS, ASKED | {"account": "222222222222"})) == ["#/account"]


def test_a_person_has_so_many_tokens_at_most_and_expired_ones_do_not_count(monkeypatch):
    monkeypatch.setattr("apps.tenancy.services.api_tokens.MOST_API_TOKENS", 2)
    user = make_member(make_account())
    token_for(user, days=-1)
    session = in_session(user)
    assert [session.post(TOKENS, ASKED).status_code for _ in range(3)] == [201, 201, 409]
    problem_of(session.post(TOKENS, ASKED), 409)
    with pytest.raises(CommandError, match="Revoke one first"):
        call_command("create_api_token", user.username)


def test_the_command_prints_one():
    account = make_account()
    user = make_member(account)
    out = StringIO()
    call_command("create_api_token", user.username, "--role", "developer", "--account", account.number, stdout=out)
    client = bearer(out.getvalue().strip())
    assert client.get(f"{API}/accounts/{account.number}/").json()["role"] == "developer"


@pytest.mark.parametrize("arguments", [["nobody"], ["ada", "--account", "OTHER"], ["ada", "--days", "0"]])
def test_the_command_refuses_what_cannot_be(arguments):
    other = make_account("Umbrella").number
    make_member(make_account(), Role.ADMIN, username="ada")
    with pytest.raises(CommandError):
        call_command("create_api_token", *(other if each == "OTHER" else each for each in arguments))
