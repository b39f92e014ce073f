"""Bitbucket Cloud. Source: Bitbucket documentation, "Event payloads": repo:push, pullrequest:*.

It does not tell which files changed. A pull request that is declined is not told as CLOSED, as AWS does not.
"""

from typing import Any

from ..git_event import GitEvent, Kind, PullRequestAction

ACTIONS = {
    "pullrequest:created": PullRequestAction.OPEN,
    "pullrequest:updated": PullRequestAction.UPDATED,
    "pullrequest:fulfilled": PullRequestAction.CLOSED,
}


def events(event: str, document: Any) -> list[GitEvent]:
    repository = document["repository"]["full_name"]
    author = str(document["actor"].get("nickname") or document["actor"].get("display_name", ""))
    if event == "repo:push":
        changes = (push(change, repository, author) for change in document["push"]["changes"])
        return [change for change in changes if change is not None]
    if event in ACTIONS:
        return [pull_request(ACTIONS[event], document["pullrequest"], repository, author)]
    return []


def push(change: Any, repository: str, author: str) -> GitEvent | None:
    place = change["new"] or change["old"]
    if place["type"] not in ("branch", "tag"):
        return None
    return GitEvent(
        kind=Kind.PUSH,
        repository=repository,
        commit=place["target"]["hash"],
        before=str(change["old"]["target"]["hash"]) if change["old"] else "",
        branch=place["name"] if place["type"] == "branch" else "",
        tag=place["name"] if place["type"] == "tag" else "",
        is_new=change["old"] is None,
        is_deleted=change["new"] is None,
        message=str(place["target"].get("message", "")).strip(),
        author=author,
    )


def pull_request(action: PullRequestAction, request: Any, repository: str, author: str) -> GitEvent:
    return GitEvent(
        kind=Kind.PULL_REQUEST,
        repository=repository,
        commit=request["source"]["commit"]["hash"],
        before=str(request["destination"].get("commit", {}).get("hash", "")),
        source_repository=source_of(request["source"]),
        message=str(request.get("title", "")),
        author=author,
        action=action,
        source_branch=request["source"]["branch"]["name"],
        destination_branch=request["destination"]["branch"]["name"],
        number=int(request["id"]),
    )


def source_of(source: Any) -> str:
    """Return the repository of a pull request's source. One that was deleted since was a fork's."""
    if "repository" not in source:
        return ""
    return str(source["repository"]["full_name"]) if source["repository"] else "deleted"
