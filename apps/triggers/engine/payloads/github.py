"""GitHub. Source: GitHub documentation, "Webhook events and payloads": push, pull_request."""

from typing import Any

from ..git_event import GitEvent, Kind, PullRequestAction
from .commits import pushed

ACTIONS = {
    "opened": PullRequestAction.OPEN,
    "reopened": PullRequestAction.OPEN,
    "synchronize": PullRequestAction.UPDATED,
    "synchronized": PullRequestAction.UPDATED,  # Gitea's spelling
    "closed": PullRequestAction.CLOSED,
}


def events(event: str, document: Any) -> list[GitEvent]:
    """A tag is told by push and by create: only push counts."""
    if event == "push":
        return pushed(document, document["repository"]["full_name"], author=str(document["pusher"].get("name", "")))
    if event.startswith("pull_request") and document.get("action") in ACTIONS:
        return [pull_request(document)]
    return []


def pull_request(document: Any) -> GitEvent:
    request = document["pull_request"]
    return GitEvent(
        kind=Kind.PULL_REQUEST,
        repository=document["repository"]["full_name"],
        commit=request["head"]["sha"],
        before=str(request["base"].get("sha", "")),
        source_repository=source_of(request["head"]),
        message=str(request.get("title", "")),
        author=str(document["sender"]["login"]),
        action=ACTIONS[document["action"]],
        source_branch=request["head"]["ref"],
        destination_branch=request["base"]["ref"],
        number=int(document["number"]),
    )


def source_of(head: Any) -> str:
    """Return the repository of a pull request's head. One that was deleted since was a fork's."""
    if "repo" not in head:
        return ""
    return str(head["repo"]["full_name"]) if head["repo"] else "deleted"
