"""GitLab. Source: GitLab documentation, "Webhook events": push, tag push, merge request.

A push lists its newest twenty commits.
"""

from typing import Any

from ..git_event import GitEvent, Kind, PullRequestAction
from .commits import pushed

ACTIONS = {
    "open": PullRequestAction.OPEN,
    "reopen": PullRequestAction.OPEN,
    "update": PullRequestAction.UPDATED,
    "close": PullRequestAction.CLOSED,
    "merge": PullRequestAction.CLOSED,
}


def events(event: str, document: Any) -> list[GitEvent]:
    """The payload itself says what it is. An update without `oldrev` changed only the request's text."""
    kind = document["object_kind"]
    if kind in ("push", "tag_push"):
        repository = document["project"]["path_with_namespace"]
        author = str(document.get("user_username") or document.get("user_name", ""))
        return pushed(document, repository, author=author, number_of_commits=document.get("total_commits_count"))
    if kind == "merge_request":
        return merge_request(document)
    return []


def merge_request(document: Any) -> list[GitEvent]:
    request = document["object_attributes"]
    action = request.get("action")
    if action not in ACTIONS or (action == "update" and "oldrev" not in request):
        return []
    return [
        GitEvent(
            kind=Kind.PULL_REQUEST,
            repository=document["project"]["path_with_namespace"],
            commit=request["last_commit"]["id"],
            source_repository=str((request.get("source") or {}).get("path_with_namespace", "")),
            message=str(request.get("title", "")),
            author=str(document["user"].get("username", "")),
            action=ACTIONS[action],
            source_branch=request["source_branch"],
            destination_branch=request["target_branch"],
            number=int(request["iid"]),
        )
    ]
