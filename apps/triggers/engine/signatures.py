"""Whether a body was signed by who knows the secret. Compared in constant time.

Source: GitHub documentation, "Validating webhook deliveries".
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

DIGESTS: dict[str, Callable[..., Any]] = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


def is_signed(body: bytes, secret: str, signature: str) -> bool:
    """Say whether `signature`, "sha1=<hex>" or "sha256=<hex>", is that of these very bytes under `secret`."""
    name, _, given = signature.partition("=")
    digest = DIGESTS.get(name.strip().lower())
    if digest is None or not secret:
        return False
    return is_hex_of(body, secret, given, digest)


def is_hex_of(body: bytes, secret: str, given: str, digest: Callable[..., Any] = hashlib.sha256) -> bool:
    """Say whether `given` is the bare hexadecimal HMAC of these bytes."""
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "replace"))


def is_same(secret: str, given: str) -> bool:
    """Compare a secret that was sent as it is."""
    return bool(secret) and hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace"))
