"""Connections over REST: made, listed, signed in with, deleted, by admins only."""

import pytest
from django.urls import reverse

from apps.connections.models import Connection
from apps.restapi.urls import urlpatterns
from apps.tenancy.roles import Role
from tests.factories import make_account, make_connection
from tests.restapi.asking import API, asking, pointers, problem_of

pytestmark = pytest.mark.django_db
PASSWORD = "glpat-0123456789"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def account():
    return make_account()


def address(account, uid: object = "") -> str:
    return f"{API}/accounts/{account.number}/connections/" + (f"{uid}/" if uid else "")


def test_a_connection_is_made_and_its_secret_shown_this_once(account):
    client = asking(account)
    asked = {"name": "lab", "provider_type": "GitLab", "username": "robot", "password": PASSWORD}
    answer = client.post(address(account), asked)
    assert answer.status_code == 201
    made = answer.json()
    secret = made.pop("webhook_secret")
    row = Connection.objects.get(account=account)
    assert (row.webhook_secret_in_clear(), row.password_in_clear()) == (secret, PASSWORD)
    assert made["arn"] == row.arn
    assert made["has_credentials"] is True
    shown = client.get(address(account, made["id"]))
    assert shown.json() == made
    for told in (answer, shown, client.get(address(account))):
        assert PASSWORD not in told.content.decode()
    assert secret not in shown.content.decode() + client.get(address(account)).content.decode()


def test_what_it_signs_in_with_is_replaced(account):
    connection, _ = make_connection(account, username="robot", password=PASSWORD)
    client = asking(account)
    answer = client.put(address(account, connection.uid), {"username": "other", "password": "another-secret"})
    assert answer.json()["has_credentials"] is True
    connection.refresh_from_db()
    assert (connection.username, connection.password_in_clear()) == ("other", "another-secret")
    assert client.put(address(account, connection.uid), {}).json()["has_credentials"] is False


def test_a_webhook_secret_that_was_lost_is_drawn_anew(account):
    connection, former = make_connection(account)
    renewed = asking(account).post(address(account, connection.uid) + "webhook-secret/")
    connection.refresh_from_db()
    assert renewed.status_code == 201
    assert renewed.json()["webhook_secret"] == connection.webhook_secret_in_clear() != former
    assert renewed.json()["arn"] == connection.arn
    problem_of(asking(account, Role.VIEWER).post(address(account, connection.uid) + "webhook-secret/"), 403)
    stranger = make_account()
    problem_of(asking(stranger).post(address(stranger, connection.uid) + "webhook-secret/"), 404)


def test_connections_are_listed_page_by_page_by_a_steady_number_of_queries(account, django_assert_max_num_queries):
    client = asking(account)
    for name in ("c", "a", "b"):
        make_connection(account, name=name)
    first = client.get(address(account), {"size": 2}).json()
    rest = client.get(address(account), {"size": 2, "after": first["next"]}).json()
    assert [item["name"] for item in first["items"] + rest["items"]] == ["a", "b", "c"]
    with django_assert_max_num_queries(8):
        client.get(address(account))


def test_a_deleted_connection_is_gone(account):
    connection, _ = make_connection(account)
    client = asking(account)
    assert client.delete(address(account, connection.uid)).status_code == 204
    problem_of(client.get(address(account, connection.uid)), 404)


@pytest.mark.parametrize(
    ("asked", "at"),
    [
        ({"provider_type": "GitHub"}, ["#/name"]),
        ({"name": "x", "provider_type": "Subversion"}, ["#/provider_type"]),
        ({"name": "x", "provider_type": "Gitea"}, ["#"]),
        ({"name": "x", "provider_type": "GitHub", "url": "ssh://x"}, ["#"]),
        ({"name": "x", "provider_type": "GitHub", "token": "x"}, ["#/token"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_wrong(account, asked, at):
    assert pointers(asking(account).post(address(account), asked)) == at


def test_a_name_that_is_taken_is_a_conflict(account):
    make_connection(account, name="hub")
    problem_of(asking(account).post(address(account), {"name": "hub", "provider_type": "GitHub"}), 409)


def requests_to(account, uid) -> list[tuple[str, str]]:
    """Return each method that an address of connections takes, and the address."""
    found = []
    for route in urlpatterns:
        if "/connections/" in str(route.pattern):
            given = {"uid": uid} if "uid" in route.pattern.converters else {}
            at = reverse(route.name, kwargs={"account": account.number, **given})
            found += [(method, at) for method in METHODS if hasattr(route.callback.view_class, method)]
    return found


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_admins_see_connections(account, role):
    connection, secret = make_connection(account, username="robot", password=PASSWORD)
    client = asking(account, role)
    asked = requests_to(account, connection.uid)
    assert len(asked) >= 6
    for method, at in asked:
        refused = getattr(client, method)(at, {"name": "x", "provider_type": "GitHub"})
        problem_of(refused, 403)
        assert connection.token not in refused.content.decode()
    row = Connection.objects.get(account=account)
    assert (row.webhook_secret_in_clear(), row.password_in_clear()) == (secret, PASSWORD)


def test_connections_of_another_account_are_not_there(account):
    connection, _ = make_connection()
    client = asking(account)
    problem_of(client.get(address(connection.account)), 404)
    for method in (client.get, client.put, client.delete):
        problem_of(method(address(account, connection.uid)), 404)
    assert client.get(address(account)).json()["items"] == []
