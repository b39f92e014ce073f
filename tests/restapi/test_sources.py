"""What keeps a source from starting its pipeline, over REST and on the page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenancy.roles import Role
from apps.triggers.models import SourceWatch
from tests.factories import NOW, make_account, make_pipeline
from tests.portal.visits import address as page_of
from tests.portal.visits import said, signed_in
from tests.restapi.asking import API, asking, pointers, problem_of
from tests.triggers.test_watching import watched_declaration

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    account = make_account()
    return make_pipeline(account=account, declaration=watched_declaration(account))


def watch(pipeline, action: str = "Fetch", **fields) -> SourceWatch:
    facts = {"stage": "Source", "action_type": "Source/ThirdParty/Git/1", "configuration_digest": "x"}
    looked = {"looked_at": NOW, "next_look_at": NOW + timedelta(minutes=1), "is_known": True}
    place = {"account": pipeline.account, "pipeline": pipeline, "action": action}
    return SourceWatch.objects.update_or_create(**place, defaults={**facts, **looked, **fields})[0]


def address(pipeline) -> str:
    return f"{API}/accounts/{pipeline.account.number}/pipelines/{pipeline.name}/sources/"


@pytest.mark.parametrize(
    ("fields", "reason", "sentence"),
    [
        ({}, "", ""),
        (
            {"error_code": "RevisionUnavailable", "error_message": "No <b>such</b> host."},
            "unreachable",
            "The source “Fetch” cannot be looked at, so nothing new starts: No <b>such</b> host.",
        ),
        (
            {"polling_disabled_at": NOW, "is_polled": False, "next_look_at": None},
            "polling ended",
            "The source “Fetch” is not polled any more: nothing happened for 30 days.",
        ),
        ({"looked_at": None, "is_known": False}, "not looked at yet", "The source “Fetch” has not been looked at yet."),
    ],
)
def test_each_source_says_why_nothing_new_of_it_starts(pipeline, fields, reason, sentence):
    watch(pipeline, **fields)
    (item,) = asking(pipeline.account, Role.VIEWER).get(address(pipeline)).json()["items"]
    assert (item["reason"], item["sentence"]) == (reason, sentence)
    assert (item["stage"], item["action"], bool(item["way_out"])) == ("Source", "Fetch", bool(reason))
    html = signed_in(pipeline.account).get(page_of("pipeline", pipeline.account, name="web")).content.decode()
    is_told = reason in ("unreachable", "polling ended")
    assert ("The source “Fetch”" in said(html)) == is_told
    assert "<b>such</b>" not in html


def test_pages_follow(pipeline):
    for name in ("A", "B"):
        watch(pipeline, name)
    client = asking(pipeline.account)
    first = client.get(address(pipeline), {"size": 2}).json()
    rest = client.get(address(pipeline), {"size": 2, "after": first["next"]}).json()
    assert [item["action"] for item in first["items"] + rest["items"]] == ["A", "B", "Fetch"]
    other = make_pipeline(account=pipeline.account, name="other")
    assert pointers(client.get(address(other), {"after": first["next"]})) == ["#/after"]


def test_the_number_of_queries_does_not_grow(pipeline):
    client = asking(pipeline.account)
    watch(pipeline)
    client.get(address(pipeline))  # notes when the token was used last
    counts = []
    for name in ("A", "B"):
        watch(pipeline, name)
        with CaptureQueriesContext(connection) as queries:
            client.get(address(pipeline))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


def test_a_stranger_finds_nothing(pipeline):
    watch(pipeline)
    problem_of(asking(make_account()).get(address(pipeline)), 404)
