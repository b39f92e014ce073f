"""Lists cost the same however much there is, and an address that makes no sense is not found."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.pipelines.selectors import find_pipeline
from apps.tenancy.roles import Role
from tests.factories import GATED, UNKNOWN, make_account, make_execution, make_member, make_pipeline, start

pytestmark = pytest.mark.django_db
FORMS = ["start", "stop", "retry", "rollback", "transition", "override", "approval"]
NONSENSE = ["none", "a%00b", "x" * 3000, "%ff", "..", "é", "'; --"]


@pytest.fixture
def account(client):
    """An account with a pipeline, whose admin has signed in."""
    account = make_account()
    make_pipeline(account=account)
    client.force_login(make_member(account, Role.ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    return account


def queries_of(client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("page", ["", "pipelines/", "pipelines/web/history/"])
def test_a_list_costs_the_same_however_much_there_is(client, account, page):
    address = f"/a/{account.number}/{page}"
    make_execution(make_pipeline(account=account, name="gated", stages=GATED), at="Gate")
    client.get(address)
    few = queries_of(client, address)
    web = find_pipeline(account, "web")
    for number in range(8):
        start(web)
        make_execution(make_pipeline(account=account, name=f"more{number}", stages=GATED), at="Gate")
    assert queries_of(client, address) <= few


@pytest.mark.parametrize("page", ["", "history/", f"executions/{UNKNOWN}/", "stages/Build/rollbacks/"])
@pytest.mark.parametrize("name", NONSENSE, ids=lambda name: name[:6])
def test_a_pipeline_of_such_a_name_is_not_found(client, account, name, page):
    assert client.get(f"/a/{account.number}/pipelines/{name}/{page}").status_code == 404


@pytest.mark.parametrize("number", NONSENSE, ids=lambda number: number[:6])
def test_an_account_of_such_a_number_is_not_found(client, account, number):
    assert client.get(f"/a/{number}/").status_code == 404


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NONSENSE, ids=lambda name: name[:6])
def test_a_form_for_a_pipeline_of_such_a_name_is_not_found(client, account, name, form):
    fields = {"execution": "0" * 32, "target": "0" * 32, "token": "0" * 32, "stage": "Build", "action": "Make"}
    assert client.post(f"/a/{account.number}/pipelines/{name}/{form}/", fields).status_code == 404


@pytest.mark.parametrize("field", ["stage", "action", "reason", "summary", "selected", "kind", "back"])
@pytest.mark.parametrize("form", FORMS)
def test_a_field_that_makes_no_sense_is_refused_and_breaks_nothing(client, account, form, field):
    fields = {
        "execution": "0" * 32,
        "target": "0" * 32,
        "token": "0" * 32,
        "stage": "Build",
        "action": "Make",
        "enabled": "0",
    }
    answer = client.post(f"/a/{account.number}/pipelines/web/{form}/", fields | {field: "a\x00b" + "x" * 5000})
    assert answer.status_code in {302, 400, 404}
    assert client.get(f"/a/{account.number}/pipelines/web/").status_code == 200


@pytest.mark.parametrize("token", ["x", "a\x00b", "é" * 500])
@pytest.mark.parametrize("page", ["pipelines/", "pipelines/web/history/", "pipelines/web/stages/Build/rollbacks/"])
def test_a_page_that_was_never_offered_leads_to_the_first(client, account, page, token):
    answer = client.get(f"/a/{account.number}/{page}", {"after": token})
    assert (answer.status_code, answer["Location"]) == (302, f"/a/{account.number}/{page}")


@pytest.mark.parametrize("selected", ["a\x00b", "Build/Make\x00", "x" * 4000, "/", "Build//", "\ud83d"])
@pytest.mark.parametrize("attempt", ["", "0", "-1", "99999", "x", "٣"])
def test_a_selection_that_makes_no_sense_shows_the_page(client, account, selected, attempt):
    address = f"/a/{account.number}/pipelines/web/"
    query = {"selected": selected.encode(errors="replace"), "attempt": attempt}
    assert client.get(address, query).status_code == 200
