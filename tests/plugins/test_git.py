import os
import socket
import threading
import zipfile

import pytest

from headrace_sdk.archive import extract
from headrace_sdk.egress import Egress
from headrace_sdk.git import GitCommand
from headrace_sdk.git_remote import judged_branch, judged_remote
from headrace_sdk.request import GitError

from .repositories import commit, git, make_repository

LOOPBACK = Egress(allowed=("127.0.0.1",))


@pytest.fixture
def reader(tmp_path):
    return GitCommand(Egress(), tmp_path / "scratch", local_root=tmp_path / "account")


@pytest.fixture
def repository(tmp_path):
    return make_repository(tmp_path / "account" / "shop")


def test_the_branch_and_its_files_are_read(reader, repository, tmp_path):
    sha = commit(repository, "Greet\n\nIn two languages: é", greet__py="print('hi')")
    assert reader.ls_remote(str(repository), "main") == sha
    info = reader.fetch_archive(str(repository), "main", tmp_path / "out.zip")
    assert (info.sha, info.message, info.author) == (sha, "Greet\n\nIn two languages: é", "Ada")
    assert info.author_date
    assert info.committer_date
    extract(tmp_path / "out.zip", tmp_path / "out")
    assert (tmp_path / "out" / "greet.py").read_text() == "print('hi')"


def test_an_older_commit_is_read_by_its_id(reader, repository, tmp_path):
    old = git(repository, "rev-parse", "HEAD").strip()
    commit(repository, "Later", later__txt="x")
    assert reader.fetch_archive(f"file://{repository}", old, tmp_path / "out.zip").sha == old
    assert zipfile.ZipFile(tmp_path / "out.zip").namelist() == ["readme.md"]


def test_links_become_copies_or_are_left_out(reader, repository, tmp_path):
    (repository / "folder").mkdir()
    (repository / "folder" / "copy").symlink_to("../readme.md")
    (repository / "outside").symlink_to("/etc/passwd")
    (repository / "up").symlink_to("../../../etc/passwd")
    (repository / "loop").symlink_to("loop")
    commit(repository, "Link")
    reader.fetch_archive(str(repository), "main", tmp_path / "out.zip")
    extract(tmp_path / "out.zip", tmp_path / "out")
    assert (tmp_path / "out" / "folder" / "copy").read_text() == "hello"
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["folder", "readme.md"]


def test_attributes_of_the_repository_leave_nothing_out(reader, repository, tmp_path):
    commit(repository, "Attributes", __gitattributes="readme.md export-ignore\n")
    reader.fetch_archive(str(repository), "main", tmp_path / "out.zip")
    assert "readme.md" in zipfile.ZipFile(tmp_path / "out.zip").namelist()


def test_nothing_is_left_in_the_scratch_folder(reader, repository, tmp_path):
    reader.fetch_archive(str(repository), "main", tmp_path / "out.zip")
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch marker", "--upload-pack=touch${IFS}marker", "-oProxyCommand=touch", "ext::sh -c touch",
        "ext::sh%20-c%20touch", "fd::17", "file:///etc", "/etc", "/", "../account/shop", "shop", "ssh://-oProxyCommand=x/y",
        "ssh://user@-oProxyCommand=x/y", "git@-oProxyCommand=x:y", "git@host.example:-x", "ssh://git@host.example/-x",
        "ssh://git:password@host.example/x", "https://token@host.example/x", "https://127.0.0.1/x", "http://host.example/x",
        "https://host.example\\@127.0.0.1/x", "git://host.example/x", "ftp://host.example/x", "", " ", "https://",
        "https://169.254.169.254/latest", "ssh://127.0.0.1/x", "git@127.0.0.1:x", "https://host.example/x\n--y",
    ],
)  # fmt: skip
def test_a_url_that_git_must_not_see_is_refused(reader, repository, tmp_path, url, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GitError) as refused:
        reader.ls_remote(url, "main")
    assert refused.value.code in ("ConfigurationError", "SystemUnavailable")
    with pytest.raises(GitError):
        reader.fetch_archive(url, "main", tmp_path / "out.zip")
    assert not list(tmp_path.rglob("marker"))
    assert not (tmp_path / "out.zip").exists()


def test_another_accounts_repository_is_not_read_even_through_a_link(reader, tmp_path):
    foreign = make_repository(tmp_path / "other" / "secret")
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "link").symlink_to(foreign)
    for url in (str(foreign), f"{tmp_path}/account/../other/secret", str(tmp_path / "account" / "link")):
        with pytest.raises(GitError, match="account's own"):
            reader.ls_remote(url, "main")


