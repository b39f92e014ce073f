"""Calls of hooks as their senders make them."""

import hmac
import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent / "payloads"


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
