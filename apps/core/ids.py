"""Identifiers and other random values. Callers that must be repeatable take them as arguments instead."""

import secrets
import string
import uuid

KEY_ALPHABET = string.ascii_uppercase + "234567"
SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


def new_id() -> uuid.UUID:
    return uuid.uuid4()


def new_account_number() -> str:
    """Return twelve digits that do not start with 0, so that no spreadsheet shortens them."""
    return str(secrets.randbelow(900_000_000_000) + 100_000_000_000)


def new_access_key_id(prefix: str = "AKIA") -> str:
    return prefix + "".join(secrets.choice(KEY_ALPHABET) for _ in range(16))


def new_secret_access_key() -> str:
    return "".join(secrets.choice(SECRET_ALPHABET) for _ in range(40))


def new_nonce() -> str:
    """Return a job nonce: digits only, as the workers expect, and more than 64 bits of them."""
    return str(secrets.randbelow(10**20)).zfill(20)


def new_token(bytes_of_randomness: int = 24) -> str:
    return secrets.token_urlsafe(bytes_of_randomness)


def new_key_part(length: int = 7) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def new_key() -> bytes:
    """Return 256 bits to sign with."""
    return secrets.token_bytes(32)
