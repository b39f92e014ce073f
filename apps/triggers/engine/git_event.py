"""What happened in a repository, whoever tells it."""

from dataclasses import dataclass
from enum import StrEnum

NOTHING = "0" * 40


class Kind(StrEnum):
    PUSH = "push"
    PULL_REQUEST = "pull request"


class PullRequestAction(StrEnum):
    """As filters name them."""

    OPEN = "OPEN"
    UPDATED = "UPDATED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, kw_only=True)
class GitEvent:
    """One push to one branch or tag, or one change of one pull request.

    Shapes: `repository` is "owner/name"; `commit` is what an execution runs: the head of the pushed branch, what a tag
    points to, or the head of a pull request's source. `files` are the paths that changed, None when nobody told them.
    """

    kind: Kind
    repository: str
    commit: str
    branch: str = ""
    tag: str = ""
    is_new: bool = False
    is_deleted: bool = False
    files: tuple[str, ...] | None = None
    message: str = ""
    author: str = ""
    action: PullRequestAction | None = None
    source_branch: str = ""
    destination_branch: str = ""
    number: int = 0


def place_of(ref: str) -> tuple[str, str]:
    """Return the branch and the tag that a full ref names; one of them at most is not empty."""
    return _behind("refs/heads/", ref), _behind("refs/tags/", ref)


def _behind(prefix: str, ref: str) -> str:
    return ref.removeprefix(prefix) if ref.startswith(prefix) else ""
