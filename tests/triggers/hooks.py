"""Calls of hooks as their senders make them."""

import hmac
import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent / "payloads"
HEAD = "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c"
# Host, the host's name of the event, payload.
PUSHES = [
    ("GitHub", "push", "github_push"),
    ("GitLab", "Push Hook", "gitlab_push"),
    ("Gitea", "push", "gitea_push"),
    ("Bitbucket", "repo:push", "bitbucket_push"),
]
TAGS = [("GitHub", "push", "github_push_tag"), ("GitLab", "Tag Push Hook", "gitlab_tag_push"),
        ("Gitea", "push", "gitea_push_tag"), ("Bitbucket", "repo:push", "bitbucket_push_many")]  # fmt: skip
# The same, and what became of the pull request.
PULL_REQUESTS = [
    ("GitHub", "pull_request", "github_pull_request_opened", "OPEN"),
    ("GitHub", "pull_request", "github_pull_request_synchronize", "UPDATED"),
    ("GitHub", "pull_request", "github_pull_request_closed", "CLOSED"),
    ("GitLab", "Merge Request Hook", "gitlab_merge_request_open", "OPEN"),
    ("GitLab", "Merge Request Hook", "gitlab_merge_request_update", "UPDATED"),
    ("GitLab", "Merge Request Hook", "gitlab_merge_request_merge", "CLOSED"),
    ("Gitea", "pull_request", "gitea_pull_request_opened", "OPEN"),
    ("Gitea", "pull_request_sync", "gitea_pull_request_synchronized", "UPDATED"),
    ("Bitbucket", "pullrequest:created", "bitbucket_pullrequest_created", "OPEN"),
    ("Bitbucket", "pullrequest:updated", "bitbucket_pullrequest_created", "UPDATED"),
    ("Bitbucket", "pullrequest:fulfilled", "bitbucket_pullrequest_fulfilled", "CLOSED"),
]


def payload(name: str) -> Any:
    """Return a payload as its provider documents it."""
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def signed(body: bytes, secret: str, kind: str = "sha256") -> str:
    return f"{kind}={hmac.new(secret.encode(), body, kind).hexdigest()}"


def github_headers(body: bytes, secret: str, event: str = "push", delivery: str = "") -> dict[str, str]:
    """Return the headers that GitHub sends with `body`."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-Hub-Signature": signed(body, secret, "sha1"),
        "X-Hub-Signature-256": signed(body, secret),
    }
    return headers | ({"X-GitHub-Delivery": delivery} if delivery else {})
