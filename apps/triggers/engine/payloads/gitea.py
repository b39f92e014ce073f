"""Gitea and Forgejo. Source: Gitea documentation, "Webhooks": push, pull_request, pull_request_sync."""

from typing import Any

from ..git_event import GitEvent
from . import github
from .commits import pushed


def events(event: str, document: Any) -> list[GitEvent]:
    """Its payloads are GitHub's in all that is read here, but for who pushed."""
    if event == "push":
        author, number = str(document["pusher"]["login"]), document.get("total_commits")
        return pushed(document, document["repository"]["full_name"], author=author, number_of_commits=number)
    return github.events(event, document)
