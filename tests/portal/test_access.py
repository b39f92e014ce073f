"""Every address of an account: its members see it, strangers find nothing, the unknown are asked to sign in."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from apps.portal.urls import account_pages
from apps.tenancy.roles import Role
from apps.triggers.services import put_schedule
from tests.factories import BY, NOW, attempt_at, make_account
from tests.portal.visits import HTMX, address, first_in_build, make_release, signed_in

pytestmark = pytest.mark.django_db

READ = (
    *("home", "pipelines", "pipeline", "history", "execution", "rollbacks", "approvals", "schedules"),
    *("log", "log-lines"),
)
WRITE = {
    "start": Role.DEVELOPER,
    "stop": Role.DEVELOPER,
    "retry": Role.DEVELOPER,
    "rollback": Role.DEVELOPER,
    "schedule-save": Role.DEVELOPER,
    "schedule-switch": Role.DEVELOPER,
    "schedule-delete": Role.DEVELOPER,
    "transition": Role.RELEASER,
    "override": Role.RELEASER,
    "approval": Role.RELEASER,
    "approval-rule": Role.ADMIN,
}
ROLES = list(Role)


@pytest.fixture
def execution():
    return first_in_build(make_release())


def place(page: str, execution) -> dict:
    if page in ("home", "pipelines"):
        return {}
    if page.startswith("log"):
        return {"action_execution_id": attempt_at(execution, "Make").pk}
    more = {"execution": {"execution_id": execution.pk}, "rollbacks": {"stage": "Build"}}
    return {"name": execution.pipeline.name, **more.get(page, {})}


def where(page: str, execution) -> str:
    return address(page, execution.account, **place(page, execution))


def without_token(answer) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", answer.content.decode())


def form(execution) -> dict:
    """Return fields with which each form would be served, if only for a refusal."""
    fields = {"execution": execution.pk, "target": execution.pk, "token": uuid4()}
    nightly = {"pipeline_name": execution.pipeline.name, "expression": "rate(1 day)", "by": BY, "now": NOW}
    put_schedule(execution.account, "nightly", **nightly)
    schedule = {"schedule": "nightly", "name": "hourly", "expression": "rate(1 hour)", "time_zone": "UTC"}
    return {**fields, **schedule, "stage": "Build", "reason": "test", "enabled": "1", "needed": "2"}


def test_every_address_is_tried_here():
    assert {page.name for page in account_pages} == {*READ, *WRITE}


@pytest.mark.parametrize("page", READ)
@pytest.mark.parametrize("role", ROLES)
def test_members_read(page, role, execution):
    assert signed_in(execution.account, role).get(where(page, execution)).status_code == 200


@pytest.mark.parametrize("page", READ)
def test_a_stranger_finds_what_is_found_at_an_address_that_names_nothing(page, execution):
    stranger = signed_in(make_account("Strangers"))
    theirs = stranger.get(where(page, execution))
    missing = stranger.get("/a/000000000000/")
    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert without_token(theirs) == without_token(missing)


@pytest.mark.parametrize("page", WRITE)
def test_a_stranger_changes_nothing(page, execution):
    answer = signed_in(make_account("Strangers")).post(where(page, execution), form(execution))
    assert answer.status_code == 404


@pytest.mark.parametrize("page", READ)
def test_the_unknown_are_asked_to_sign_in(page, execution):
    answer = Client().get(where(page, execution))
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize("page", ["home", "pipeline"])
def test_a_re_read_after_signing_out_leads_the_whole_page_to_the_sign_in(page, execution):
    there = where(page, execution)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{there}?selected=Build/Make"}
    answer = Client().get(there, headers=headers)
    assert answer["HX-Redirect"] == f"/sign-in/?next={there}%3Fselected%3DBuild/Make"
    assert answer.content == b""


@pytest.mark.parametrize("page", WRITE)
def test_the_unknown_change_nothing(page, execution):
    answer = Client().post(where(page, execution), form(execution))
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize(("page", "needed"), WRITE.items())
@pytest.mark.parametrize("role", ROLES)
def test_a_form_takes_its_role(page, needed, role, execution):
    answer = signed_in(execution.account, role).post(where(page, execution), form(execution))
    assert answer.status_code == (302 if role.includes(needed) else 403)


@pytest.mark.parametrize("page", WRITE)
def test_nothing_changes_by_following_a_link(page, execution):
    assert signed_in(execution.account).get(where(page, execution)).status_code == 405


@pytest.mark.parametrize("page", WRITE)
def test_a_form_of_another_site_is_not_accepted(page, execution):
    client = signed_in(execution.account, enforce_csrf_checks=True)
    answer = client.post(where(page, execution), form(execution))
    assert answer.status_code == 403


@pytest.mark.parametrize("page", ["pipeline", "history", "execution", "rollbacks", "approvals", "schedules"])
def test_a_pipeline_that_is_not_there_is_not_found(page, execution):
    gone = address(page, execution.account, **place(page, execution) | {"name": "gone"})
    assert signed_in(execution.account).get(gone).status_code == 404


@pytest.mark.parametrize("page", WRITE)
def test_a_form_for_a_pipeline_that_is_not_there_is_not_found(page, execution):
    gone = address(page, execution.account, name="gone")
    assert signed_in(execution.account).post(gone, form(execution)).status_code == 404


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.VIEWER, set()),
        (Role.DEVELOPER, {"start", "stop"}),
        (Role.RELEASER, {"start", "stop", "transition"}),
        (Role.ADMIN, {"start", "stop", "transition"}),
    ],
)
def test_a_role_is_shown_what_it_may_do(role, shown, execution):
    html = signed_in(execution.account, role).get(where("pipeline", execution)).content.decode()
    assert {page for page in WRITE if f'action="{where(page, execution)}"' in html} == shown
