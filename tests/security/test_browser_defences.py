"""What protects the browser of a member: escaping, forms of this site alone, hosts that are ours, few guesses."""

import html
import re

import pytest
from django.test import Client

from tests.factories import attempt_at, make_account, make_member, settle
from tests.portal.visits import address, first_in_build, make_release, signed_in
from tests.security.test_addresses import ADDRESSES, ANY_ROW, BODY, METHODS, Ours, ask

pytestmark = pytest.mark.django_db
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "'-alert(1)-'",
    "</title></style></textarea></script><script>alert(1)</script>",
    '<a href="javascript:alert(1)">x</a>',
    "{{ 7|add:7 }}{% debug %}",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<!--><script>alert(1)</script>-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example:80", "a b", "[::1", "-"]


@pytest.fixture
def ours(settings) -> Ours:
    settings.EGRESS_ALLOW = ()
    return Ours()


def member_of(ours: Ours, **options) -> Client:
    client = Client(**options)
    client.force_login(ours.member, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t23_text_of_others_is_shown_and_is_no_markup(payload):
    """Shows T-23: a failure's text and an account's name, on every page that shows them."""
    account = make_account(payload[:100])
    execution = first_in_build(make_release(account))
    settle(execution, "Make", succeeded=False, error_message=payload)
    client, shown = signed_in(account), 0
    places = [
        address("home", account),
        address("pipelines", account),
        address("pipeline", account, name="web") + "?selected=Build/Make",
        address("history", account, name="web"),
        address("log", account, action_execution_id=attempt_at(execution, "Make").pk),
    ]
    for place in places:
        answer = client.get(place)
        if answer["Content-Type"].startswith("text/html"):
            page = answer.content.decode()
            assert payload not in page or html.escape(payload) == payload, place
            shown += html.escape(payload) in page
        policy = answer["Content-Security-Policy"]
        assert "unsafe-inline" not in policy, place
        assert "default-src 'self'" in policy, place
    assert shown >= 2


def test_t24_no_address_takes_a_form_of_another_site(ours):
    """Shows T-24: every address that changes something, with the session of a member and without the form's token."""
    client, before = member_of(ours, enforce_csrf_checks=True), ours.rows()
    for place in ADDRESSES:
        path = place.filled({**ours.names.parts(place), **ANY_ROW})
        for method in set(METHODS) - {"get"}:
            assert ask(client, method, path).status_code in {403, 404, 405}, (method, path)
    assert ours.rows() == before


def test_t24_nothing_changes_by_following_a_link(ours):
    client, before = member_of(ours), ours.rows()
    for place in ADDRESSES:
        client.get(place.filled({**ours.names.parts(place), **ANY_ROW}), BODY)
    assert ours.rows() == before


@pytest.mark.parametrize("host", HOSTS)
def test_t26_a_host_that_is_not_ours_is_refused_and_forwarded_ones_are_not_believed(host):
    page = Client(headers={"Host": host}).get("/sign-in/")
    assert page.status_code == 400
    headers = {"X-Forwarded-Host": host, "Forwarded": "host=evil.example", "X-Original-URL": "/admin/"}
    answer = Client(headers=headers).get("/sign-in/")
    assert answer.status_code == 200
    assert "evil.example" not in answer.content.decode()


def test_t45_who_guesses_a_password_gets_few_tries_and_learns_no_names():
    """Shows T-45: of many tries few are judged, then even the right password waits; an unknown name looks the same."""
    user = make_member(make_account(), username="ada")
    user.set_password("a-long-pass-phrase")
    user.save()
    client, texts = Client(), {}
    for name in ("ada", "nobody"):
        wrong = client.post("/sign-in/", {"login": name, "password": "wrong"})
        texts[name] = re.sub(r'value="[^"]*"', "", wrong.content.decode()).replace(name, "…")
        assert wrong.status_code == 200
    assert texts["ada"] == texts["nobody"]
    for _ in range(8):
        client.post("/sign-in/", {"login": "ada", "password": "wrong"})
    late = client.post("/sign-in/", {"login": "ada", "password": "a-long-pass-phrase"})
    assert late.status_code == 200
    assert "_auth_user_id" not in client.session


def test_t46_pages_tell_other_sites_nothing_of_where_one_was(ours):
    client = member_of(ours)
    for place in ADDRESSES:
        if not place.is_of_operators:
            answer = client.get(place.filled({**ours.names.parts(place), **ANY_ROW}))
            assert answer["Referrer-Policy"] == "same-origin", place
            assert answer["X-Content-Type-Options"] == "nosniff", place
            assert answer["X-Frame-Options"] == "DENY", place
