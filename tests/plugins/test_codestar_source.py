import json

import pytest

from headrace_sdk import CommitInfo, Connection, GitError
from headrace_sdk.egress import Egress
from headrace_sdk.git import GitCommand
from headrace_sdk.testing import BrokenGit, MemoryArtifacts, ProviderContract, ScriptedGit, make_request, run_action
from plugins.codestar_source.plugin import ConnectionSource

from .repositories import commit, git, make_repository

ARN = "arn:aws:codeconnections:us-east-1:111122223333:connection/11111111-2222-4333-8444-555555555555"
COMMIT = CommitInfo(
    "a" * 40, "Begin", "Ada", "2030-01-31T09:00:00+00:00", "2030-01-31T09:00:01+00:00", "ada@example.org"
)
CONFIGURATION = {"ConnectionArn": ARN, "FullRepositoryId": "team/shop", "BranchName": "main"}


class TestContract(ProviderContract):
    provider = ConnectionSource()
    configuration = CONFIGURATION

    def request_fields(self, folder):
        (folder / "tree").mkdir()
        (folder / "tree" / "readme.md").write_text("hello")
        return {
            "git": ScriptedGit(COMMIT, folder / "tree"),
            "connection": Connection(ARN, "GitHub", "https://github.com"),
        }


class Here:
    """A connection of the plain kind to a folder, with one repository: team/shop."""

    def __init__(self, folder):
        self.folder = folder
        self.repository = make_repository(folder / "account" / "team" / "shop")
        self.artifacts = MemoryArtifacts(folder)
        self.artifacts.add_output("Code")

    def request(self, configuration=(), **fields):
        root = self.folder / "account"
        command = GitCommand(Egress(), self.folder / "scratch", local_root=root)
        given = {"connection": Connection(ARN, "Git", f"file://{root}"), "git": command} | fields
        return make_request(self.folder, CONFIGURATION | dict(configuration), artifacts=self.artifacts, **given)

    def run(self, configuration=(), **fields):
        return run_action(ConnectionSource(), self.request(configuration, **fields)).result


@pytest.fixture
def here(tmp_path):
    return Here(tmp_path)


def test_the_newest_commit_becomes_the_artifact_the_revision_and_the_variables(here):
    sha = commit(here.repository, "Greet", greet__py="print('hi')")
    result = here.run()
    assert here.artifacts.outputs["Code"].content == {"greet.py": b"print('hi')", "readme.md": b"hello"}
    assert (result.revision.id, result.external_id) == (sha, sha)
    assert json.loads(result.revision.summary) == {"ProviderType": "Git", "CommitMessage": "Greet"}
    variables = dict(result.output_variables)
    assert variables.pop("AuthorDate").startswith("20")
    assert variables == {
        "AuthorDisplayName": "Ada",
        "AuthorEmail": "ada@example.org",
        "AuthorId": "Ada",
        "BranchName": "main",
        "CommitId": sha,
        "CommitMessage": "Greet",
        "ConnectionArn": ARN,
        "FullRepositoryName": "team/shop",
        "ProviderType": "Git",
    }


def test_an_event_tells_the_commit_the_branch_and_the_author(here):
    git(here.repository, "switch", "--quiet", "-c", "feature/x")
    sha = commit(here.repository, "Feature", feature__txt="1")
    commit(here.repository, "Later", feature__txt="2")
    event = {"branch-name": "feature/x", "author-id": "ada", "commit-id": sha}
    result = here.run(revision_overrides={"COMMIT_ID": sha}, source_event=event)
    assert result.revision.id == sha
    assert here.artifacts.outputs["Code"].content["feature.txt"] == b"1"
    assert (result.output_variables["BranchName"], result.output_variables["AuthorId"]) == ("feature/x", "ada")
    assert "TagName" not in result.output_variables


def test_a_tag_is_told_too(here):
    git(here.repository, "tag", "-a", "-m", "One", "v1")
    tag = git(here.repository, "rev-parse", "v1").strip()
    result = here.run(revision_overrides={"COMMIT_ID": tag}, source_event={"tag-name": "v1"})
    assert result.output_variables["TagName"] == "v1"
    assert result.revision.id == git(here.repository, "rev-parse", "HEAD").strip()  # what the tag points to


def test_a_reference_is_made_where_a_build_clones_itself(here):
    sha = git(here.repository, "rev-parse", "HEAD").strip()
    result = here.run({"OutputArtifactFormat": "CODEBUILD_CLONE_REF"})
    assert result.revision.id == sha
    told = json.loads((here.folder / "out-Code.zip").read_text())
    assert told == {
        "ConnectionArn": ARN,
        "FullRepositoryId": "team/shop",
        "CloneUrl": f"file://{here.folder}/account/team/shop",
        "BranchName": "main",
        "CommitId": sha,
    }


@pytest.mark.parametrize(
    ("kind", "url", "clone", "page"),
    [
        ("GitHub", "https://github.com", "https://github.com/a/b.git", "https://github.com/a/b/commit/1"),
        ("GitLab", "https://gitlab.com", "https://gitlab.com/a/b.git", "https://gitlab.com/a/b/-/commit/1"),
        ("Gitea", "https://x/git", "https://x/git/a/b.git", "https://x/git/a/b/commit/1"),
        ("Bitbucket", "https://bitbucket.org", "https://bitbucket.org/a/b.git", "https://bitbucket.org/a/b/commits/1"),
        ("Git", "https://x", "https://x/a/b", ""),
    ],
)
def test_each_kind_of_host_writes_addresses_its_way(kind, url, clone, page):
    connection = Connection(ARN, kind, url)
    assert (connection.repository_url("a/b"), connection.commit_page("a/b", "1")) == (clone, page)


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "../x",
        "a/../b",
        "a//b",
        "/etc",
        "-x/y",
        "a/-x",
        "a/.git",
        "a b/c",
        "a/b;id",
        "a/$(id)",
        "a/b\n",
        "a/%2e",
        "@x/y",
    ],
)
def test_a_repository_that_is_none_is_refused(here, repository):
    result = here.run({"FullRepositoryId": repository})
    assert (result.code, "is no repository's id" in result.message) == ("ConfigurationError", True)


def test_a_connection_that_is_not_there_is_named(here):
    result = here.run(connection=None)
    assert (result.code, ARN in result.message) == ("ConfigurationError", True)


def test_a_host_that_is_away_fails_the_action_with_its_reason(here):
    assert here.run(git=BrokenGit()).code == "SystemUnavailable"
    refused = BrokenGit(GitError("PermissionError", "The repository refused access."))
    assert (
        here.run(git=refused, configuration={"OutputArtifactFormat": "CODEBUILD_CLONE_REF"}).code == "PermissionError"
    )


@pytest.mark.parametrize("message", ["x" * 10_000, "\N{SNOWMAN}" * 5000, "\x01" * 5000, '"' * 5000])
def test_a_summary_stays_json_within_its_limit(here, message, tmp_path):
    told = CommitInfo("a" * 40, message)
    (tmp_path / "tree").mkdir()
    result = here.run(git=ScriptedGit(told, tmp_path / "tree"))
    assert len(result.revision.summary) <= 2048
    assert message.startswith(json.loads(result.revision.summary)["CommitMessage"])
