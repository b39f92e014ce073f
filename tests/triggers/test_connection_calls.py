"""What a git host's call of a connection leads to. Source: reference sections 6.2 and 6.4; T-41."""

import json

import pytest
from django.test import override_settings
from django_q.models import OrmQ

from apps.connections.selectors import connection_hook_url
from apps.connections.services import delete_connection
from apps.executions.models import PipelineExecution
from apps.pipelines.services import delete_pipeline, update_pipeline
from apps.triggers.models import GitListener
from tests.factories import BY, NOW, job_of, make_account, make_connection, make_pipeline
from tests.triggers.connected import Connected, listening_declaration
from tests.triggers.hooks import HEAD, PULL_REQUESTS, PUSHES, TAGS, payload, signed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("host", "event", "name"), PUSHES)
def test_a_push_to_the_branch_starts_the_pipeline_from_its_commit(client, host, event, name):
    connected = Connected(host)
    answer = connected.tell(client, name, event)
    assert (answer.status_code, answer.json()["started"]) == (200, 1)
    (execution,) = connected.started()
    assert (execution.trigger_type, execution.trigger_detail) == ("WebhookV2", connected.connection.arn)
    assert execution.overrides == {"Fetch": {"COMMIT_ID": HEAD}}
    told = execution.source_event
    assert (told["commit-id"], told["branch-name"], told["full-repository-name"]) == (HEAD, "main", "harbor/board")
    assert (told["provider-type"], told["connection-arn"]) == (host, connected.connection.arn)


def test_the_source_is_told_what_happened(client):
    connected = Connected("GitHub", mode="PARALLEL")
    connected.tell(client, "github_push")
    order = job_of(connected.started()[0], "Fetch").order
    assert order["revision_overrides"] == {"COMMIT_ID": HEAD}
    assert order["source_event"]["author-id"] == "ada"


@pytest.mark.parametrize(("host", "event", "name"), TAGS)
def test_a_tag_starts_what_waits_for_it_and_nothing_else(client, host, event, name):
    connected = Connected(host, git={"push": [{"tags": {"includes": ["v1.*"], "excludes": ["v1.9*"]}}]})
    connected.make_pipeline(name="other", git={"push": [{"tags": {"includes": ["v2.*"]}}]})
    assert connected.tell(client, name, event).json()["started"] == 1
    (execution,) = connected.started()
    assert (execution.pipeline_id, execution.source_event["tag-name"]) == (connected.pipeline.pk, "v1.2.0")


@pytest.mark.parametrize(
    ("host", "event", "name", "action"),
    [row for row in PULL_REQUESTS if row[0] != "Bitbucket"],  # which tells the beginning of a commit's id
)
def test_a_pull_request_starts_what_waits_for_its_event(client, host, event, name, action):
    to_main = {"branches": {"includes": ["main"]}}
    connected = Connected(host, git={"pullRequest": [{"events": [action], **to_main}]})
    others = [other for other in ("OPEN", "UPDATED", "CLOSED") if other != action]
    connected.make_pipeline(name="others", git={"pullRequest": [{"events": others, **to_main}]})
    connected.make_pipeline(name="elsewhere", git={"pullRequest": [{"branches": {"includes": ["feature/*"]}}]})
    assert connected.tell(client, name, event).json()["started"] == 1
    (execution,) = connected.started()
    assert (execution.pipeline_id, execution.overrides) == (connected.pipeline.pk, {"Fetch": {"COMMIT_ID": HEAD}})
    assert execution.source_event["branch-name"] == "feature/tides"


def test_files_decide_each_alone(client):
    """Shows CP-160 at the door: an exclude beats an include, and an excluded file vetoes no other."""
    wanted = {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["src/**"], "excludes": ["src/old.py"]}}
    connected = Connected("GitHub", git={"push": [wanted]})
    assert connected.tell(client, "github_push").json()["started"] == 1
    none = {**wanted, "filePaths": {"includes": ["src/**"], "excludes": ["src/**"]}}
    other = Connected("GitHub", git={"push": [none]})
    assert other.tell(client, "github_push").json()["started"] == 0
    assert not OrmQ.objects.exists()


