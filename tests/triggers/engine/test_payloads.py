"""What git hosts post, as events."""

import json

import pytest

from apps.triggers.engine.git_event import GitEvent, Kind, PullRequestAction
from apps.triggers.engine.payloads import PayloadUnreadable, events_of, host_of
from tests.triggers.hooks import HEAD, PULL_REQUESTS, PUSHES, TAGS, payload

FILES = ("docs/tides.md", "src/board.py", "src/old.py")
HEADERS = {
    "GitHub": "x-github-event",
    "GitLab": "x-gitlab-event",
    "Gitea": "x-gitea-event",
    "Bitbucket": "x-event-key",
    "Git": "x-headrace-event",
}


def read(host: str, event: str, name: str) -> list[GitEvent]:
    return events_of(host, {HEADERS[host]: event}, payload(name))


@pytest.mark.parametrize(("host", "event", "name"), [row for row in PUSHES if row[0] != "Bitbucket"])
def test_a_push_to_a_branch(host, event, name):
    (found,) = read(host, event, name)
    assert (found.kind, found.repository, found.branch, found.tag) == (Kind.PUSH, "harbor/board", "main", "")
    assert (found.commit, found.is_new, found.is_deleted, found.author) == (HEAD, False, False, "ada")
    assert sorted(found.files) == sorted(FILES)
    assert found.message.startswith("Show the tides")


@pytest.mark.parametrize(
    ("host", "event", "name"),
    [row for row in TAGS if row[0] != "Bitbucket"],
)
def test_a_push_of_a_tag(host, event, name):
    (found,) = read(host, event, name)
    assert (found.branch, found.tag, found.commit, found.is_new) == ("", "v1.2.0", HEAD, True)


def test_new_and_deleted_branches():
    (new,), (gone,) = (read("GitHub", "push", f"github_push_{word}_branch") for word in ("new", "deleted"))
    assert (new.branch, new.is_new, new.is_deleted) == ("feature/tides", True, False)
    assert (gone.branch, gone.is_new, gone.is_deleted) == ("feature/tides", False, True)


@pytest.mark.parametrize(
    ("host", "event", "name", "action"),
    PULL_REQUESTS,
)
def test_a_pull_request(host, event, name, action):
    (found,) = read(host, event, name)
    assert (found.kind, found.action, found.repository) == (
        Kind.PULL_REQUEST,
        PullRequestAction(action),
        "harbor/board",
    )
    assert (found.source_branch, found.destination_branch, found.number) == ("feature/tides", "main", 7)
    assert HEAD.startswith(found.commit)
    assert (found.author, found.files, found.is_deleted) == ("ada", None, False)


def test_bitbucket_tells_several_changes_at_once():
    (push,) = read("Bitbucket", "repo:push", "bitbucket_push")
    assert (push.branch, push.commit, push.is_new, push.files, push.author) == ("main", HEAD, False, None, "ada")
    branch, tag, gone = read("Bitbucket", "repo:push", "bitbucket_push_many")
    assert (branch.branch, branch.is_new) == ("feature/tides", True)
    assert (tag.tag, tag.commit) == ("v1.2.0", HEAD)
    assert (gone.branch, gone.is_deleted) == ("old", True)


@pytest.mark.parametrize(
    ("host", "event", "name"),
    [
        ("GitHub", "ping", "github_ping"),
        ("GitHub", "create", "github_create_tag"),
        ("GitHub", "pull_request", "github_pull_request_labeled"),
        ("GitLab", "Merge Request Hook", "gitlab_merge_request_update_title"),
        ("Bitbucket", "pullrequest:rejected", "bitbucket_pullrequest_created"),
        ("Bitbucket", "pullrequest:approved", "bitbucket_pullrequest_created"),
    ],
)
def test_what_can_start_nothing_is_no_event(host, event, name):
    assert read(host, event, name) == []


@pytest.mark.parametrize("document", [None, [], {}, "x", 1, {"ref": 1}, {"object_kind": "push"}, {"repository": None}])
@pytest.mark.parametrize("host", HEADERS)
@pytest.mark.parametrize("event", ["push", "pull_request", "repo:push", "pullrequest:created"])
def test_a_payload_that_is_none_is_refused_or_tells_nothing(host, event, document):
    assert told(host, event, document) in ([], f"The payload is not one of {host}'s")


