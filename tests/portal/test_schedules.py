"""The schedules of a pipeline on a page: each fault at its field, nothing lost, and nothing of another pipeline."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenancy.roles import Role
from apps.triggers.models import Schedule
from apps.triggers.services import put_schedule
from tests.factories import BY, NOW, make_account, make_declaration, make_pipeline
from tests.portal.visits import address, said, signed_in

pytestmark = pytest.mark.django_db
NIGHTLY = {"name": "nightly", "expression": "cron(30 2 * * ? *)", "time_zone": "Europe/Berlin", "is_enabled": "on"}


@pytest.fixture
def pipeline():
    account = make_account()
    variables = [{"name": "Depth", "defaultValue": "quick", "description": "How thorough."}, {"name": "Region"}]
    return make_pipeline(account=account, declaration=make_declaration(account, variables=variables))


def where(pipeline, page: str = "schedules") -> str:
    return address(page, pipeline.account, name=pipeline.name)


def save(pipeline, client=None, **fields: str):
    client = client or signed_in(pipeline.account, Role.DEVELOPER)
    return client.post(where(pipeline, "schedule-save"), {**NIGHTLY, **fields})


def put(pipeline, name: str = "nightly", **fields) -> Schedule:
    asked = {"expression": "rate(6 hours)", "pipeline_name": pipeline.name} | fields
    return put_schedule(pipeline.account, name, **asked, by=BY, now=NOW)[0]


def test_a_schedule_is_made(pipeline):
    answer = save(pipeline, **{"variable-Depth": "full", "variable-Region": ""})
    assert (answer.status_code, answer["Location"]) == (302, where(pipeline))
    made = Schedule.objects.get()
    assert (made.expression, made.time_zone, made.is_enabled) == ("cron(30 2 * * ? *)", "Europe/Berlin", True)
    assert (made.variables, made.pipeline_name) == ({"Depth": "full"}, "web")
    assert "Depth=full" in signed_in(pipeline.account, Role.VIEWER).get(where(pipeline)).content.decode()


def test_the_next_three_starts_are_shown(pipeline):
    put(pipeline, expression="cron(30 2 * * ? *)", time_zone="Europe/Berlin")
    html = signed_in(pipeline.account, Role.VIEWER).get(where(pipeline)).content.decode()
    for day in ("Fri 1 Feb 2030", "Sat 2 Feb 2030", "Sun 3 Feb 2030"):
        assert f"{day}, 01:30 UTC" in said(html)
    assert html.count("data-moment") == 3


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"expression": "daily"}, "expression", "is no schedule. Write cron("),
        ({"expression": "cron(61 2 * * ? *)"}, "expression", "61"),
        ({"expression": "cron(0 9 * * ? 2020)"}, "expression", "never comes again"),
        ({"expression": ""}, "expression", "required"),
        ({"expression": "x" * 257}, "expression", "at most 256"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone", "Atlantis"),
        ({"name": "a b"}, "name", "1 to 64 letters"),
        ({"name": "taken"}, "name", "already, for pipeline"),
        ({"name": "n\x00ul"}, "name", "Null characters"),
        ({"variable-Depth": "y" * 1001}, "variable-Depth", "at most 1000"),
    ],
)
def test_a_fault_is_told_at_its_field_and_nothing_is_lost(pipeline, fields, field, text):
    put(pipeline, "taken")
    answer = save(pipeline, **{"variable-Depth": "full", **fields})
    html = answer.content.decode()
    assert answer.status_code == 422
    (wrong,) = [part for part in html.split("<label ") if 'aria-invalid="true"' in part]
    assert f'name="{field}"' in wrong
    assert text in said(wrong.partition("</label>")[0])
    for name, value in {**NIGHTLY, "variable-Depth": "full", **fields}.items():
        if name != "is_enabled" and "\x00" not in value:
            assert f'name="{name}" value="{value}"' in html
    assert [row.name for row in Schedule.objects.all()] == ["taken"]


def test_what_was_switched_off_in_a_faulty_form_stays_off(pipeline):
    client = signed_in(pipeline.account)
    fields = {key: value for key, value in NIGHTLY.items() if key != "is_enabled"} | {"expression": "daily"}
    html = client.post(where(pipeline, "schedule-save"), fields).content.decode()
    assert 'name="is_enabled" checked' not in html
    assert 'name="is_enabled" checked' in client.get(where(pipeline)).content.decode()


def test_a_schedule_is_changed_and_keeps_its_name(pipeline):
    put(pipeline, variables={"Depth": "full", "Gone": "1"})
    client = signed_in(pipeline.account, Role.DEVELOPER)
    html = client.get(where(pipeline), {"change": "nightly"}).content.decode()
    assert "Change nightly" in html
    for shown in ('value="rate(6 hours)"', 'name="variable-Depth" value="full"', 'name="variable-Gone" value="1"'):
        assert shown in html
    asked = {"change": "nightly", "name": "other", "expression": "rate(2 days)", "variable-Gone": ""}
    assert save(pipeline, client, **asked).status_code == 302
    changed = Schedule.objects.get()
    assert (changed.name, changed.expression, changed.variables) == ("nightly", "rate(2 days)", {})
    wrong = save(pipeline, client, change="nightly", expression="daily")
    assert (wrong.status_code, "Change nightly" in wrong.content.decode()) == (422, True)


def test_a_schedule_is_paused_resumed_and_deleted(pipeline):
    put(pipeline)
    client = signed_in(pipeline.account, Role.DEVELOPER)
    switch = where(pipeline, "schedule-switch")
    seen = said(client.post(switch, {"schedule": "nightly", "enabled": "0"}, follow=True).content.decode())
    assert "The schedule nightly is paused." in seen
    assert (Schedule.objects.get().next_start_at, "Resume" in seen) == (None, True)
    client.post(switch, {"schedule": "nightly", "enabled": "1"})
    assert Schedule.objects.get().next_start_at is not None
    client.post(where(pipeline, "schedule-delete"), {"schedule": "nightly"})
    assert not Schedule.objects.exists()


def test_one_that_cannot_go_on_says_why_instead_of_being_switched_on(pipeline):
    put(pipeline)
    Schedule.objects.update(expression="cron(0 9 * * ? 2020)", is_enabled=False, next_start_at=None)
    client = signed_in(pipeline.account)
    switch = where(pipeline, "schedule-switch")
    seen = client.post(switch, {"schedule": "nightly", "enabled": "1"}, follow=True).content.decode()
    assert "never comes again" in seen
    assert not Schedule.objects.get().is_enabled


def test_why_the_last_start_did_not_come_about_is_shown(pipeline):
    put(pipeline)
    Schedule.objects.update(error_code="TooManyExecutions", error_message="It runs <all> it may.")
    assert "It runs &lt;all&gt; it may." in signed_in(pipeline.account).get(where(pipeline)).content.decode()


@pytest.mark.parametrize("page", ["schedule-save", "schedule-switch", "schedule-delete"])
def test_a_schedule_of_another_pipeline_or_account_is_not_found_here(pipeline, page):
    other = make_pipeline(account=pipeline.account, name="other")
    foreign = make_pipeline(account=make_account("Umbrella"))
    put(other, "of-other")
    put(foreign, "of-foreign")
    client = signed_in(pipeline.account)
    for name in ("of-other", "of-foreign", "none", "\x00"):
        fields = {**NIGHTLY, "schedule": name, "change": name}
        assert client.post(where(pipeline, page), fields).status_code == 404
        assert client.get(where(pipeline), {"change": name}).status_code == 404
    assert Schedule.objects.count() == 2
    assert "of-other" not in client.get(where(pipeline)).content.decode()


def test_viewers_read_and_are_offered_no_form(pipeline):
    put(pipeline)
    html = signed_in(pipeline.account, Role.VIEWER).get(where(pipeline)).content.decode()
    assert "nightly" in html
    assert "schedules/save/" not in html
    assert "schedules/delete/" not in html


def test_pages_follow_and_cost_the_same(pipeline):
    client = signed_in(pipeline.account)
    put(pipeline)
    with CaptureQueriesContext(connection) as one:
        client.get(where(pipeline))
    for number in range(60):
        put(pipeline, f"s{number:02}")
    with CaptureQueriesContext(connection) as many:
        html = client.get(where(pipeline)).content.decode()
    assert len(many) == len(one)
    assert html.count('<tr id="schedule-') == 50
    assert client.get(where(pipeline), {"after": "x"})["Location"] == where(pipeline)
