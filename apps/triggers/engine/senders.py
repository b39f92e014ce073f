"""How each kind of git host shows that it knows a secret, and how it names a delivery. Pure.

Source: GitHub, "Validating webhook deliveries"; GitLab, "Webhooks", secret token and delivery headers; Gitea,
"Webhooks"; Bitbucket Cloud, "Manage webhooks", secured webhooks.
"""

import hashlib
from collections.abc import Callable, Mapping

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


def is_from(host: str, headers: Headers, body: bytes, secret: str) -> bool:
    """Say whether a call shows that its sender knows the secret. Shapes: `host` is a key of CHECKS."""
    header, check = CHECKS[host]
    return header in headers and check(body, secret, headers[header])


def delivery_of(host: str, headers: Headers, body: bytes) -> str:
    """Return what tells a delivery from others: the host's id of it, else the digest of what was sent."""
    named = next((headers[name] for name in DELIVERIES[host] if headers.get(name)), "")
    return named or hashlib.sha256(body).hexdigest()
