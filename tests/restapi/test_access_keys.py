"""Access keys over REST: made, listed, bounded anew, revoked, by admins only."""

import pytest

from apps.tenancy.credentials import find_credentials, forget_credentials
from apps.tenancy.errors import UnknownAccessKey
from apps.tenancy.models import AccessKey
from apps.tenancy.policy import Decision
from apps.tenancy.roles import Role
from tests.factories import make_access_key, make_account
from tests.restapi.asking import API, asking, pointers, problem_of

pytestmark = pytest.mark.django_db
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codepipeline:Get*", "Resource": "*"}]}
TYPES = ["Build/Custom/Jenkins/1"]


@pytest.fixture(autouse=True)
def nothing_cached():
    forget_credentials()


@pytest.fixture
def account():
    return make_account()


def keys(account, key: str = "") -> str:
    return f"{API}/accounts/{account.number}/access-keys/{key}"


@pytest.mark.parametrize("grant", [{"role": "viewer"}, {"policy": POLICY}, {"action_types": TYPES}])
def test_a_key_is_made_and_its_secret_shown_this_once(account, grant):
    client = asking(account)
    answer = client.post(keys(account), {"principal": "robot", **grant})
    made = answer.json()
    assert answer.status_code == 201
    shown = client.get(keys(account, f"{made['access_key_id']}/")).json()
    assert shown == {name: value for name, value in made.items() if name != "secret_access_key"}
    assert find_credentials(made["access_key_id"], None).secret == made["secret_access_key"]
    assert {name: shown[name] for name in grant} == grant
    assert made["secret_access_key"] not in client.get(keys(account)).content.decode()


def test_keys_are_listed_page_by_page_revoked_ones_too(account):
    made = sorted(make_access_key(account)[0].key_id for _ in range(3))
    client = asking(account)
    client.delete(keys(account, f"{made[0]}/"))
    first = client.get(keys(account), {"size": 2}).json()
    rest = client.get(keys(account), {"size": 2, "after": first["next"]}).json()
    assert [item["access_key_id"] for item in first["items"] + rest["items"]] == made
    assert [item["is_active"] for item in first["items"]] == [False, True]


def test_what_a_key_may_do_is_said_anew_and_holds_at_once(account):
    key, _ = make_access_key(account)
    find_credentials(key.key_id, None)
    assert asking(account).put(keys(account, f"{key.key_id}/"), {"policy": POLICY}).json()["role"] == ""
    grant = find_credentials(key.key_id, None).grant
    assert (grant.role, grant.policy.decide("codepipeline:GetPipeline", ("*",))) == (None, Decision.ALLOWED)


def test_a_revoked_key_is_refused_at_once(account):
    key, _ = make_access_key(account)
    find_credentials(key.key_id, None)
    assert asking(account).delete(keys(account, f"{key.key_id}/")).status_code == 204
    with pytest.raises(UnknownAccessKey):
        find_credentials(key.key_id, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["#/principal"]),
        ({"principal": "robot"}, ["#"]),
        ({"principal": "robot", "role": "viewer", "policy": POLICY}, ["#"]),
        ({"principal": "ro bot", "role": "viewer"}, ["#"]),
        ({"principal": "x" * 65, "role": "king"}, ["#/principal", "#/role"]),
        ({"principal": "robot", "policy": "{}"}, ["#/policy"]),
        ({"principal": "robot", "policy": {"Statement": []}}, ["#/policy"]),
        ({"principal": "robot", "action_types": ["Jenkins"]}, ["#"]),
        ({"principal": "robot", "action_types": [5, {}]}, ["#/action_types/1"]),
        ({"principal": "robot", "role": "viewer", "secret": "mine", "a/b": 1}, ["#/a~1b", "#/secret"]),
        ([], ["#"]),
        ("robot", ["#"]),
        (None, ["#/principal"]),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_the_member_to_blame(account, body, expected):
    assert pointers(asking(account).post(keys(account), body, format="json")) == expected
    assert not AccessKey.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"principal": "a", "principal": "b"}',
        b'{"principal": NaN}',
        b'{"principal": "\\u0000", "role": "viewer"}',
        b'{"principal": "\\ud800", "role": "viewer"}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_clean_json_is_refused(account, body):
    problem_of(asking(account).post(keys(account), body, content_type="application/json"), 400)


def test_a_body_of_another_type_and_one_too_large_are_refused(account, settings):
    client = asking(account)
    problem_of(client.post(keys(account), b"principal=robot", content_type="application/x-www-form-urlencoded"), 415)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    problem_of(client.post(keys(account), b" " * 101, content_type="application/json"), 413)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEVELOPER, Role.RELEASER])
def test_only_an_admin_sees_and_changes_keys(account, role):
    key, _ = make_access_key(account)
    client = asking(account, role)
    for answer in (
        client.get(keys(account)),
        client.post(keys(account), {"principal": "robot", "role": "admin"}),
        client.get(keys(account, f"{key.key_id}/")),
        client.put(keys(account, f"{key.key_id}/"), {"role": "admin"}),
        client.delete(keys(account, f"{key.key_id}/")),
    ):
        problem_of(answer, 403)
    key.refresh_from_db()
    assert key.is_active
    assert AccessKey.objects.count() == 1


def test_a_key_of_another_account_is_not_there(account):
    key, _ = make_access_key(make_account("Umbrella"))
    client = asking(account)
    for answer in (
        client.get(keys(account, f"{key.key_id}/")),
        client.put(keys(account, f"{key.key_id}/"), {"role": "viewer"}),
        client.delete(keys(account, f"{key.key_id}/")),
    ):
        assert problem_of(answer, 404)["detail"] == f"The account has no access key '{key.key_id}'."
    key.refresh_from_db()
    assert (key.is_active, key.role) == (True, "admin")


def test_an_account_has_so_many_keys_at_most(account, monkeypatch):
    monkeypatch.setattr("apps.tenancy.services.access_keys.MOST_ACCESS_KEYS", 1)
    client = asking(account)
    assert client.post(keys(account), {"principal": "a", "role": "viewer"}).status_code == 201
    problem_of(client.post(keys(account), {"principal": "b", "role": "viewer"}), 409)


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_takes_the_same_queries_however_long_it_is(account, count, django_assert_num_queries):
    client = asking(account)
    for _ in range(count):
        make_access_key(account)
    with django_assert_num_queries(3):
        assert len(client.get(keys(account)).json()["items"]) == count
