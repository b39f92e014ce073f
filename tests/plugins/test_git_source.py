import pytest

from headrace_sdk import CommitInfo, GitError
from headrace_sdk.egress import Egress
from headrace_sdk.git import GitCommand
from headrace_sdk.testing import BrokenGit, MemoryArtifacts, ProviderContract, ScriptedGit, make_request, run_action
from plugins.git_source.plugin import GitSource

from .repositories import commit, make_repository

COMMIT = CommitInfo("a" * 40, "Begin", "Ada", "2030-01-31T09:00:00+00:00", "2030-01-31T09:00:01+00:00")


class TestContract(ProviderContract):
    provider = GitSource()
    configuration = {"RepositoryUrl": "https://git.example.org/shop.git", "BranchName": "main"}

    def request_fields(self, folder):
        (folder / "tree").mkdir()
        (folder / "tree" / "readme.md").write_text("hello")
        return {"git": ScriptedGit(COMMIT, folder / "tree")}


def request_for(tmp_path, repository, branch="main", **fields):
    artifacts = MemoryArtifacts(tmp_path)
    artifacts.add_output("Source")
    git = GitCommand(Egress(), tmp_path / "scratch", local_root=tmp_path / "account")
    configuration = {"RepositoryUrl": str(repository), "BranchName": branch}
    return artifacts, make_request(tmp_path, configuration, artifacts=artifacts, git=git, **fields)


def test_the_newest_commit_becomes_the_artifact_the_revision_and_the_variables(tmp_path):
    repository = make_repository(tmp_path / "account" / "shop")
    sha = commit(repository, "Greet", greet__py="print('hi')")
    artifacts, request = request_for(tmp_path, repository)
    result = run_action(GitSource(), request).result
    assert (result.revision.id, result.revision.summary, result.external_id) == (sha, "Greet", sha)
    assert artifacts.outputs["Source"].content == {"greet.py": b"print('hi')", "readme.md": b"hello"}
    assert set(result.output_variables) == {
        "AuthorDate", "BranchName", "CommitId", "CommitMessage", "CommitterDate", "RepositoryUrl",
    }  # fmt: skip
    assert GitSource().latest_revision(request).id == sha


def test_the_revision_the_execution_was_started_for_is_taken(tmp_path):
    repository = make_repository(tmp_path / "account" / "shop")
    first = commit(repository, "First", a__txt="1")
    commit(repository, "Second", a__txt="2")
    artifacts, request = request_for(tmp_path, repository, revision_overrides={"COMMIT_ID": first})
    assert run_action(GitSource(), request).result.revision.id == first
    assert artifacts.outputs["Source"].content["a.txt"] == b"1"


def test_a_missing_branch_fails_with_its_name(tmp_path):
    repository = make_repository(tmp_path / "account" / "shop")
    result = run_action(GitSource(), request_for(tmp_path, repository, "nope")[1]).result
    assert "no branch 'nope'" in result.message
    assert result.code == "ConfigurationError"


def test_an_unreachable_repository_fails_the_action_and_is_told_to_the_poller(tmp_path):
    configuration = {"RepositoryUrl": "https://git.example.org/x", "BranchName": "main"}
    request = make_request(tmp_path, configuration, git=BrokenGit())
    assert run_action(GitSource(), request).result.code == "SystemUnavailable"
    with pytest.raises(GitError, match="cannot be reached"):
        GitSource().latest_revision(request)
