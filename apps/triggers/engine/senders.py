"""How each kind of git host shows that it knows a secret, and how it names a delivery. Pure.

Source: GitHub, "Validating webhook deliveries"; GitLab, "Webhooks", secret token and delivery headers; Gitea,
"Webhooks"; Bitbucket Cloud, "Manage webhooks", secured webhooks.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from .signatures import is_hex_of, is_same, is_signed

Headers = Mapping[str, str]
Check = Callable[[bytes, str, str], bool]


def _is_sha256(body: bytes, secret: str, given: str) -> bool:
    """The older SHA-1 signature of the same header is not taken."""
    return given.startswith("sha256=") and is_signed(body, secret, given)


def _is_token(body: bytes, secret: str, given: str) -> bool:
    return is_same(secret, given)


CHECKS: dict[str, tuple[str, Check]] = {
    "GitHub": ("x-hub-signature-256", _is_sha256),
    "GitLab": ("x-gitlab-token", _is_token),
    "Gitea": ("x-gitea-signature", is_hex_of),
    "Bitbucket": ("x-hub-signature", _is_sha256),
    "Git": ("x-hub-signature-256", _is_sha256),
}
# Of several headers the first that was sent counts.
DELIVERIES: dict[str, tuple[str, ...]] = {
    "GitHub": ("x-github-delivery",),
    "GitLab": ("idempotency-key", "x-gitlab-event-uuid"),
    "Gitea": ("x-gitea-delivery",),
    "Bitbucket": ("x-request-uuid",),
    "Git": ("x-headrace-delivery",),
}

# Where a signed body tells the moment of its event, or names its delivery: two events never have one body then.
# Of what is missing here two may. A branch that goes back and forth is told of by the same body again at Bitbucket and
# GitLab, and at Gitea where the repository is a mirror; GitLab signs nothing.
MOMENTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("GitHub", "push"): ("repository", "pushed_at"),
    ("GitHub", "pull_request"): ("pull_request", "updated_at"),
    ("Gitea", "pull_request"): ("pull_request", "updated_at"),
    ("Gitea", "pull_request_sync"): ("pull_request", "updated_at"),
    ("Bitbucket", "pullrequest:created"): ("pullrequest", "updated_on"),
    ("Bitbucket", "pullrequest:updated"): ("pullrequest", "updated_on"),
    ("Bitbucket", "pullrequest:fulfilled"): ("pullrequest", "updated_on"),
    ("Git", "push"): ("delivery",),
}


def is_from(host: str, headers: Headers, body: bytes, secret: str) -> bool:
    """Say whether a call shows that its sender knows the secret. Shapes: `host` is a key of CHECKS."""
    header, check = CHECKS[host]
    return header in headers and check(body, secret, headers[header])


def deliveries_of(host: str, event: str, headers: Headers, body: bytes, document: Any) -> tuple[str, ...]:
    """Return what tells a delivery from others: the host's id of it, and the digest of what was sent.

    No host signs its id, so whoever has caught a delivery could send it anew under another one. The digest is left out
    where there is an id and events that are not the same may have the same body. Shapes: `event` is the host's name of
    the kind of event; `document` is what the body says.
    """
    named = next((headers[name] for name in DELIVERIES[host] if headers.get(name)), "")
    digest = hashlib.sha256(body).hexdigest()
    if not named:
        return (digest,)
    return (named, digest) if _tells_its_moment(host, event, document) else (named,)


def _tells_its_moment(host: str, event: str, document: Any) -> bool:
    found = document if (host, event) in MOMENTS else None
    for member in MOMENTS.get((host, event), ()):
        found = found.get(member) if isinstance(found, Mapping) else None
    return bool(found)