def test_what_a_host_does_not_tell_is_left_to_the_queue(client):
    """Bitbucket names no files, and of a pull request's commit the beginning only."""
    wanted = {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["src/**"]}}
    connected = Connected("Bitbucket", git={"push": [wanted]})
    assert connected.tell(client, "bitbucket_push", "repo:push").json()["started"] == 0
    assert OrmQ.objects.count() == 1
    requests = Connected("Bitbucket", git={"pullRequest": [{"branches": {"includes": ["main"]}}]})
    assert requests.tell(client, "bitbucket_pullrequest_created", "pullrequest:created").json()["started"] == 0
    assert OrmQ.objects.count() == 2
    elsewhere = Connected("Bitbucket", git={"push": [{**wanted, "branches": {"includes": ["dev"]}}]})
    elsewhere.tell(client, "bitbucket_push", "repo:push")
    assert OrmQ.objects.count() == 2  # the branch decided alone


@pytest.mark.parametrize(
    ("how", "event", "name"),
    [
        ({"BranchName": "dev"}, "push", "github_push"),
        ({"DetectChanges": "false"}, "push", "github_push"),
        ({"FullRepositoryId": "harbor/other"}, "push", "github_push"),
        ({"git": {"push": [{"tags": {"includes": ["*"]}}]}}, "push", "github_push"),
        ({}, "push", "github_push_tag"),
        ({"BranchName": "feature/tides"}, "push", "github_push_deleted_branch"),
        ({}, "pull_request", "github_pull_request_opened"),
        ({}, "ping", "github_ping"),
        ({}, "create", "github_create_tag"),
        ({}, "", "github_push"),
    ],
)
def test_what_a_pipeline_does_not_listen_to_starts_nothing(client, how, event, name):
    connected = Connected("GitHub", **how)
    answer = connected.tell(client, name, event)
    assert (answer.status_code, answer.json()["started"], connected.started()) == (200, 0, [])


def test_a_trigger_without_filters_keeps_to_the_branch_of_the_action(client):
    connected = Connected("GitHub", git={})
    connected.make_pipeline(name="other", git={}, BranchName="dev")
    assert connected.tell(client, "github_push").json()["started"] == 1


def test_a_fork_starts_nothing(client):
    connected = Connected("GitHub", git={"pullRequest": [{"branches": {"includes": ["**"]}}]})
    document = payload("github_pull_request_opened")
    document["pull_request"]["head"]["repo"]["full_name"] = "stranger/board"
    assert connected.tell(client, "github_pull_request_opened", "pull_request", changes=document).json()["started"] == 0


def test_names_of_repositories_know_no_capitals(client):
    connected = Connected("GitHub", FullRepositoryId="Harbor/Board")
    assert connected.tell(client, "github_push").json()["started"] == 1


def test_several_changes_in_one_delivery_are_several_events(client):
    connected = Connected(
        "Bitbucket", git={"push": [{"branches": {"includes": ["**"]}}, {"tags": {"includes": ["*"]}}]}
    )
    assert connected.tell(client, "bitbucket_push_many", "repo:push").json()["started"] == 2  # the third was a deletion
    assert connected.tell(client, "bitbucket_push_many", "repo:push").json()["started"] == 0


def test_two_sources_of_one_repository_make_one_execution(client):
    account = make_account()
    connection, secret = make_connection(account)
    declaration = listening_declaration(account, connection.arn)
    (source,) = declaration["stages"][0]["actions"]
    declaration["stages"][0]["actions"].append({**source, "name": "Again", "outputArtifacts": [{"name": "More"}]})
    make_pipeline(account=account, declaration=declaration)
    connected = Connected.__new__(Connected)
    connected.account, connected.connection, connected.secret = account, connection, secret
    assert connected.tell(client, "github_push").json()["started"] == 1
    assert connected.started()[0].overrides == {"Fetch": {"COMMIT_ID": HEAD}, "Again": {"COMMIT_ID": HEAD}}


WRONG = {
    "GitHub": [{"x-hub-signature-256": "sha256=00"}, {"x-hub-signature-256": ""}],
    "GitLab": [{"x-gitlab-token": "another"}, {"x-gitlab-token": ""}],
    "Gitea": [{"x-gitea-signature": "00"}, {"x-gitea-signature": ""}],
    "Bitbucket": [{"x-hub-signature": "sha256=00"}, {"x-hub-signature": ""}],
}


@pytest.mark.parametrize(("host", "event", "name"), PUSHES)
def test_who_does_not_know_the_secret_is_refused(client, host, event, name):
    connected = Connected(host)
    for headers in WRONG[host]:
        assert connected.tell(client, name, event, **headers).status_code == 403
    assert connected.started() == []
    connected.connection.refresh_from_db()
    assert connected.connection.error_code == "AuthenticationFailed"
    connected.tell(client, name, event)
    connected.connection.refresh_from_db()
    assert (connected.connection.error_code, bool(connected.connection.last_event_at)) == ("", True)


