"""Reads remote git repositories through the git command line, as plugins may."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from .egress import Egress
from .git_changes import changed_files
from .git_links import replace_links
from .git_remote import Credentials, Remote, is_commit, judged_branch, judged_remote
from .git_run import GitRunner
from .request import CommitInfo, GitError

ASK_SECONDS = 20.0
FETCH_SECONDS = 600.0
SIZE_LIMIT = 2 * 1024**3  # bytes of the packed repository, and of the archive
LONGEST_MESSAGE = 10_000  # characters
KEPT = "refs/headrace/fetched"
# A source is what was committed: files are neither left out nor rewritten on the way.
ATTRIBUTES = "* -export-ignore -export-subst -filter -ident\n"
FORMAT = "%H%x00%an%x00%ae%x00%aI%x00%cI%x00%B"


class GitCommand:
    """Implements `headrace_sdk.request.Git`.

    Shapes: `scratch` is a private folder. `local_root` is the one folder of this server whose repositories may be read.
    """

    def __init__(
        self,
        egress: Egress,
        scratch: Path,
        *,
        local_root: Path | None = None,
        ssh_key_file: str = "",
        credentials: Credentials | None = None,
        size_limit: int = SIZE_LIMIT,
        ask_seconds: float = ASK_SECONDS,
        fetch_seconds: float = FETCH_SECONDS,
    ) -> None:
        self._egress = egress
        self._scratch = scratch
        self._local_root = local_root
        self._ssh_key_file = ssh_key_file
        self._credentials = credentials
        self._size_limit = size_limit
        self._ask_seconds = ask_seconds
        self._fetch_seconds = fetch_seconds

    def ls_remote(self, url: str, branch: str) -> str:
        """Return the commit id that `branch` points to. Raises GitError."""
        remote, ref = self._remote(url), judged_branch(branch)
        with self._home() as home:
            runner = self._runner(Path(home))
            said = runner.run(["ls-remote", "--", remote.url, ref], remote=remote, timeout_seconds=self._ask_seconds)
        for line in said.decode("utf-8", "replace").splitlines():
            commit, _, name = line.partition("\t")
            if name == ref and is_commit(commit):
                return commit
        raise _no_branch(url, branch)

    def fetch_archive(self, url: str, branch_or_commit: str, destination_zip: Path) -> CommitInfo:
        """Write the files of one commit, links replaced by what they name, as a zip file. Raises GitError."""
        remote = self._remote(url)
        with self._home() as home:
            repository = Path(home) / "repository"
            runner = self._runner(Path(home))
            self._fetch(runner, repository, remote, branch_or_commit)
            inside = [f"--git-dir={repository}"]
            links = runner.run([*inside, "ls-tree", "-rz", KEPT], timeout_seconds=self._ask_seconds)
            archive = Path(home) / "source.zip"
            writing = [*inside, "archive", "--format=zip", f"--output={archive}", KEPT]
            runner.run(writing, timeout_seconds=self._fetch_seconds)
            if b"120000 " in links:
                replace_links(archive)
            about = runner.run([*inside, "log", "-1", f"--format={FORMAT}", KEPT], timeout_seconds=self._ask_seconds)
            shutil.move(archive, destination_zip)
        return _commit_info(about)

    def describe(self, url: str, branch_or_commit: str) -> CommitInfo:
        """Return what is known of one commit. Raises GitError."""
        remote = self._remote(url)
        with self._home() as home:
            repository, runner = Path(home) / "repository", self._runner(Path(home))
            self._fetch(runner, repository, remote, branch_or_commit)
            telling = [f"--git-dir={repository}", "log", "-1", f"--format={FORMAT}", KEPT]
            return _commit_info(runner.run(telling, timeout_seconds=self._ask_seconds))

    def changed_files(self, url: str, before: str, after: str, *, since_fork: bool = False) -> tuple[str, ...]:
        """Return the paths in which two commits differ, deleted ones too; or those changed since `after` left the
        line of `before`, when `since_fork`. Raises GitError.
        """
        remote = self._remote(url)
        with self._home() as home:
            repository, runner = Path(home) / "repository", self._runner(Path(home))
            self._init(runner, repository)
            return changed_files(
                runner, repository, remote, before, after, since_fork=since_fork, timeout_seconds=self._fetch_seconds
            )

    def _remote(self, url: str) -> Remote:
        remote = judged_remote(url, self._egress, self._local_root)
        if self._credentials is None or not self._credentials.suit(remote.url):
            return remote
        return replace(remote, credentials=self._credentials)

    def _init(self, runner: GitRunner, repository: Path) -> None:
        runner.run(["init", "--quiet", "--bare", "--template=", str(repository)], timeout_seconds=self._ask_seconds)

    def _fetch(self, runner: GitRunner, repository: Path, remote: Remote, branch_or_commit: str) -> None:
        wanted = branch_or_commit if is_commit(branch_or_commit) else judged_branch(branch_or_commit)
        self._init(runner, repository)
        (repository / "info").mkdir(exist_ok=True)
        (repository / "info" / "attributes").write_text(ATTRIBUTES)
        options = ["--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
        fetch = [f"--git-dir={repository}", "fetch", *options, "--", remote.url, f"+{wanted}:{KEPT}"]
        try:
            runner.run(fetch, remote=remote, timeout_seconds=self._fetch_seconds)
        except GitError as error:
            if error.code == "RevisionUnavailable" and not is_commit(branch_or_commit):
                raise _no_branch(remote.url, branch_or_commit) from None
            if error.code == "RevisionUnavailable":
                raise GitError(error.code, f"The repository has no commit {branch_or_commit}.") from None
            raise

    def _home(self) -> "tempfile.TemporaryDirectory[str]":
        self._scratch.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix="git-", dir=self._scratch)

    def _runner(self, home: Path) -> GitRunner:
        return GitRunner(home, size_limit=self._size_limit, ssh_key_file=self._ssh_key_file)


def _no_branch(url: str, branch: str) -> GitError:
    return GitError("ConfigurationError", f"The repository {url} has no branch '{branch}'. Check the branch's name.")


def _commit_info(about: bytes) -> CommitInfo:
    sha, author, email, author_date, committer_date, message = about.decode("utf-8", "replace").split("\0", 5)
    return CommitInfo(sha, message.strip()[:LONGEST_MESSAGE], author, author_date, committer_date, email)
