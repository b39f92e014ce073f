"""What GitHub, GitLab and Gitea say alike of the commits of a push."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..git_event import NOTHING, GitEvent, Kind, place_of


def pushed(
    document: Mapping[str, Any], repository: str, *, author: str, number_of_commits: int | None = None
) -> list[GitEvent]:
    """Return the push that a payload with `ref`, `before`, `after` and `commits` tells of.

    `number_of_commits` is how many there were, where a host lists the newest of them only: then the files are not told.
    """
    branch, tag = place_of(document["ref"])
    if not branch and not tag:
        return []
    commits = document.get("commits") or []
    head: Mapping[str, Any] = document.get("head_commit") or next(
        (each for each in commits if each["id"] == document["after"]), {}
    )
    return [
        GitEvent(
            kind=Kind.PUSH,
            repository=repository,
            commit=str(head.get("id") or document["after"]),
            before=str(document["before"]),
            branch=branch,
            tag=tag,
            is_new=document["before"].strip("0") == "",
            is_deleted=document["after"] == NOTHING or document["after"].strip("0") == "",
            files=changed_files(commits) if number_of_commits in (None, len(commits)) else None,
            message=str(head.get("message", "")).strip(),
            author=author,
        )
    ]


def changed_files(commits: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return each path once, in the order in which the commits name them."""
    found: dict[str, None] = {}
    for commit in commits:
        for change in ("added", "modified", "removed"):
            found |= dict.fromkeys(str(path) for path in commit.get(change) or ())
    return tuple(found)
