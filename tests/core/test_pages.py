from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.pages import InvalidNextToken, page, page_by, read_token
from apps.executions.selectors import AttemptFilter, list_action_executions, list_executions
from apps.pipelines.selectors import list_pipelines
from apps.tenancy.models import Account, Membership
from apps.tenancy.roles import Role
from apps.tenancy.selectors import list_api_tokens
from apps.tenancy.services import create_api_token
from tests.factories import make_account, make_member, make_pipeline, start

SCOPE = {"of": "things", "account": 1}


def token(scope=SCOPE) -> str:
    found = page([1, 2, 3], 2, scope=scope, key=lambda row: [row]).next_token
    assert found is not None
    return found


def test_a_page_is_cut_and_its_token_names_the_last_row_shown():
    found = page(["a", "b", "c"], 2, scope=SCOPE, key=lambda row: [row])
    assert list(found.rows) == ["a", "b"]
    assert read_token(found.next_token, scope=SCOPE) == ["b"]


def test_the_last_page_has_no_token():
    assert page(["a", "b"], 2, scope=SCOPE, key=lambda row: [row]).next_token is None
    assert read_token(None, scope=SCOPE) is None


@pytest.mark.parametrize("other", [{"of": "things", "account": 2}, {"of": "others", "account": 1}, SCOPE | {"x": 1}])
def test_a_token_is_good_for_one_request_of_one_account_only(other):
    with pytest.raises(InvalidNextToken, match="issued for another request"):
        read_token(token(), scope=other)


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "é", "." * 2000, "\x00"])
def test_what_we_never_issued_is_refused(forged):
    with pytest.raises(InvalidNextToken):
        read_token(forged, scope=SCOPE)


def test_a_changed_token_is_refused():
    good = token()
    for place in range(0, len(good), 7):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        with pytest.raises(InvalidNextToken):
            read_token(changed, scope=SCOPE)


@pytest.mark.django_db
def test_pages_of_pipelines_follow_on_one_another_and_stay_in_their_account():
    account, stranger = make_account(), make_account("Umbrella")
    for name in ("c", "a", "b"):
        make_pipeline(account=account, name=name)
    make_pipeline(account=stranger, name="theirs")
    first = list_pipelines(account, size=2, token=None)
    second = list_pipelines(account, size=2, token=first.next_token)
    assert [row.name for row in (*first.rows, *second.rows)] == ["a", "b", "c"]
    assert second.next_token is None
    with pytest.raises(InvalidNextToken):
        list_pipelines(stranger, size=2, token=first.next_token)


@pytest.mark.django_db
def test_pages_of_executions_follow_on_one_another_and_stay_with_their_pipeline():
    pipeline = make_pipeline()
    other = make_pipeline(account=pipeline.account, name="api")
    for _ in range(4):
        start(pipeline)
    numbers, token = [], None
    for _ in range(3):
        found = list_executions(pipeline.account, pipeline, size=2, token=token)
        numbers += [row.number for row in found.rows]
        token = found.next_token or token
    assert numbers == [5, 4, 3, 2, 1]
    with pytest.raises(InvalidNextToken):
        list_executions(pipeline.account, other, size=2, token=token)
    with pytest.raises(InvalidNextToken):
        list_action_executions(pipeline.account, pipeline, wanted=AttemptFilter(), size=2, token=token)


@pytest.mark.django_db
def test_pages_of_actions_of_one_moment_lose_none_and_repeat_none():
    pipeline = make_pipeline(mode="PARALLEL")
    for _ in range(6):
        start(pipeline)
    found, token = [], None
    for _ in range(4):
        page_found = list_action_executions(pipeline.account, pipeline, wanted=AttemptFilter(), size=2, token=token)
        found += [row.pk for row in page_found.rows]
        token = page_found.next_token
    assert token is None
    assert (len(found), len(set(found))) == (7, 7)


def pages_of_memberships(field: str, account: Account, scope=SCOPE) -> list[list[Membership]]:
    """Turn the pages of an account's memberships, two a page, by one query each."""
    pages, following = [], None
    while not pages or following:
        with CaptureQueriesContext(connection) as asked:
            rows = Membership.objects.for_account(account).select_related("user")
            found = page_by(field, rows, size=2, token=following, scope=scope)
        assert len(asked) == 1
        pages.append(list(found.rows))
        following = found.next_token
    return pages


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["pk", "user_id", "user__username"])
def test_rows_are_paged_by_a_number_or_a_text_of_their_own_or_of_a_relation(field):
    account = make_account()
    for username in ("c", "b", "a", "e", "d"):
        make_member(account, username=username)
    pages = pages_of_memberships(field, account)
    assert [len(rows) for rows in pages] == [2, 2, 1]
    turned = [row.user.username for rows in pages for row in rows]
    assert turned == (list("abcde") if field == "user__username" else list("cbaed"))


@pytest.mark.django_db
def test_rows_are_paged_by_their_uuid():
    user, account = make_member(make_account()), make_account("Umbrella")
    for _ in range(5):
        create_api_token(user=user, name="ci", role=Role.VIEWER, account=account, lifetime=timedelta(days=1))
    first = list_api_tokens(user, size=3, token=None)
    second = list_api_tokens(user, size=3, token=first.next_token)
    found = [row.id for row in (*first.rows, *second.rows)]
    assert (found, len(found)) == (sorted(found), 5)
    assert second.next_token is None


@pytest.mark.django_db
def test_a_token_of_rows_is_good_for_their_scope_only():
    account = make_account()
    for username in ("a", "b"):
        make_member(account, username=username)
    rows = Membership.objects.for_account(account)
    following = page_by("pk", rows, size=1, token=None, scope=SCOPE).next_token
    with pytest.raises(InvalidNextToken, match="issued for another request"):
        page_by("pk", rows, size=1, token=following, scope=SCOPE | {"account": 2})
