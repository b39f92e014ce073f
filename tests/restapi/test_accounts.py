"""Accounts and members over REST."""

import pytest

from apps.tenancy.models import ApiToken
from apps.tenancy.roles import Role
from tests.factories import make_account, make_member
from tests.restapi.asking import API, asking, bearer, in_session, pointers, problem_of, token_for

pytestmark = pytest.mark.django_db


def test_a_person_sees_their_accounts_with_their_role_in_each():
    first, second, _ = make_account("Acme", number="111111111111"), make_account("Umbrella"), make_account("Other")
    user = make_member(first, Role.VIEWER)
    user.memberships.create(account=second, role=Role.ADMIN)
    items = bearer(token_for(user)).get(f"{API}/accounts/").json()["items"]
    assert {item["number"]: item["role"] for item in items} == {first.number: "viewer", second.number: "admin"}
    assert {item["artifact_bucket"] for item in items} == {"headrace-111111111111", f"headrace-{second.number}"}


def test_one_account():
    account = make_account("Acme")
    answer = asking(account, Role.VIEWER).get(f"{API}/accounts/{account.number}/")
    assert (answer.json()["name"], answer.json()["role"]) == ("Acme", "viewer")


@pytest.mark.parametrize("place", ["", "members/", "access-keys/"])
def test_a_stranger_gets_the_answer_of_what_is_not_there(place):
    account = make_account()
    stranger = asking(make_account("Umbrella"))
    theirs = stranger.get(f"{API}/accounts/{account.number}/{place}")
    missing = stranger.get(f"{API}/accounts/000000000000/{place}")
    assert problem_of(theirs, 404) == {
        **problem_of(missing, 404),
        "detail": f"There is no account {account.number} among yours.",
    }


def test_members_are_listed_by_name_page_by_page():
    account = make_account()
    names = sorted(make_member(account, Role.VIEWER, username=f"user-{number}").username for number in range(5))
    client = bearer(token_for(account.people.get(username="user-0")))
    found, after = [], {}
    while True:
        page = client.get(f"{API}/accounts/{account.number}/members/", {"size": 2, **after}).json()
        found += [item["username"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == names


@pytest.mark.parametrize("count", [1, 7])
def test_a_list_takes_the_same_queries_however_long_it_is(count, django_assert_num_queries):
    account = make_account()
    client = asking(account)
    for _ in range(count):
        make_member(account, Role.VIEWER)
    with django_assert_num_queries(3):  # the token, the membership, the page
        assert len(client.get(f"{API}/accounts/{account.number}/members/").json()["items"]) == count + 1


def test_a_token_of_one_account_opens_no_other():
    first, second = make_account("Acme"), make_account("Umbrella")
    user = make_member(first)
    user.memberships.create(account=second, role=Role.ADMIN)
    client = bearer(token_for(user, account=first))
    assert [item["number"] for item in client.get(f"{API}/accounts/").json()["items"]] == [first.number]
    problem_of(client.get(f"{API}/accounts/{second.number}/"), 404)


def test_a_token_does_no_more_than_its_role():
    account = make_account()
    client = bearer(token_for(make_member(account), role=Role.VIEWER))
    assert client.get(f"{API}/accounts/{account.number}/").json()["role"] == "viewer"
    problem_of(client.get(f"{API}/accounts/{account.number}/access-keys/"), 403)


def test_a_token_does_no_more_than_its_person_may_now():
    account = make_account()
    user = make_member(account)
    client = bearer(token_for(user))
    user.memberships.update(role=Role.VIEWER)
    problem_of(client.get(f"{API}/accounts/{account.number}/access-keys/"), 403)
    user.memberships.all().delete()
    problem_of(client.get(f"{API}/accounts/{account.number}/"), 404)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer hrt_nope", "Bearer a b", "Bearer \xff\xfe", "Bearer " + "x" * 5000]
)
def test_a_bad_token_is_refused(header):
    client = bearer("")
    client.credentials(HTTP_AUTHORIZATION=header)
    answer = client.get(f"{API}/accounts/")
    problem_of(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_a_revoked_one_and_one_of_nobody_are_refused():
    user = make_member(make_account())
    gone, live, old = token_for(user), token_for(user), token_for(user, days=-1)
    ApiToken.objects.filter(token_key=gone[:15]).delete()
    for token in (old, gone):
        problem_of(bearer(token).get(f"{API}/accounts/"), 401)
    assert bearer(live).get(f"{API}/accounts/").status_code == 200
    user.is_active = False
    user.save()
    problem_of(bearer(live).get(f"{API}/accounts/"), 401)


def test_a_session_of_the_portal_counts_too():
    account = make_account()
    answer = in_session(make_member(account, Role.VIEWER)).get(f"{API}/accounts/{account.number}/")
    assert answer.json()["number"] == account.number


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"size": 0}, "#/size"),
        ({"size": 101}, "#/size"),
        ({"size": "many"}, "#/size"),
        ({"after": "nonsense"}, "#/after"),
        ({"after": "\x00"}, "#/after"),
        ({"page": 2}, "#/page"),
    ],
)
def test_a_page_that_cannot_be_is_refused(query, pointer):
    assert pointers(asking(make_account()).get(f"{API}/accounts/", query)) == [pointer]


def test_the_next_page_of_one_list_is_none_of_another():
    account = make_account()
    client = asking(account)
    make_member(account)
    after = client.get(f"{API}/accounts/{account.number}/members/", {"size": 1}).json()["next"]
    assert pointers(client.get(f"{API}/accounts/{account.number}/access-keys/", {"after": after})) == ["#/after"]
    other = make_account("Umbrella")
    assert pointers(asking(other).get(f"{API}/accounts/{other.number}/members/", {"after": after})) == ["#/after"]


def test_an_account_that_calls_too_often_is_told_when_to_come_again():
    account = make_account(reads_per_second=1)
    client = asking(account)
    answers = [client.get(f"{API}/accounts/{account.number}/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem_of(answers[2], 429)
    assert answers[2]["Retry-After"] == "1"
