"""Which files changed between two commits of a remote repository, without fetching the files themselves.

Source: git-fetch(1), --filter; git-diff(1). A host that knows no filter sends the files too.
"""

from pathlib import Path

from .git_remote import Remote, is_commit
from .git_run import GitRunner
from .request import GitError

# How far back history is fetched in search of where two lines parted. The last is git's own word for all of it.
DEPTHS = (100, 2000, 2**31 - 1)
NEWER, OLDER = "refs/headrace/after", "refs/headrace/before"
NO_FILES = ["--filter=blob:none"]


def changed_files(
    runner: GitRunner,
    repository: Path,
    remote: Remote,
    before: str,
    after: str,
    *,
    since_fork: bool,
    timeout_seconds: float,
) -> tuple[str, ...]:
    """Return the paths that differ. Units: `timeout_seconds` is for each step of git. Raises GitError."""
    for commit in (before, after):
        if not is_commit(commit):
            raise GitError("ConfigurationError", f"{commit[:80]!r} is no full id of a commit.")
    inside = [f"--git-dir={repository}"]
    base = OLDER
    for depth in DEPTHS if since_fork else (1,):
        options = ["--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", f"--depth={depth}"]
        wanted = [f"+{before}:{OLDER}", f"+{after}:{NEWER}"]
        fetch = [*inside, "fetch", *options, *NO_FILES, "--", remote.url, *wanted]
        runner.run(fetch, remote=remote, timeout_seconds=timeout_seconds)
        if not since_fork or (base := _fork(runner, inside, timeout_seconds)):
            break
    if not base:
        raise GitError("RevisionUnavailable", f"It cannot be told where {after} left the line of {before}.")
    diff = [*inside, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", base, NEWER]
    said = runner.run(diff, remote=remote, timeout_seconds=timeout_seconds)
    return tuple(path.decode("utf-8", "replace") for path in said.split(b"\0") if path)


def _fork(runner: GitRunner, inside: list[str], timeout_seconds: float) -> str:
    """Return the commit at which the newer line left the older, "" when it is not among those that were fetched.

    When the newer line was merged already, it is where it left what it was merged into.
    """
    after = _said(runner, [*inside, "rev-parse", NEWER], timeout_seconds)
    base = _said(runner, [*inside, "merge-base", OLDER, NEWER], timeout_seconds)
    if base != after:
        return base
    merges = [*inside, "rev-list", "--ancestry-path", "--merges", "--parents", f"{NEWER}..{OLDER}"]
    for line in _said(runner, merges, timeout_seconds).splitlines():
        _, first_parent, *merged = line.split()
        if after in merged:
            return _said(runner, [*inside, "merge-base", first_parent, NEWER], timeout_seconds)
    return ""


def _said(runner: GitRunner, arguments: list[str], timeout_seconds: float) -> str:
    try:
        return runner.run(arguments, timeout_seconds=timeout_seconds).decode("ascii", "replace").strip()
    except GitError:
        return ""  # git tells by its exit code alone that there is no such commit
