"""Events of git hosts that are told again: by the host, or by somebody who has caught a delivery. Source: T-41."""

import pytest

from tests.triggers.connected import Connected
from tests.triggers.hooks import HEAD, PUSHES, payload

pytestmark = pytest.mark.django_db
MOMENT = "2030-01-31T09:00:00Z"


def bitbucket(name: str) -> dict:
    """Return a payload that tells the whole id of its commit, so that no git is asked."""
    document = payload(name)
    document["pullrequest"]["source"]["commit"]["hash"] = HEAD
    return document


PLAIN = {"repository": "harbor/board", "ref": "refs/heads/main", "before": "a" * 40, "after": HEAD}
# Host, event, payload, and where its signed body tells the moment.
TELLING = [
    ("GitHub", "push", payload("github_push"), ("repository", "pushed_at")),
    ("GitHub", "pull_request", payload("github_pull_request_opened"), ("pull_request", "updated_at")),
    ("Gitea", "pull_request", payload("gitea_pull_request_opened"), ("pull_request", "updated_at")),
    ("Gitea", "pull_request_sync", payload("gitea_pull_request_synchronized"), ("pull_request", "updated_at")),
    ("Bitbucket", "pullrequest:created", bitbucket("bitbucket_pullrequest_created"), ("pullrequest", "updated_on")),
    ("Bitbucket", "pullrequest:fulfilled", bitbucket("bitbucket_pullrequest_fulfilled"), ("pullrequest", "updated_on")),
    ("Git", "push", PLAIN, ("delivery",)),
]
REQUESTS = {"pullRequest": [{"branches": {"includes": ["main"]}}]}


def telling(document: dict, place: tuple[str, ...], moment: str) -> dict:
    """Return a payload that tells this moment of its event."""
    first, *rest = place
    return {**document, first: telling(document[first], tuple(rest), moment) if rest else moment}


def connected_for(host: str, event: str) -> Connected:
    connected = Connected(host, git=REQUESTS if "pull" in event else None)
    connected.make_pipeline(name="other", git=REQUESTS if "pull" in event else None)
    return connected


@pytest.mark.parametrize(("host", "event", "name"), PUSHES)
def test_a_delivery_starts_each_pipeline_once(client, host, event, name):
    connected = connected_for(host, event)
    assert [connected.tell(client, name, event).json()["started"] for _ in range(3)] == [2, 0, 0]
    assert len(connected.started()) == 2


@pytest.mark.parametrize(("host", "event", "document", "place"), TELLING)
def test_a_caught_delivery_starts_nothing_under_another_id_or_none(client, host, event, document, place):
    connected, caught = connected_for(host, event), telling(document, place, MOMENT)
    ids = ["1", "2", "", "3"]
    started = [connected.send(client, caught, event, delivery=each).json()["started"] for each in ids]
    assert started == [2, 0, 0, 0]


@pytest.mark.parametrize(("host", "event", "document", "place"), TELLING)
def test_the_same_that_happened_at_another_moment_starts_what_it_starts(client, host, event, document, place):
    connected = connected_for(host, event)
    for number, moment in enumerate(("2030-01-31T09:00:00Z", "2030-01-31T09:00:01Z")):
        told = telling(document, place, moment)
        assert connected.send(client, told, event, delivery=str(number)).json()["started"] == 2


@pytest.mark.parametrize(("host", "event", "name"), [row for row in PUSHES if row[0] != "GitHub"])
def test_a_branch_that_went_back_and_forth_starts_again(client, host, event, name):
    """These hosts tell of it by the same bytes, in which no moment stands."""
    connected = connected_for(host, event)
    assert [connected.tell(client, name, event, delivery=each).json()["started"] for each in ("1", "2", "2")] == [
        2,
        2,
        0,
    ]


@pytest.mark.parametrize(
    "repository", [{"full_name": "harbor/board"}, {"full_name": "harbor/board", "pushed_at": None}]
)
def test_a_body_that_tells_no_moment_is_known_by_its_id_alone(client, repository):
    connected = connected_for("GitHub", "push")
    told = payload("github_push") | {"repository": repository}
    assert [connected.send(client, told, "push", delivery=each).json()["started"] for each in ("1", "2", "2")] == [
        2,
        2,
        0,
    ]


def test_without_an_id_the_bytes_tell_deliveries_apart(client):
    connected = Connected("Gitea")
    found = [connected.tell(client, "gitea_push", delivery="").json()["started"] for _ in range(2)]
    assert found == [1, 0]
    assert connected.tell(client, "gitea_push", delivery="", changes={"compare_url": "x"}).json()["started"] == 1
