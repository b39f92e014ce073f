"""The AWS connection over REST: set, shown without its secret, replaced, removed, by admins only."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.actions.models import AwsConnection
from apps.actions.selectors import connection_in_clear
from apps.core.crypto import SecretDamaged
from apps.tenancy.roles import Role
from tests.factories import make_account
from tests.restapi.asking import API, asking, pointers, problem_of

pytestmark = pytest.mark.django_db
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ASKED = {"region": "eu-west-1", "access_key_id": "AKIAEXAMPLE", "secret_access_key": SECRET}


@pytest.fixture
def account():
    return make_account()


def address(account) -> str:
    return f"{API}/accounts/{account.number}/aws-connection/"


def test_a_connection_is_set_and_its_secret_never_shown(account):
    client = asking(account)
    answers = [client.put(address(account), ASKED), client.get(address(account))]
    for answer in answers:
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
        assert set(answer.json()) == {"region", "access_key_id", "endpoint_url", "updated_at"}
    assert SECRET not in AwsConnection.objects.get().sealed_secret
    assert connection_in_clear(account) == {**ASKED, "endpoint_url": ""}


def test_setting_it_again_replaces_it(account):
    client = asking(account)
    client.put(address(account), ASKED)
    new = {
        **ASKED,
        "access_key_id": "AKIAOTHER",
        "secret_access_key": "other",
        "endpoint_url": "https://aws.example.org",
    }
    assert client.put(address(account), new).json()["access_key_id"] == "AKIAOTHER"
    assert connection_in_clear(account) == new
    assert AwsConnection.objects.count() == 1


def test_a_rule_may_name_another_region(account):
    asking(account).put(address(account), ASKED)
    assert connection_in_clear(account, "us-west-2")["region"] == "us-west-2"


def test_it_is_removed(account):
    client = asking(account)
    client.put(address(account), ASKED)
    assert client.delete(address(account)).status_code == 204
    assert connection_in_clear(account) == {}
    problem_of(client.get(address(account)), 404)
    problem_of(client.delete(address(account)), 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "somewhere"},
        {"access_key_id": "no spaces"},
        {"secret_access_key": "two\nlines"},
        {"endpoint_url": "ftp://aws.example.org"},
        {"endpoint_url": "https://user:secret@aws.example.org"},
        {"endpoint_url": "https://aws.example.org\\@inside"},
        {"endpoint_url": "no url"},
    ],
)
def test_what_cannot_be_a_connection_is_refused(account, wrong):
    assert pointers(asking(account).put(address(account), {**ASKED, **wrong})) == ["#"]
    assert not AwsConnection.objects.exists()


def test_members_that_nobody_asked_for_are_refused(account):
    assert pointers(asking(account).put(address(account), {**ASKED, "account": "1"})) == ["#/account"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEVELOPER, Role.RELEASER])
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_admins_see_and_change_it(account, role, method):
    problem_of(getattr(asking(account, role), method)(address(account)), 403)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_the_connection_of_another_account_is_not_there(account, method):
    asking(account).put(address(account), ASKED)
    problem_of(getattr(asking(make_account()), method)(address(account)), 404)
    assert connection_in_clear(account)["secret_access_key"] == SECRET


def test_a_secret_that_was_moved_to_another_account_is_refused(account):
    other = make_account()
    for each in (account, other):
        asking(each).put(address(each), ASKED)
    stolen = AwsConnection.objects.for_account(account).get().sealed_secret
    AwsConnection.objects.for_account(other).update(sealed_secret=stolen)
    with pytest.raises(SecretDamaged):
        connection_in_clear(other)


def test_operators_set_and_remove_it_by_command(account, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    call_command("set_aws_connection", account.number, "--region", "eu-west-1", "--access-key-id", "AKIAEXAMPLE")
    assert connection_in_clear(account) == {**ASKED, "endpoint_url": ""}
    call_command("set_aws_connection", account.number, "--remove")
    assert connection_in_clear(account) == {}
    with pytest.raises(CommandError, match="has no AWS connection"):
        call_command("set_aws_connection", account.number, "--remove")
    with pytest.raises(CommandError, match="There is no account"):
        call_command("set_aws_connection", "000000000000", "--remove")
    with pytest.raises(CommandError, match="Give --region"):
        call_command("set_aws_connection", account.number)
