import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.tenancy.credentials import find_credentials
from apps.tenancy.errors import UsernameTaken
from apps.tenancy.models import Account, User
from apps.tenancy.roles import Role
from apps.tenancy.selectors import accounts_of, role_in
from apps.tenancy.services import create_account, create_user
from tests.factories import make_account, make_member

pytestmark = pytest.mark.django_db
CONTRACT = ["account_id", "access_key_id", "secret_access_key", "artifact_bucket", "username", "password"]


def made_by_command(*arguments: str) -> str:
    out = StringIO()
    call_command("create_account", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_one_json_object_with_exactly_the_six_keys():
    printed = json.loads(made_by_command("Acme Rockets", "--json"))
    assert list(printed) == CONTRACT
    assert all(isinstance(value, str) and value for value in printed.values())


def test_what_it_prints_works(client):
    printed = json.loads(made_by_command("Acme Rockets", "--json"))
    account = Account.objects.get(number=printed["account_id"])
    found = find_credentials(printed["access_key_id"], None)
    assert (found.account, found.secret, found.grant.role) == (account, printed["secret_access_key"], Role.ADMIN)
    assert account.artifact_bucket == printed["artifact_bucket"]
    answer = client.post("/sign-in/", {"login": printed["username"], "password": printed["password"]})
    assert answer.status_code == 302
    assert client.get(f"/a/{account.number}/").status_code == 200


def test_without_json_it_prints_a_line_for_each():
    assert [line.split(":")[0] for line in made_by_command("Acme").splitlines()] == CONTRACT


def test_two_accounts_of_one_name_get_two_people():
    first, second = create_account(name="Acme"), create_account(name="Acme")
    assert first.user.username != second.user.username
    assert first.account.number != second.account.number


def test_a_name_without_letters_still_gets_a_person():
    assert create_account(name="日本").user.username.startswith("admin")


def test_a_user_name_that_is_taken_is_refused_and_leaves_no_account():
    create_account(name="Acme", username="ada")
    with pytest.raises(CommandError, match="signs in as 'ada' already"):
        made_by_command("Umbrella", "--username", "ada", "--json")
    assert not Account.objects.filter(name="Umbrella").exists()
    with pytest.raises(UsernameTaken):
        create_user(account=make_account(), username="ada", role=Role.VIEWER)


def test_an_account_may_keep_the_number_that_it_had_elsewhere():
    printed = json.loads(made_by_command("Acme", "--number", "012345678901", "--json"))
    assert (printed["account_id"], printed["artifact_bucket"]) == ("012345678901", "headrace-012345678901")
    with pytest.raises(CommandError, match="There is an account 012345678901 already"):
        made_by_command("Umbrella", "--number", "012345678901")
    assert not Account.objects.filter(name="Umbrella").exists()


@pytest.mark.parametrize("number", ["", "12345678901", "1234567890123", "12345678901a", "１２３４５６７８９０１２"])
def test_a_number_of_other_than_twelve_digits_is_refused(number):
    with pytest.raises(CommandError, match="Give exactly twelve digits"):
        made_by_command("Acme", "--number", number)
    assert not Account.objects.exists()


def test_an_account_number_is_twelve_digits():
    number = make_account().number
    assert (len(number), number.isdecimal(), number[0] != "0") == (12, True, True)


def test_a_person_sees_their_accounts_and_their_role_in_each():
    first, second, third = make_account("A"), make_account("B"), make_account("C")
    user = make_member(first, Role.VIEWER)
    user.memberships.create(account=second, role=Role.RELEASER)
    assert accounts_of(user) == [first, second]
    assert [role_in(user, account) for account in (first, second, third)] == [Role.VIEWER, Role.RELEASER, None]


def test_each_role_may_do_what_the_one_before_it_may():
    ladder = [Role.VIEWER, Role.DEVELOPER, Role.RELEASER, Role.ADMIN]
    for position, role in enumerate(ladder):
        assert [role.includes(other) for other in ladder] == [place <= position for place in range(4)]


def test_passwords_are_hashed():
    made = create_account(name="Acme")
    assert made.password not in User.objects.get(pk=made.user.pk).password
    assert made.password not in repr(made)
