"""Secrets at rest: AES-256-GCM with the account and the row as associated data.

So a value that is moved to another row or another account is refused.
"""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"1"
NONCE_BYTES = 12


class SecretDamaged(Exception):
    """A stored secret cannot be opened: it was changed, moved to another row, or sealed with another master key."""


@lru_cache(maxsize=4)
def _key(master: str, purpose: str) -> bytes:
    return hmac.new(master.encode(), f"headrace/{purpose}".encode(), hashlib.sha256).digest()


def derive(purpose: str, message: str) -> bytes:
    """Return 32 bytes that only a holder of the master key can compute from `message`."""
    return hmac.new(_key(settings.MASTER_KEY, purpose), message.encode(), hashlib.sha256).digest()


def seal(plain: str, *, bound_to: str) -> str:
    """Encrypt `plain`; only `open_sealed` with the same `bound_to` gets it back."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(_key(settings.MASTER_KEY, "seal")).encrypt(nonce, plain.encode(), bound_to.encode())
    return base64.urlsafe_b64encode(VERSION + nonce + box).decode()


def open_sealed(sealed: str, *, bound_to: str) -> str:
    """Decrypt what `seal` returned. Raises SecretDamaged."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        if raw[:1] != VERSION:
            raise ValueError("unknown version")
        nonce, box = raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES :]
        return AESGCM(_key(settings.MASTER_KEY, "seal")).decrypt(nonce, box, bound_to.encode()).decode()
    except (ValueError, InvalidTag):
        raise SecretDamaged(f"The secret of {bound_to} cannot be opened with this master key.") from None
