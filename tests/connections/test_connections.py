"""Connections to git hosts: made, named by ARNs, signed in with, deleted."""

import json
import re
from io import StringIO
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.connections.arns import connection_arn, read_connection_arn
from apps.connections.errors import ConnectionInvalid, ConnectionNameTaken, ConnectionNotFound, TooManyConnections
from apps.connections.models import Connection
from apps.connections.selectors import (
    connection_facts,
    connection_hook_url,
    find_connection,
    list_connections,
    named_connection,
)
from apps.connections.services import MOST_CONNECTIONS, change_credentials, delete_connection
from apps.core.crypto import SecretDamaged
from tests.factories import NOW, make_account, make_connection

pytestmark = pytest.mark.django_db
PASSWORD = "glpat-0123456789"


def test_a_connection_is_named_as_aws_names_them():
    connection, secret = make_connection()
    number = connection.account.number
    assert re.fullmatch(rf"arn:aws:codeconnections:us-east-1:{number}:connection/[0-9a-f-]{{36}}", connection.arn)
    assert named_connection(connection.account, connection.arn) == connection
    older = connection.arn.replace("codeconnections", "codestar-connections")
    assert named_connection(connection.account, older) == connection
    assert connection.url == "https://github.com"
    assert len(secret) >= 32


@pytest.mark.parametrize(
    "change",
    [
        lambda arn: arn.replace("us-east-1", "eu-west-1"),
        lambda arn: arn[:-1],
        lambda arn: arn + "0",
        lambda arn: arn.upper(),
        lambda arn: arn.replace(":connection/", ":host/"),
        lambda arn: arn.replace("codeconnections", "codepipeline"),
        lambda arn: connection_arn(arn.split(":")[4], uuid4()),
        lambda arn: "",
    ],
)
def test_another_arn_names_nothing(change):
    connection, _ = make_connection()
    assert named_connection(connection.account, change(connection.arn)) is None


def test_a_connection_of_another_account_is_not_found():
    connection, _ = make_connection()
    stranger = make_account()
    assert named_connection(stranger, connection.arn) is None
    mine = connection.arn.replace(connection.account.number, stranger.number)
    assert named_connection(stranger, mine) is None
    for verb in (find_connection, delete_connection):
        with pytest.raises(ConnectionNotFound):
            verb(stranger, connection.uid)
    with pytest.raises(ConnectionNotFound):
        change_credentials(stranger, connection.uid, username="x", password="y")
    assert list_connections(stranger, size=10, token=None).rows == []
    assert connection_facts(stranger, {"ConnectionArn": connection.arn}).connection == {}


def test_what_it_signs_in_with_is_sealed_to_this_row():
    connection, secret = make_connection(username="robot", password=PASSWORD)
    row = Connection.objects.get(pk=connection.pk)
    stored = " ".join(str(value) for value in Connection.objects.filter(pk=row.pk).values_list()[0])
    assert PASSWORD not in stored
    assert secret not in stored
    assert (row.password_in_clear(), row.webhook_secret_in_clear()) == (PASSWORD, secret)
    other, _ = make_connection(row.account)
    other.sealed_password = row.sealed_password
    with pytest.raises(SecretDamaged):
        other.password_in_clear()
    row.sealed_webhook_secret = row.sealed_password
    with pytest.raises(SecretDamaged):
        row.webhook_secret_in_clear()


def test_what_a_step_is_told():
    connection, _ = make_connection(username="robot", password=PASSWORD)
    facts = connection_facts(connection.account, {"ConnectionArn": connection.arn})
    assert facts.connection == {"arn": connection.arn, "provider_type": "GitHub", "url": "https://github.com"}
    assert facts.git == {"credentials": {"url": "https://github.com", "username": "robot", "password": PASSWORD}}
    assert facts.secrets == (PASSWORD,)
    change_credentials(connection.account, connection.uid, username="", password="")
    facts = connection_facts(connection.account, {"ConnectionArn": connection.arn})
    assert (facts.git, facts.secrets) == ({}, ())
    assert connection_facts(connection.account, {}).connection == {}


