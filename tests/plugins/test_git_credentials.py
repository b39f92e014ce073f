"""Reading private repositories, and what changed in them, from a real git host on loopback."""

from secrets import token_hex

import pytest

from headrace_sdk import GitError
from headrace_sdk.egress import Egress
from headrace_sdk.git import GitCommand
from headrace_sdk.git_remote import Credentials
from headrace_sdk.git_run import GitRunner

from .git_server import GitServer
from .repositories import commit, git, make_repository

PASSWORD = "glpat-9f$ '\"x"


@pytest.fixture
def host(tmp_path):
    with GitServer(tmp_path / "host", password=PASSWORD) as running:
        running.make_repository("team/shop.git")
        yield running


@pytest.fixture
def work(tmp_path, host):
    folder = make_repository(tmp_path / "work")
    host.push(folder, "team/shop.git", "main")
    host.asked.clear()
    return folder


def reader(host, tmp_path, *, below: str = "", password: str = PASSWORD, kind=GitCommand, **limits):
    credentials = Credentials(below or host.url, "reader", password)
    egress = Egress(allowed=(f"127.0.0.1:{host.port}",))
    return kind(egress, tmp_path / "scratch", credentials=credentials, **limits)


def test_a_private_repository_is_read_with_the_credentials(host, work, tmp_path):
    head = git(work, "rev-parse", "HEAD").strip()
    found = reader(host, tmp_path).fetch_archive(f"{host.url}/team/shop.git", "main", tmp_path / "x.zip")
    assert (found.sha, found.author, found.author_email) == (head, "Ada", "ada@example.org")
    assert reader(host, tmp_path).describe(f"{host.url}/team/shop.git", head).message == "Begin"


class NotingRunner(GitRunner):
    """Remembers what git was given, and what lay in its folder afterwards."""

    seen: list[str]

    def run(self, arguments, **options):
        answer = super().run(arguments, **options)
        self.seen += arguments
        self.seen += [path.read_bytes().decode("latin-1") for path in self._home.rglob("*") if path.is_file()]
        return answer


class NotingGit(GitCommand):
    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.seen: list[str] = []

    def _runner(self, home):
        runner = NotingRunner(home, size_limit=self._size_limit)
        runner.seen = self.seen
        return runner


def test_the_password_is_in_no_argument_and_no_file(host, work, tmp_path):
    command = reader(host, tmp_path, kind=NotingGit)
    command.fetch_archive(f"{host.url}/team/shop.git", "main", tmp_path / "x.zip")
    assert any("#!/bin/sh" in text for text in command.seen)
    assert [text for text in command.seen if PASSWORD in text] == []


def test_a_wrong_password_is_refused_and_not_told(host, work, tmp_path):
    with pytest.raises(GitError) as refusal:
        reader(host, tmp_path, password="another-one").ls_remote(f"{host.url}/team/shop.git", "main")
    assert refusal.value.code == "PermissionError"
    assert "another-one" not in refusal.value.message


@pytest.mark.parametrize("below", ["{url}/other", "http://localhost:{port}", "{url}/team/shop.git/x", "{url}/te"])
def test_another_place_does_not_get_them(host, work, tmp_path, below):
    below = below.format(url=host.url, port=host.port)
    with pytest.raises(GitError):
        reader(host, tmp_path, below=below).ls_remote(f"{host.url}/team/shop.git", "main")
    assert {user for _, user in host.asked} == {None}


@pytest.mark.parametrize(
    ("url", "suits"),
    [
        ("https://git.example/team/shop.git", True),
        ("https://git.example/team", True),
        ("https://git.example", False),
        ("https://git.example.evil/team/shop.git", False),
        ("https://git.example@evil/team/shop.git", False),
        ("http://git.example/team/shop.git", False),
        ("https://git.example:8443/team/shop.git", False),
        ("https://git.example/team/../other/x.git", False),
        ("https://git.example/team/%2e%2e/x.git", False),
        ("ssh://git.example/team/shop.git", False),
    ],
)
def test_what_lies_below_the_host(url, suits):
    assert Credentials("https://git.example", "reader", "x").suit(url) is suits


def test_credentials_show_no_password():
    assert PASSWORD not in repr(Credentials("https://git.example", "reader", PASSWORD))


def test_files_that_differ_are_named_without_being_fetched(host, work, tmp_path):
    before = commit(work, "One", a__txt="1", gone__txt="x")
    git(work, "rm", "--quiet", "gone.txt")
    after = commit(work, "Two", b__txt=token_hex(100_000))
    host.push(work, "team/shop.git", "main")
    found = reader(host, tmp_path, size_limit=20_000).changed_files(f"{host.url}/team/shop.git", before, after)
    assert sorted(found) == ["b.txt", "gone.txt"]


def test_a_pull_request_counts_from_where_it_left_its_destination(host, work, tmp_path):
    git(work, "switch", "--quiet", "-c", "feature")
    head = commit(work, "Feature", feature__txt="1")
    git(work, "switch", "--quiet", "main")
    base = commit(work, "Meanwhile", meanwhile__txt="1")
    host.push(work, "team/shop.git", "main", "feature")
    url = f"{host.url}/team/shop.git"
    assert reader(host, tmp_path).changed_files(url, base, head, since_fork=True) == ("feature.txt",)
    assert sorted(reader(host, tmp_path).changed_files(url, base, head)) == ["feature.txt", "meanwhile.txt"]


def test_history_is_fetched_as_far_back_as_it_takes(host, work, tmp_path):
    git(work, "switch", "--quiet", "-c", "feature")
    head = commit(work, "Feature", feature__txt="1")
    git(work, "switch", "--quiet", "main")
    for number in range(120):
        base = commit(work, f"{number}", meanwhile__txt=f"{number}")
    host.push(work, "team/shop.git", "main", "feature")
    found = reader(host, tmp_path).changed_files(f"{host.url}/team/shop.git", base, head, since_fork=True)
    assert found == ("feature.txt",)


def test_a_pull_request_that_was_merged_counts_from_where_it_had_left(host, work, tmp_path):
    git(work, "switch", "--quiet", "-c", "feature")
    head = commit(work, "Feature", feature__txt="1")
    git(work, "switch", "--quiet", "main")
    commit(work, "Meanwhile", meanwhile__txt="1")
    git(work, "merge", "--quiet", "--no-ff", "-m", "Merge", "feature")
    base = commit(work, "Later", later__txt="1")
    host.push(work, "team/shop.git", "main")
    found = reader(host, tmp_path).changed_files(f"{host.url}/team/shop.git", base, head, since_fork=True)
    assert found == ("feature.txt",)


def test_lines_without_common_history_are_refused_in_words(host, work, tmp_path):
    git(work, "switch", "--quiet", "--orphan", "alone")
    head = commit(work, "Alone", alone__txt="1")
    host.push(work, "team/shop.git", "alone")
    base = git(work, "rev-parse", "main").strip()
    with pytest.raises(GitError, match="cannot be told where"):
        reader(host, tmp_path).changed_files(f"{host.url}/team/shop.git", base, head, since_fork=True)


@pytest.mark.parametrize("commit_id", ["main", "--output=/tmp/x", "a" * 39, "", "A" * 40])
def test_only_full_ids_of_commits_are_compared(host, work, tmp_path, commit_id):
    with pytest.raises(GitError, match="no full id"):
        reader(host, tmp_path).changed_files(f"{host.url}/team/shop.git", commit_id, "a" * 40)
    assert host.asked == []