def test_without_a_folder_of_its_own_an_account_reads_no_local_repository(repository, tmp_path):
    with pytest.raises(GitError, match="refused"):
        GitCommand(Egress(), tmp_path / "scratch").ls_remote(str(repository), "main")


@pytest.mark.parametrize(
    "branch",
    [
        "--output=x", "-x", "", "a b", "a..b", "a//b", "/a", "a/", "a.lock", "a.", ".a", "a/.b", "@{1}", "a@{b", "a:b",
        "a*", "a?", "a[b", "a~1", "a^", "a\\b", "a\nb", "$(id)", "`id`", "a|b", "a;b", "a&b", "a>b", "'a'", '"a"',
        "x" * 256, "a/-b",
    ],
)  # fmt: skip
def test_a_branch_name_that_could_mean_something_else_is_refused(reader, repository, branch):
    with pytest.raises(GitError, match="branch name"):
        judged_branch(branch)
    with pytest.raises(GitError, match="branch name"):
        reader.ls_remote(str(repository), branch)


@pytest.mark.parametrize("branch", ["main", "feature/a-1", "release-1.2", "fix#12", "a@b", "dependabot/x_y+z", "v=1"])
def test_a_usual_branch_name_is_taken(reader, repository, branch):
    git(repository, "branch", "--force", branch) if branch != "main" else None
    assert reader.ls_remote(str(repository), branch)


def test_a_missing_branch_is_named(reader, repository, tmp_path):
    for read in (lambda: reader.ls_remote(str(repository), "nope"),
                 lambda: reader.fetch_archive(str(repository), "nope", tmp_path / "o.zip")):  # fmt: skip
        with pytest.raises(GitError, match="has no branch 'nope'") as missing:
            read()
        assert missing.value.code == "ConfigurationError"


def test_a_missing_commit_is_named(reader, repository, tmp_path):
    with pytest.raises(GitError, match="has no commit ffff") as missing:
        reader.fetch_archive(str(repository), "f" * 40, tmp_path / "o.zip")
    assert missing.value.code == "RevisionUnavailable"


@pytest.mark.parametrize("scheme", ["https", "http", "ssh"])
def test_a_remote_that_nobody_serves_is_unreachable(tmp_path, scheme):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{free.getsockname()[1]}/x"
    with pytest.raises(GitError, match="cannot be reached|refused access") as error:
        GitCommand(LOOPBACK, tmp_path / "scratch").ls_remote(url, "main")
    assert error.value.code == "SystemUnavailable"


def test_a_remote_that_never_answers_is_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(GitError, match="within 1 seconds"):
            GitCommand(LOOPBACK, tmp_path / "scratch", ask_seconds=1).ls_remote(url, "main")


def test_a_redirect_is_not_followed(tmp_path):
    def redirect(server):
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/y\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=redirect, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(GitError, match="redirects"):
            GitCommand(LOOPBACK, tmp_path / "scratch").ls_remote(url, "main")


def test_a_repository_that_is_too_large_is_refused(repository, tmp_path):
    (repository / "large").write_bytes(os.urandom(3_000_000))
    commit(repository, "Grow")
    small = GitCommand(Egress(), tmp_path / "scratch", local_root=tmp_path / "account", size_limit=1_000_000)
    with pytest.raises(GitError, match="larger than 1000000 bytes"):
        small.fetch_archive(str(repository), "main", tmp_path / "out.zip")


def test_the_configuration_of_this_machine_is_not_read(reader, repository, tmp_path, monkeypatch):
    evil = tmp_path / "evil"
    evil.write_text(
        f'[core]\n\tsshCommand = touch {tmp_path}/marker\n[url "ext::touch {tmp_path}/marker"]\n\tinsteadOf = /\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(evil))
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {tmp_path}/marker")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(evil.read_text())
    reader.fetch_archive(str(repository), "main", tmp_path / "out.zip")
    with pytest.raises(GitError):
        GitCommand(LOOPBACK, tmp_path / "scratch").ls_remote("ssh://127.0.0.1:1/x", "main")
    assert not (tmp_path / "marker").exists()


def test_web_and_ssh_remotes_are_pinned_to_the_judged_address():
    egress = Egress(resolve=lambda host, port: ["93.184.215.14", "2606:2800:21f::1"])
    web = judged_remote("https://git.example.org/a/b.git", egress, None)
    assert web.settings == ("http.curloptResolve=git.example.org:443:93.184.215.14,[2606:2800:21f::1]",)
    ssh = judged_remote("git@git.example.org:a/b.git", egress, None)
    assert ssh.ssh_options == ("HostName=93.184.215.14", "HostKeyAlias=git.example.org")
    assert judged_remote("ssh://git@git.example.org:443/a", egress, None).protocol == "ssh"