@pytest.mark.parametrize(
    ("provider_type", "given", "kept"),
    [
        ("GitHub", "", "https://github.com"),
        ("GitLab", "", "https://gitlab.com"),
        ("Bitbucket", "", "https://bitbucket.org"),
        ("GitLab", "https://git.example:8443/lab/", "https://git.example:8443/lab"),
        ("Gitea", "http://gitea.example", "http://gitea.example"),
    ],
)
def test_where_a_host_is(provider_type, given, kept):
    assert make_connection(provider_type=provider_type, url=given)[0].url == kept


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id", "ssh://git@git.example", "git://git.example", "git@git.example:x", "-upload-pack=x", "//x",
        "https://", "https://u:p@git.example", "https://u@git.example", "https://git.example/a b", "https://git.example/\n",
        "https://git.example\\@evil", "https://git.example?x", "https://git.example/#x", "https://git.example/a/../b",
        "https://git.example:port", "https://[::1", "file:///etc", "file://host/x", "/etc", "x" * 501,
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConnectionInvalid):
        make_connection(provider_type="Git", url=url)


def test_a_folder_of_this_server_must_be_the_accounts_own():
    account = make_account()
    own = settings.REPOSITORIES_DIR / account.number
    assert make_connection(account, provider_type="Git", url=f"file://{own}")[0].url == f"file://{own}"
    for folder in (settings.REPOSITORIES_DIR, settings.REPOSITORIES_DIR / make_account().number, f"{own}x"):
        with pytest.raises(ConnectionInvalid, match="inside the account's own"):
            make_connection(account, provider_type="Git", url=f"file://{folder}")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 33},
        {"name": "a b"},
        {"provider_type": "Subversion"},
        {"provider_type": "Gitea"},  # which has no usual address
        {"username": "robot"},
        {"password": PASSWORD},
        {"username": "robot", "password": "two\nlines"},
        {"username": "ro\nbot", "password": PASSWORD},
        {"username": "robot", "password": "x" * 1001},
        {"webhook_secret": "short"},
        {"webhook_secret": "x" * 201},
    ],
)
def test_a_connection_that_cannot_be_is_refused(fields):
    with pytest.raises(ConnectionInvalid):
        make_connection(**fields)
    assert not Connection.objects.exists()


def test_a_name_is_taken_once_in_an_account():
    connection, _ = make_connection(name="hub")
    with pytest.raises(ConnectionNameTaken):
        make_connection(connection.account, name="hub")
    assert make_connection(name="hub")[0].name == "hub"


def test_an_account_has_so_many_at_most():
    account = make_account()
    for number in range(MOST_CONNECTIONS):
        connection = Connection(account=account, name=f"c{number}", provider_type="GitHub", created_at=NOW)
        connection.save()
    with pytest.raises(TooManyConnections):
        make_connection(account)


def test_connections_are_listed_by_name_page_by_page(django_assert_num_queries):
    account = make_account()
    for name in ("c", "a", "b"):
        make_connection(account, name=name)
    with django_assert_num_queries(1):
        first = list_connections(account, size=2, token=None)
        assert [row.arn for row in first.rows]
    rest = list_connections(account, size=2, token=first.next_token)
    assert [row.name for row in [*first.rows, *rest.rows]] == ["a", "b", "c"]


def test_a_deleted_connection_is_gone():
    connection, _ = make_connection()
    delete_connection(connection.account, connection.uid)
    assert named_connection(connection.account, connection.arn) is None


def create(*arguments: str, stdin: str = "", monkeypatch=None) -> dict:
    out = StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", StringIO(stdin))
    call_command("create_connection", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_prints_what_to_enter_at_the_host(monkeypatch):
    account = make_account()
    made = create(
        account.number, "lab", "--type", "GitLab", "--username", "robot", stdin=f"{PASSWORD}\n", monkeypatch=monkeypatch
    )
    connection = named_connection(account, made["arn"])
    assert made == {
        "arn": connection.arn,
        "provider_type": "GitLab",
        "url": "https://gitlab.com",
        "webhook_url": connection_hook_url(connection),
        "webhook_secret": connection.webhook_secret_in_clear(),
    }
    assert (connection.username, connection.password_in_clear()) == ("robot", PASSWORD)


def test_the_command_refuses_in_words():
    with pytest.raises(CommandError, match="no account"):
        create("000000000000", "x", "--type", "GitHub")
    with pytest.raises(CommandError, match="no usual address"):
        create(make_account().number, "x", "--type", "Gitea")


def test_the_older_name_of_the_service_is_read():
    uid = uuid4()
    named = read_connection_arn(f"arn:aws:codestar-connections:eu-west-1:111122223333:connection/{uid}")
    assert (named.region, named.account_number, named.uid) == ("eu-west-1", "111122223333", uid)