def told(host, event, document):
    """Return what a payload tells, or the first words of its refusal."""
    try:
        return events_of(host, {HEADERS[host]: event}, document)
    except PayloadUnreadable as refusal:
        return str(refusal).partition(":")[0]


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ({"x-github-event": "push"}, "GitHub"),
        ({"x-github-event": "push", "x-gitea-event": "push"}, "Gitea"),
        ({"x-gitlab-event": "Push Hook"}, "GitLab"),
        ({"x-event-key": "repo:push"}, "Bitbucket"),
        ({"x-headrace-event": "push"}, "Git"),
        ({"content-type": "application/json"}, ""),
    ],
)
def test_a_host_is_known_by_its_headers(headers, host):
    assert host_of(headers) == host


BEFORE = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
MERGE_REQUEST = ("GitLab", "Merge Request Hook", "gitlab_merge_request_open")


def plain(**members) -> dict:
    return {"repository": "team/app", "ref": "refs/heads/main", "before": BEFORE, "after": HEAD} | members


def test_a_plain_git_server_tells_what_its_hook_knows():
    (found,) = events_of("Git", {"x-headrace-event": "push"}, plain(author="ada"))
    assert (found.repository, found.branch, found.commit, found.before) == ("team/app", "main", HEAD, BEFORE)
    assert (found.author, found.files, found.is_new, found.is_deleted) == ("ada", None, False, False)
    (tag,) = events_of("Git", {"x-headrace-event": "push"}, plain(ref="refs/tags/v1", before="0" * 40))
    assert (tag.tag, tag.branch, tag.is_new) == ("v1", "", True)
    (gone,) = events_of("Git", {"x-headrace-event": "push"}, plain(after="0" * 40))
    assert gone.is_deleted
    assert events_of("Git", {"x-headrace-event": "push"}, plain(ref="refs/notes/x")) == []
    assert events_of("Git", {"x-headrace-event": "other"}, plain()) == []


@pytest.mark.parametrize(("host", "event", "name"), [*PUSHES, ("Bitbucket", "repo:push", "bitbucket_push")])
def test_a_push_says_what_was_there_before(host, event, name):
    (found,) = read(host, event, name)
    assert found.before == BEFORE


@pytest.mark.parametrize(("host", "member"), [("GitLab", "total_commits_count"), ("Gitea", "total_commits")])
def test_a_list_that_was_cut_off_tells_no_files(host, member):
    document = payload(f"{host.lower()}_push")
    (found,) = events_of(host, {HEADERS[host]: "push"}, {**document, member: 21})
    assert found.files is None


@pytest.mark.parametrize(
    ("host", "event", "name"),
    [
        ("GitHub", "pull_request", "github_pull_request_opened"),
        ("Gitea", "pull_request", "gitea_pull_request_opened"),
        MERGE_REQUEST,
        ("Bitbucket", "pullrequest:created", "bitbucket_pullrequest_created"),
    ],
)
def test_a_pull_request_tells_which_repository_it_comes_from(host, event, name):
    document = payload(name)
    (own,) = read(host, event, name)
    assert (own.source_repository, own.is_from_fork) == ("harbor/board", False)
    _place_of_source(host, document).update(FORKED[host])
    (fork,) = events_of(host, {HEADERS[host]: event}, document)
    assert fork.is_from_fork


FORKED = {
    "GitHub": {"repo": None},  # deleted since
    "Gitea": {"repo": {"full_name": "stranger/board"}},
    "GitLab": {"source": {"path_with_namespace": "stranger/board"}},
    "Bitbucket": {"repository": None},
}


def _place_of_source(host: str, document: dict) -> dict:
    if host == "GitLab":
        return document["object_attributes"]
    return document["pullrequest"]["source"] if host == "Bitbucket" else document["pull_request"]["head"]


@pytest.mark.parametrize(
    ("host", "event", "name"), [*PUSHES, MERGE_REQUEST, ("Bitbucket", "repo:push", "bitbucket_push_many")]
)
def test_an_event_survives_the_queue(host, event, name):
    for each in read(host, event, name):
        assert GitEvent.from_json(json.loads(json.dumps(each.to_json()))) == each


def test_facts_are_named_as_on_the_event_bus():
    (push,) = read("GitHub", "push", "github_push")
    told = push.facts()
    assert (told["commit-id"], told["branch-name"], told["full-repository-name"]) == (HEAD, "main", "harbor/board")
    assert told["author-id"] == "ada"
    assert "tag-name" not in told
    (tag,) = read("GitHub", "push", "github_push_tag")
    assert tag.facts()["tag-name"] == "v1.2.0"
