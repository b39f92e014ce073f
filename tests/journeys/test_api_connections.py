"""Git triggers through connections: real repositories over HTTP, whose hooks call Headrace when somebody pushes."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journeys.git_hosting import PASSWORD, Connected, Hosting, Repository, documented_hook, githubs_hook
from tests.journeys.workshop import refused
from tests.plugins.git_server import GitServer
from tests.plugins.repositories import git
from tests.running import until


@pytest.fixture
def server(headrace, tmp_path):
    with GitServer(tmp_path / "host", password=PASSWORD, port=headrace.receiver_port) as running:
        yield running


@pytest.fixture
def hosting(headrace, account, server) -> Hosting:
    return Hosting(headrace, account, server, "GitHub")


@pytest.fixture
def repository(hosting, tmp_path) -> Repository:
    return Repository(hosting, tmp_path, githubs_hook(hosting))


@pytest.fixture
def plain(headrace, account, server, tmp_path) -> Repository:
    connected = Hosting(headrace, account, server, "Git")
    return Repository(connected, tmp_path, documented_hook(connected))


def names(*includes: str, excludes: tuple[str, ...] = ()) -> dict:
    return {"includes": list(includes)} | ({"excludes": list(excludes)} if excludes else {})


SOURCES = {
    "branches": names("main", "feature/**", excludes=("feature/no-*",)),
    "filePaths": names("*.py", "docs/**", excludes=("generated.py",)),
}


def succeeded(pipeline: Connected, *commits: str) -> None:
    """Wait until these commits, and no others, were run."""
    until(lambda: pipeline.statuses() == ["Succeeded"] * len(commits), what=f"{len(commits)} successes")
    assert pipeline.commits() == list(commits)


def test_excludes_beat_includes_and_an_excluded_file_vetoes_no_other(repository, api):
    """Shows CP-160."""
    pipeline = Connected(api, repository, git_filter={"push": [SOURCES]})
    repository.commit("Excluded alone", generated__py="1")
    repository.commit("Included by nothing", notes__txt="1")
    first = repository.commit("Excluded beside included", generated__py="2", app__py="1")
    repository.switch("feature/no-tides")
    repository.commit("A branch that is included and excluded", app__py="2")
    repository.commit("Once more, for the first push made the branch", app__py="3")
    repository.switch("other")
    repository.push("HEAD")
    repository.commit("A branch that is not included", app__py="4")
    repository.switch("main")
    second = repository.commit("Included", app__py="5")
    succeeded(pipeline, first, second)
    trigger = {"triggerType": "WebhookV2", "triggerDetail": repository.hosting.connection["arn"]}
    assert [each["trigger"] for each in pipeline.executions()] == [trigger] * 2


def test_a_host_that_tells_no_files_is_asked_through_its_git(plain, json_api):
    """Shows CP-160 for a server of no known kind, with the hook that the documentation gives for it."""
    pipeline = Connected(json_api, plain, git_filter={"push": [SOURCES]})
    plain.commit("Excluded alone", generated__py="1")
    first = plain.commit("Excluded beside included", generated__py="2", app__py="1")
    succeeded(pipeline, first)
    plain.switch("feature/no-tides")
    plain.push("HEAD")
    plain.commit("A branch that is included and excluded", app__py="2")
    plain.switch("main")
    second = plain.commit("Included", app__py="3")
    succeeded(pipeline, first, second)


def test_pushes_to_the_branch_start_a_pipeline_without_triggers(plain, json_api):
    """Shows the default of DetectChanges, for V1 and V2; false and any trigger switch it off."""
    second = Connected(json_api, plain)
    first = Connected(json_api, plain, pipelineType="V1", executionMode="SUPERSEDED")
    off = Connected(json_api, plain, configuration={"DetectChanges": "false"})
    tagged = Connected(json_api, plain, git_filter={"push": [{"tags": names("v*", excludes=("*-rc",))}]})
    head = plain.commit("Go on", app__py="1")
    for pipeline in (first, second):
        succeeded(pipeline, head)
    git(plain.work, "tag", "-a", "-m", "One", "v1-rc")
    git(plain.work, "tag", "-a", "-m", "One", "v1")
    plain.push("v1-rc", "v1")
    succeeded(tagged, head)
    execution = tagged.executions()[0]["pipelineExecutionId"]
    assert variables(tagged, execution)["TagName"] == "v1"
    assert (off.executions(), len(second.executions())) == ([], 1)


def variables(pipeline: Connected, execution: str) -> dict[str, str]:
    found = pipeline.api.list_action_executions(pipelineName=pipeline.name, filter={"pipelineExecutionId": execution})[
        "actionExecutionDetails"
    ]
    return next(each["output"]["outputVariables"] for each in found if each["actionName"] == "Checkout")


def test_what_the_source_tells_of_its_commit(repository, json_api):
    pipeline = Connected(json_api, repository, git_filter={"push": [{"branches": names("feature/*")}]})
    repository.switch("feature/tides")
    head = repository.commit("Show the tides", app__py="1")
    succeeded(pipeline, head)
    execution = pipeline.executions()[0]
    (told,) = execution["sourceRevisions"]
    assert json.loads(told["revisionSummary"]) == {"ProviderType": "GitHub", "CommitMessage": "Show the tides"}
    assert told["revisionUrl"].endswith(f"/{repository.name}/commit/{head}")
    found = variables(pipeline, execution["pipelineExecutionId"])
    assert found.pop("AuthorDate")
    assert found == {
        "AuthorDisplayName": "Ada",
        "AuthorEmail": "ada@example.org",
        "AuthorId": "ada",
        "BranchName": "feature/tides",
        "CommitId": head,
        "CommitMessage": "Show the tides",
        "ConnectionArn": repository.hosting.connection["arn"],
        "FullRepositoryName": repository.name,
        "ProviderType": "GitHub",
    }


def pull_request(repository: Repository, deed: str, *, source: str = "", base: str = "") -> dict:
    """Return what GitHub tells of a pull request from the branch that the working copy is at."""
    branch = git(repository.work, "branch", "--show-current").strip()
    name = {"full_name": repository.name}
    head = {"ref": branch, "sha": repository.head(), "repo": {"full_name": source or repository.name}}
    return {
        "action": deed,
        "number": 7,
        "pull_request": {"title": "Tides", "head": head, "base": {"ref": "main", "sha": base, "repo": name}},
        "repository": name,
        "sender": {"login": "ada"},
    }


def test_pull_requests_start_what_waits_for_them(repository, json_api):
    to_main = {"branches": names("main"), "filePaths": names("*.py")}
    opened = Connected(json_api, repository, git_filter={"pullRequest": [{"events": ["OPEN"], **to_main}]})
    closed = Connected(json_api, repository, git_filter={"pullRequest": [{"events": ["CLOSED"]}]})
    repository.switch("feature/words")
    repository.commit("Words", notes__txt="1")
    hosting = repository.hosting
    assert hosting.post(pull_request(repository, "opened"), "pull_request", delivery="a").status_code == 200
    repository.switch("feature/tides")
    head = repository.commit("Tides", app__py="1")
    assert hosting.post(pull_request(repository, "opened"), "pull_request", delivery="b").status_code == 200
    fork = pull_request(repository, "opened", source="stranger/app")
    assert hosting.post(fork, "pull_request", delivery="c").json()["started"] == 0
    assert hosting.post(pull_request(repository, "closed"), "pull_request", delivery="d").json()["started"] == 1
    succeeded(closed, head)
    succeeded(opened, head)


def test_what_is_forged_or_told_again_starts_nothing(repository, json_api):
    pipeline = Connected(json_api, repository, git_filter={"pullRequest": [{"branches": names("main")}]})
    repository.switch("feature/tides")
    head = repository.commit("Tides", app__py="1")
    hosting, told = repository.hosting, pull_request(repository, "opened")
    assert hosting.post(told, "pull_request", secret="another", delivery="a").status_code == 403
    assert hosting.shown()["error_code"] == "AuthenticationFailed"
    unknown = hosting.rest.post(f"{hosting.connection['webhook_url'][:-9]}aaaaaaaa/", content=b"{}")
    forged = hosting.post(told, "pull_request", secret="another")
    assert (unknown.status_code, unknown.content) == (forged.status_code, forged.content)
    assert hosting.post({"x": "x" * 1_048_577}, "push").status_code == 413
    assert [hosting.post(told, "pull_request", delivery="a").json()["started"] for _ in range(2)] == [1, 0]
    succeeded(pipeline, head)
    assert hosting.shown()["error_code"] == ""


def test_a_delivery_that_comes_many_times_at_once_starts_one_execution(repository, json_api):
    pipeline = Connected(json_api, repository, git_filter={"pullRequest": [{"branches": names("main")}]})
    repository.switch("feature/tides")
    head = repository.commit("Tides", app__py="1")
    told = pull_request(repository, "opened")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: repository.hosting.post(told, "pull_request", delivery="a"), range(4)))
    assert sorted(answer.json()["started"] for answer in answers) == [0, 0, 0, 1]
    succeeded(pipeline, head)


def test_the_hosts_password_is_seen_by_the_host_alone(repository, json_api, headrace):
    pipeline = Connected(json_api, repository)
    succeeded(pipeline, repository.commit("Go on", app__py="1"))
    assert ("reader" in {user for _, user in repository.hosting.server.asked}) is True
    written = (
        headrace.logs(lines=10_000)
        + json.dumps(repository.hosting.shown())
        + json.dumps(json_api.list_action_executions(pipelineName=pipeline.name), default=str)
    )
    kept = [path for path in Path(headrace.data).rglob("*") if path.is_file() and not path.is_symlink()]
    assert PASSWORD not in written
    assert [path for path in kept if PASSWORD.encode() in path.read_bytes()] == []


def test_a_stranger_can_use_no_connection_of_another_account(repository, json_api, headrace, stranger):
    """T-30: the source of a pipeline that names another account's connection fails, and hears nothing."""
    hosting = repository.hosting
    theirs = Hosting.__new__(Hosting)
    theirs.__dict__ |= hosting.__dict__ | {"account": stranger}
    taken = Repository.__new__(Repository)
    taken.__dict__ |= repository.__dict__ | {"hosting": theirs}
    api = headrace.client(stranger)
    pipeline = Connected(api, taken, executionMode="SUPERSEDED")
    own = Connected(json_api, repository)
    succeeded(own, repository.commit("Go on", app__py="1"))
    found = until(lambda: failure(api, pipeline), what="the failure")
    assert found == {"code": "ConfigurationError", "message": found["message"]}
    assert "has no connection" in found["message"]
    assert pipeline.executions() == []


def failure(api, pipeline: Connected) -> dict:
    state = api.get_pipeline_state(name=pipeline.name)["stageStates"][0]["actionStates"][0]
    return state.get("latestExecution", {}).get("errorDetails", {})


def test_an_execution_may_be_started_with_another_commit(repository, json_api):
    pipeline = Connected(json_api, repository, configuration={"DetectChanges": "false"})
    older = repository.head()
    newer = repository.commit("Go on", app__py="1")
    override = {"actionName": "Checkout", "revisionType": "COMMIT_ID", "revisionValue": older}
    json_api.start_pipeline_execution(name=pipeline.name, sourceRevisions=[override])
    succeeded(pipeline, older)
    json_api.start_pipeline_execution(name=pipeline.name)
    succeeded(pipeline, older, newer)
    with refused("ValidationException"):
        json_api.start_pipeline_execution(
            name=pipeline.name, sourceRevisions=[{**override, "revisionType": "IMAGE_DIGEST"}]
        )