def test_the_older_signature_alone_is_not_enough(client):
    connected = Connected("GitHub")
    body = json.dumps(payload("github_push")).encode()
    headers = {"x-github-event": "push", "x-hub-signature": signed(body, connected.secret, "sha1")}
    assert connected.post(client, body, headers).status_code == 403


def test_an_address_that_is_none_is_answered_like_a_wrong_secret(client):
    connected = Connected("GitHub")
    wrong = connected.tell(client, "github_push", **{"x-hub-signature-256": "sha256=00"})
    delete_connection(connected.account, connected.connection.uid)
    gone = connected.tell(client, "github_push")
    never = client.post("/hooks/connection/never/", data=b"{}", content_type="application/json")
    for answer in (gone, never):
        assert (answer.status_code, answer.content) == (wrong.status_code, wrong.content) == (403, wrong.content)
        assert {*answer.headers} == {*wrong.headers}


def test_a_refused_call_leaves_its_address_in_no_log(client, caplog):
    connected = Connected("GitHub")
    assert connected.tell(client, "github_push", **{"x-hub-signature-256": "sha256=00"}).status_code == 403
    assert connected.connection.token not in caplog.text


def test_a_connection_has_no_other_address(client):
    connected = Connected("GitHub")
    path = connection_hook_url(connected.connection)
    assert client.get(path[path.index("/hooks/") :]).status_code == 405
    body = json.dumps(payload("github_push")).encode()
    named = client.post(f"/hooks/connection/{connected.connection.uid}/", data=body, content_type="application/json")
    assert named.status_code == 403


def test_what_is_no_event_is_refused_only_by_who_may_ask(client):
    connected = Connected("GitHub")
    for body, status in ((b"no json", 400), (b"[]", 400), (b"{}", 400), (b"x" * 1_048_577, 413)):
        assert connected.post(client, body, connected.headers(body, "push", "1")).status_code == status
    assert connected.post(client, b"no json", {}).status_code == 403
    assert connected.started() == []


@override_settings(HOOK_CALLS_PER_SECOND=1)
@pytest.mark.parametrize("exists", [True, False])
def test_a_flood_is_held_back_whether_there_is_a_connection_or_not(client, exists):
    connected = Connected("GitHub")
    if not exists:
        delete_connection(connected.account, connected.connection.uid)
    statuses = [connected.tell(client, "github_push").status_code for _ in range(4)]
    assert statuses[:1] == [200 if exists else 403]
    assert statuses[-1] == 429


def test_another_accounts_pipelines_hear_nothing(client):
    """T-30: an ARN opens nothing for who does not own it."""
    connected = Connected("GitHub")
    stranger = make_account()
    arn = connected.connection.arn
    make_pipeline(account=stranger, declaration=listening_declaration(stranger, arn))
    dressed = arn.replace(connected.account.number, stranger.number)
    make_pipeline(account=stranger, declaration=listening_declaration(stranger, dressed, name="dressed"))
    assert connected.tell(client, "github_push").json()["started"] == 1
    assert PipelineExecution.objects.for_account(stranger).exclude(trigger_type="CreatePipeline").count() == 0


def test_the_definition_of_the_moment_counts(client):
    connected = Connected("GitHub")
    arn = connected.connection.arn
    update_pipeline(connected.account, listening_declaration(connected.account, arn, BranchName="dev"), by=BY, now=NOW)
    assert connected.tell(client, "github_push").json()["started"] == 0
    update_pipeline(connected.account, listening_declaration(connected.account, arn), by=BY, now=NOW)
    assert connected.tell(client, "github_push", delivery="2").json()["started"] == 1
    delete_pipeline(connected.account, "web", by=BY, now=NOW)
    again = {"repository": payload("github_push")["repository"] | {"pushed_at": 1_896_080_401}}
    assert connected.tell(client, "github_push", delivery="3", changes=again).json()["started"] == 0
    assert not GitListener.objects.exists()


def test_what_keeps_a_pipeline_from_starting_keeps_no_other(client, settings):
    settings.MOST_ACTIVE_EXECUTIONS = 1
    connected = Connected("GitHub")
    full = listening_declaration(connected.account, connected.connection.arn, name="a-full-one")
    make_pipeline(account=connected.account, declaration={**full, "executionMode": "QUEUED"})
    assert connected.tell(client, "github_push").json()["started"] == 1
    connected.connection.refresh_from_db()
    assert connected.connection.error_code == "TooManyExecutions"
