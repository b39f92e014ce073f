"""The front door, signing in and out, and the choice of an account."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from apps.tenancy.models import Membership
from tests.factories import make_account, make_member
from tests.portal.visits import address, said, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def make_person(account):
    person = make_member(account)
    person.set_password(PASSWORD)
    person.save()
    return person


def test_the_front_door_asks_for_a_sign_in():
    assert Client().get("/")["Location"] == "/sign-in/?next=/"


def test_a_person_signs_in_and_stands_in_their_account():
    account = make_account()
    person = make_person(account)
    answer = Client().post("/sign-in/", {"login": person.username, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == address("home", account)


def test_a_wrong_password_is_said_on_the_page():
    person = make_person(make_account())
    answer = Client().post("/sign-in/", {"login": person.username, "password": "wrong"})
    assert "not correct" in said(answer.content.decode())


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "%2f%2fevil",
    ],
)
def test_signing_in_leads_to_no_other_site(target):
    person = make_person(make_account())
    answer = Client().post(f"/sign-in/?next={target}", {"login": person.username, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert urlsplit(urljoin("http://testserver/sign-in/", answer["Location"])).netloc == "testserver"


def test_a_person_signs_out():
    client = signed_in(make_account())
    client.post("/sign-out/")
    assert client.get("/").status_code == 302


def test_signing_out_takes_a_form():
    client = signed_in(make_account())
    assert "Do you want to sign out?" in client.get("/sign-out/").content.decode()
    assert "_auth_user_id" in client.session


def test_nobody_signs_up_by_themselves():
    assert "invitation" in Client().get("/sign-up/").content.decode()


def test_one_account_is_no_choice():
    account = make_account()
    assert signed_in(account).get("/")["Location"] == address("home", account)


def test_several_accounts_are_a_choice_here_and_in_the_header():
    one, two = make_account("One"), make_account("Two")
    client = signed_in(one)
    Membership.objects.create(account=two, user=one.people.get())
    for page in ("/", address("home", one)):
        html = client.get(page).content.decode()
        assert all(address("home", account) in html for account in (one, two))


def test_a_person_without_an_account_is_told_so():
    account = make_account()
    client = signed_in(account)
    Membership.objects.all().delete()
    assert "not a member of any account" in client.get("/").content.decode()
