"""A git host of no known kind, whose hook posts a few members. Source: docs/connections.md, "Any other git server"."""

from typing import Any

from ..git_event import NOTHING, GitEvent, Kind, place_of


def events(event: str, document: Any) -> list[GitEvent]:
    """Shapes: `repository`, `ref`, `before` and `after` as git's post-receive hook has them; if told, `author`, and
    `delivery`, a text that no other delivery has.
    """
    branch, tag = place_of(document["ref"])
    before, after, repository = document["before"], document["after"], document["repository"]
    if event != "push" or not (branch or tag):
        return []
    if not all(isinstance(text, str) for text in (before, after, repository)):
        raise TypeError("repository, before and after must be texts")
    return [
        GitEvent(
            kind=Kind.PUSH,
            repository=repository,
            commit=after,
            before=before,
            branch=branch,
            tag=tag,
            is_new=before == NOTHING,
            is_deleted=after == NOTHING,
            author=str(document.get("author", "")),
        )
    ]
