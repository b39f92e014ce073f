"""Schedules over the REST API."""

import pytest

from apps.tenancy.roles import Role
from apps.triggers.models import Schedule
from tests.factories import make_account, make_pipeline
from tests.restapi.asking import API, asking, pointers, problem_of

pytestmark = pytest.mark.django_db
NIGHTLY = {"pipeline": "web", "expression": "cron(0 2 * * ? *)", "time_zone": "Europe/Berlin"}


@pytest.fixture
def account():
    return make_pipeline().account


def schedules(account, place: str = "") -> str:
    return f"{API}/accounts/{account.number}/schedules/{place}"


def test_a_schedule_is_made_shown_said_anew_and_deleted(account):
    client = asking(account, Role.DEVELOPER)
    made = client.put(schedules(account, "nightly/"), NIGHTLY, format="json")
    assert made.status_code == 201
    shown = client.get(schedules(account, "nightly/")).json()
    assert shown == made.json()
    assert shown["arn"] == f"arn:aws:events:us-east-1:{account.number}:rule/nightly"
    assert shown["next_start_at"].endswith(("T01:00:00Z", "T00:00:00Z"))
    changed = client.put(schedules(account, "nightly/"), {**NIGHTLY, "is_enabled": False}, format="json")
    assert (changed.status_code, changed.json()["next_start_at"]) == (200, None)
    assert client.delete(schedules(account, "nightly/")).status_code == 204
    problem_of(client.get(schedules(account, "nightly/")), 404)
    problem_of(client.delete(schedules(account, "nightly/")), 404)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"pipeline": "none"}, ["#/pipeline"]),
        ({"expression": "daily"}, ["#/expression"]),
        ({"expression": "cron(0 9 * * ? 2020)"}, ["#/expression"]),
        ({"time_zone": "Europe/Atlantis"}, ["#/time_zone"]),
        ({"time_zone": "x" * 51, "expression": ""}, ["#/expression", "#/time_zone"]),
        ({"variables": {"A": {}}}, ["#/variables/A"]),
        ({"variables": []}, ["#/variables"]),
        ({"timezone": "UTC"}, ["#/timezone"]),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_the_member_to_blame(account, change, expected):
    answer = asking(account).put(schedules(account, "nightly/"), {**NIGHTLY, **change}, format="json")
    assert pointers(answer) == expected
    assert not Schedule.objects.exists()


def test_a_name_that_no_rule_can_have_is_refused(account):
    problem_of(asking(account).put(schedules(account, "a b/"), NIGHTLY, format="json"), 400)


def test_a_viewer_sees_and_changes_nothing(account):
    asking(account).put(schedules(account, "nightly/"), NIGHTLY, format="json")
    client = asking(account, Role.VIEWER)
    assert client.get(schedules(account, "nightly/")).status_code == 200
    problem_of(client.put(schedules(account, "nightly/"), NIGHTLY, format="json"), 403)
    problem_of(client.delete(schedules(account, "nightly/")), 403)
    assert Schedule.objects.exists()


def test_a_schedule_of_another_account_is_not_there(account):
    other = make_pipeline(account=make_account("Umbrella")).account
    asking(other).put(schedules(other, "nightly/"), NIGHTLY, format="json")
    client = asking(account)
    problem_of(client.get(schedules(account, "nightly/")), 404)
    problem_of(client.delete(schedules(account, "nightly/")), 404)
    problem_of(client.get(schedules(other)), 404)
    assert client.get(schedules(account)).json()["items"] == []


def test_schedules_are_listed_by_name_page_by_page(account):
    client = asking(account)
    for name in ("c", "a", "b"):
        client.put(schedules(account, f"{name}/"), NIGHTLY, format="json")
    first = client.get(schedules(account), {"size": 2}).json()
    rest = client.get(schedules(account), {"size": 2, "after": first["next"]}).json()
    assert [item["name"] for item in first["items"] + rest["items"]] == ["a", "b", "c"]


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_takes_the_same_queries_however_long_it_is(account, count, django_assert_num_queries):
    client = asking(account)
    for number in range(count):
        client.put(schedules(account, f"s{number}/"), NIGHTLY, format="json")
    with django_assert_num_queries(3):
        assert len(client.get(schedules(account)).json()["items"]) == count
