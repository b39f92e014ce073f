"""What happened in a repository, whoever tells it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

NOTHING = "0" * 40
LONGEST_FACT = 1000  # characters


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
    points to, or the head of a pull request's source. `before` is what the place was at before, or the head of a pull
    request's destination; "" when nobody told. `files` are the paths that changed, None when nobody told them.
    `source_repository` is where a pull request comes from: another repository for that of a fork.
    """

    kind: Kind
    repository: str
    commit: str
    before: str = ""
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
    source_repository: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value, "action": self.action.value if self.action else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "GitEvent":
        """Return the event that `to_json` wrote."""
        files, action = data["files"], data["action"]
        made = {
            "files": None if files is None else tuple(files),
            "action": PullRequestAction(action) if action else None,
        }
        return cls(**{**data, "kind": Kind(data["kind"]), **made})

    @property
    def is_from_fork(self) -> bool:
        return bool(self.source_repository) and self.source_repository.lower() != self.repository.lower()

    def facts(self) -> dict[str, str]:
        """Return what is told of the event, by the names of EventBridge's execution-trigger.

        Source: CodePipeline user guide, pipeline execution state change events of git connections.
        """
        told = {
            "full-repository-name": self.repository,
            "commit-id": self.commit,
            "commit-message": self.message,
            "author-id": self.author,
            "author-display-name": self.author,
            "branch-name": self.branch or self.source_branch,
            "tag-name": self.tag,
        }
        return {name: text[:LONGEST_FACT] for name, text in told.items() if text}


def place_of(ref: str) -> tuple[str, str]:
    """Return the branch and the tag that a full ref names; one of them at most is not empty."""
    return _behind("refs/heads/", ref), _behind("refs/tags/", ref)


def _behind(prefix: str, ref: str) -> str:
    return ref.removeprefix(prefix) if ref.startswith(prefix) else ""
